"""Phantom examinations as scanners write them: to try a node, to train people, and to test."""

from ofsep_node.simulate.faults import FAULTS, Fault
from ofsep_node.simulate.manifest import AppliedFault, Manifest, SimulatedSeries
from ofsep_node.simulate.programmes import PROGRAMMES, VENDORS
from ofsep_node.simulate.simulation import simulate

__all__ = [
    "FAULTS",
    "PROGRAMMES",
    "VENDORS",
    "AppliedFault",
    "Fault",
    "Manifest",
    "SimulatedSeries",
    "simulate",
]
