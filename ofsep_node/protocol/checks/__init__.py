"""The kinds of check, a closed list: each a small frozen class whose numbers come from the edition.

A series check is asked about one series at a time, a study check about the whole examination.
What they answer is an `Observation`; the rule adds its name, severity and quote.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ofsep_node.protocol.checks.adc_pairs_with_dwi import AdcPairsWithDwi
from ofsep_node.protocol.checks.bicallosal_plane import BicallosalPlane
from ofsep_node.protocol.checks.brain_before_cord import BrainBeforeCord
from ofsep_node.protocol.checks.burned_in_annotation import BurnedInAnnotation
from ofsep_node.protocol.checks.consistent_parameters import ConsistentParameters
from ofsep_node.protocol.checks.consistent_patient import ConsistentPatient
from ofsep_node.protocol.checks.dti_directions import DtiDirections
from ofsep_node.protocol.checks.dummy_run import Dicomdir, NoIdentifyingData
from ofsep_node.protocol.checks.field_strength import FieldStrength
from ofsep_node.protocol.checks.gadolinium_before_flair import GadoliniumBeforeFlair
from ofsep_node.protocol.checks.gadolinium_dose import GadoliniumDose
from ofsep_node.protocol.checks.gadolinium_indicated import (
    GadoliniumIndicated,
    GadoliniumNotIndicated,
)
from ofsep_node.protocol.checks.gadolinium_macrocyclic import GadoliniumMacrocyclic
from ofsep_node.protocol.checks.gap import Gap
from ofsep_node.protocol.checks.in_plane import InPlane
from ofsep_node.protocol.checks.interval import Interval
from ofsep_node.protocol.checks.observation import JudgedSeries, JudgedStudy, Observation
from ofsep_node.protocol.checks.optional_sequences import OptionalSequences
from ofsep_node.protocol.checks.performed_steps import AnnouncedInstances, CompletedSteps
from ofsep_node.protocol.checks.plane import PlaneOfAcquisition
from ofsep_node.protocol.checks.readable_instances import ReadableInstances
from ofsep_node.protocol.checks.required_sequences import RequiredSequences
from ofsep_node.protocol.checks.series_complete import SeriesComplete
from ofsep_node.protocol.checks.signal_to_noise import SignalToNoise
from ofsep_node.protocol.checks.single_injection import SingleInjection
from ofsep_node.protocol.checks.thickness import Thickness
from ofsep_node.protocol.checks.unique_instances import UniqueInstances
from ofsep_node.protocol.checks.voxel import Voxel
from ofsep_node.protocol.checks.whole_cord import WholeCord

SeriesCheck = (
    Voxel
    | Gap
    | Thickness
    | InPlane
    | SeriesComplete
    | DtiDirections
    | ConsistentParameters
    | BurnedInAnnotation
)
StudyCheck = (
    FieldStrength
    | RequiredSequences
    | ConsistentPatient
    | UniqueInstances
    | ReadableInstances
    | OptionalSequences
    | BrainBeforeCord
    | SingleInjection
    | GadoliniumIndicated
    | GadoliniumNotIndicated
    | GadoliniumMacrocyclic
    | GadoliniumDose
    | GadoliniumBeforeFlair
    | Interval
    | AdcPairsWithDwi
    | PlaneOfAcquisition
    | WholeCord
    | BicallosalPlane
    | SignalToNoise
    | NoIdentifyingData
    | Dicomdir
    | AnnouncedInstances
    | CompletedSteps
)
Check = Annotated[SeriesCheck | StudyCheck, Field(discriminator="kind")]

__all__ = [
    "Check",
    "JudgedSeries",
    "JudgedStudy",
    "Observation",
    "SeriesCheck",
    "StudyCheck",
]
