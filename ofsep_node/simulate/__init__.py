"""Phantom examinations as scanners write them: to try a node, to train people, and to test."""

from ofsep_node.simulate.destination import manifest_path
from ofsep_node.simulate.fault import Fault
from ofsep_node.simulate.faults import FAULTS
from ofsep_node.simulate.manifest import AppliedFault, Manifest, SimulatedSeries
from ofsep_node.simulate.programmes import PROGRAMMES, VENDORS
from ofsep_node.simulate.request import Request
from ofsep_node.simulate.simulation import Planned, headers, planned, simulate

__all__ = [
    "FAULTS",
    "PROGRAMMES",
    "VENDORS",
    "AppliedFault",
    "Fault",
    "Manifest",
    "Planned",
    "Request",
    "SimulatedSeries",
    "headers",
    "manifest_path",
    "planned",
    "simulate",
]
