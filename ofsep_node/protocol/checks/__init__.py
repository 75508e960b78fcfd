"""The kinds of check, a closed list: each a small frozen class whose numbers come from the edition.

A series check is asked about one series at a time, a study check about the whole examination.
What they answer is an `Observation`; the rule adds its name, severity and quote.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ofsep_node.protocol.checks.consistent_patient import ConsistentPatient
from ofsep_node.protocol.checks.field_strength import FieldStrength
from ofsep_node.protocol.checks.gap import Gap
from ofsep_node.protocol.checks.in_plane import InPlane
from ofsep_node.protocol.checks.observation import JudgedSeries, JudgedStudy, Observation
from ofsep_node.protocol.checks.readable_instances import ReadableInstances
from ofsep_node.protocol.checks.required_sequences import RequiredSequences
from ofsep_node.protocol.checks.series_complete import SeriesComplete
from ofsep_node.protocol.checks.thickness import Thickness
from ofsep_node.protocol.checks.unique_instances import UniqueInstances
from ofsep_node.protocol.checks.voxel import Voxel

SeriesCheck = Voxel | Gap | Thickness | InPlane | SeriesComplete
StudyCheck = (
    FieldStrength | RequiredSequences | ConsistentPatient | UniqueInstances | ReadableInstances
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
