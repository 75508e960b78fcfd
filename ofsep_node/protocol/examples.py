"""A rule's examples: a few facts and the outcome they must have.

They run as tests and stand in the documentation. Facts are written the way a person would say
them ("1 mm slices, 256 x 256 matrix"); `series_from` turns them into the series a scanner sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt

from ofsep_node.domain.completeness import completeness
from ofsep_node.domain.geometry import Orientation, Plane
from ofsep_node.domain.instance import Acquisition, InstanceFacts, Stack, Volume
from ofsep_node.domain.measurement import measure
from ofsep_node.domain.series import (
    Dimension,
    Gadolinium,
    Organ,
    Role,
    SeriesFold,
    SeriesIdentity,
    Weighting,
)
from ofsep_node.domain.sop_classes import MR_IMAGE
from ofsep_node.domain.study import Conflict
from ofsep_node.domain.verdict import Message, Outcome, Part, RequirementStatus, Status
from ofsep_node.protocol.checks.observation import JudgedSeries

_ORIENTATIONS: dict[str, Orientation | None] = {
    "axial": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "sagittal": (0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "coronal": (1.0, 0.0, 0.0, 0.0, 0.0, -1.0),
    "oblique": (0.7071, 0.7071, 0.0, 0.0, 0.0, -1.0),
    "unknown": None,
}


class ExampleSeries(BaseModel):
    """A series in a few words; lengths in mm, the field in tesla. None: not in the header."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organ: Organ = "brain"
    weighting: Weighting = "t1"
    dimension: Dimension = "3D"
    plane: Plane = "sagittal"
    gadolinium: Gadolinium = "no"
    role: Role = "original"
    field_t: float | None = 3.0
    thickness_mm: float | None = 1.0
    spacing_mm: float | None = 1.0
    pixel_mm: tuple[float, float] | None = (1.0, 1.0)
    matrix: tuple[int, int] | None = (256, 256)
    acquired_matrix: tuple[int, int] | None = (256, 256)
    planes: PositiveInt = 176
    announced_planes: PositiveInt | None = 176
    missing_planes: tuple[int, ...] = ()
    position_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "M")
    description: str | None = "séquence"
    b_value: float | None = None


class Example(BaseModel):
    """Facts and what the rule says of them. A series rule looks at `series` only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    says: str
    outcome: Outcome
    severity: Literal["error", "warning", "info"] | None = None
    series: ExampleSeries = ExampleSeries()
    others: tuple[ExampleSeries, ...] = ()
    patients: int = 1
    conflicts: int = 0
    unreadable: int = 0
    requirements: dict[str, Status] = {}

    def judged_series(self) -> tuple[JudgedSeries, ...]:
        """The example's series as the judge would hold them."""
        every = (self.series, *self.others)
        return tuple(judged_series(s, f"1.2.3.{n}") for n, s in enumerate(every, start=1))

    def requirement_statuses(self, parts: Mapping[str, Part]) -> tuple[RequirementStatus, ...]:
        """The example's requirements, all required; `parts` says what each is about."""
        return tuple(
            RequirementStatus(name, parts[name], "required", status, (), None, Message(name, name))
            for name, status in self.requirements.items()
        )

    def conflicting(self) -> tuple[Conflict, ...]:
        """As many conflicts as the example speaks of."""
        return tuple(Conflict(f"1.2.3.4.{n}", "1.2.3.1") for n in range(self.conflicts))


def judged_series(example: ExampleSeries, series_instance_uid: str) -> JudgedSeries:
    """The series an example describes, folded from the instances a scanner would send."""
    fold = SeriesFold("1.2.3", series_instance_uid)
    for number in range(1, example.planes + 1):
        if number not in example.missing_planes:
            fold.add(_instance(example, number, series_instance_uid))
    facts = fold.facts()
    return JudgedSeries(facts, _identity(example), measure(facts), completeness(facts))


def _identity(example: ExampleSeries) -> SeriesIdentity:
    return SeriesIdentity(
        organ=example.organ,
        weighting=example.weighting,
        dimension=example.dimension,
        plane=example.plane,
        gadolinium=example.gadolinium,
        role=example.role,
        confidence=1.0,
    )


def _instance(example: ExampleSeries, number: int, series_instance_uid: str) -> InstanceFacts:
    return InstanceFacts(
        sop_class_uid=MR_IMAGE,
        sop_instance_uid=f"{series_instance_uid}.{number}",
        study_instance_uid="1.2.3",
        series_instance_uid=series_instance_uid,
        instance_number=number,
        image_type=example.image_type,
        acquisition=Acquisition(
            modality="MR",
            series_description=example.description,
            magnetic_field_strength_t=example.field_t,
            acquisition_matrix=example.acquired_matrix,
            mr_acquisition_type=None if example.dimension == "unknown" else example.dimension,
        ),
        stacks=(_stack(example, number),),
        volumes=(
            Volume(
                stack=0,
                frames=1,
                b_value=example.b_value,
                announced_planes=example.announced_planes,
            ),
        ),
    )


def _stack(example: ExampleSeries, number: int) -> Stack:
    through = {"axial": 2, "sagittal": 0}.get(example.plane, 1)
    position = [*example.position_mm]
    position[through] += number * (example.spacing_mm or 0.0)
    rows, columns = example.matrix or (None, None)
    located = example.spacing_mm is not None
    return Stack(
        orientation=_ORIENTATIONS[example.plane],
        rows=rows,
        columns=columns,
        pixel_spacing_mm=example.pixel_mm,
        slice_thickness_mm=example.thickness_mm,
        positions_mm=((position[0], position[1], position[2]),) if located else (),
    )
