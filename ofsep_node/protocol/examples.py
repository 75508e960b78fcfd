"""A rule's examples: a few facts and the outcome they must have.

They run as tests and stand in the documentation. Facts are written the way a person would say
them ("1 mm slices, 256 x 256 matrix"); `series_from` turns them into the series a scanner sends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt

from ofsep_node.domain.completeness import completeness
from ofsep_node.domain.geometry import Orientation, Plane, Vector
from ofsep_node.domain.instance import Acquisition, Contrast, InstanceFacts, Stack, Volume
from ofsep_node.domain.measurement import measure
from ofsep_node.domain.performed_step import AnnouncedSeries, PerformedStep, StepStatus
from ofsep_node.domain.series import Dimension, Gadolinium, Organ, Role, SeriesIdentity, Weighting
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.domain.sop_classes import MR_IMAGE
from ofsep_node.domain.study import (
    Conflict,
    ImagingMeasurement,
    PreviousExamination,
    RecognisedSeries,
    Study,
)
from ofsep_node.domain.verdict import Level, Message, Outcome, Part, RequirementStatus, Status
from ofsep_node.protocol.checks.observation import JudgedSeries, JudgedStudy

_ORIENTATIONS: dict[str, Orientation | None] = {
    "axial": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "sagittal": (0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "coronal": (1.0, 0.0, 0.0, 0.0, 0.0, -1.0),
    "oblique": (0.7071, 0.7071, 0.0, 0.0, 0.0, -1.0),
    "unknown": None,
}


EXAMINED_ON = "20250314"


class ExampleContrast(BaseModel):
    """What the header says of the contrast agent; mL, kg, a clock time. None: not in the header."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent: str | None = None
    volume_ml: float | None = None
    total_dose_ml: float | None = None
    concentration: float | None = None
    weight_kg: float | None = None
    injected_at: str | None = None  # as 10:05

    def contrast(self) -> Contrast:
        """As the reader of headers gives it."""
        return Contrast(
            start_time=_clock(self.injected_at), **self.model_dump(exclude={"injected_at"})
        )


class ExamplePrevious(BaseModel):
    """An earlier examination of the same patient; the date is YYYYMMDD."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: str
    parts: tuple[Part, ...] = ("brain",)
    whole_cord: bool = False


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
    frame_of_reference: str | None = "1.2.3.0"  # a new one once the patient was moved
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "M")
    description: str | None = "séquence"
    b_value: float | None = None
    directions: int = 0  # evenly spread diffusion directions, each a volume of all planes
    tilt_deg: float = 0.0  # of axial planes about the left-right axis, anterior edge up
    parallel_factor: float | None = None
    burned_in: str | None = None
    repetition_time_ms: float | None = 2000.0
    odd_repetition_time_ms: float | None = None  # of the first image alone
    odd_dimension: Dimension | None = None  # as the first image alone writes it
    within_first: bool = False  # images in the series of the first one, not a series of their own
    acquired_at: str | None = "10:00"
    contrast: ExampleContrast = ExampleContrast()


class ExampleMeasurement(BaseModel):
    """A number measured on the pixels of `series`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: Literal["bicallosal-angle", "signal-to-noise"]
    value: float


class ExampleStep(BaseModel):
    """A performed procedure step of one series, so many objects of which have come."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: StepStatus = "COMPLETED"
    announced: int = 0
    arrived: int = 0

    def step(self) -> PerformedStep:
        """The step as the judge sees it."""
        series = AnnouncedSeries("1.2.3.1", None, self.announced, self.arrived)
        return PerformedStep("1.2.9", self.status, series=(series,))


class Example(BaseModel):
    """Facts and what the rule says of them. A series rule looks at `series` only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    says: str
    outcome: Outcome
    severity: Literal["error", "warning", "info"] | None = None
    series: ExampleSeries = ExampleSeries()
    others: tuple[ExampleSeries, ...] = ()
    patients: int = 1
    unidentified: int = 0  # images without a patient ID
    conflicts: int = 0
    unreadable: int = 0
    requirements: dict[str, Status] = {}
    level: Level = "required"  # of those requirements
    indication: str = "unknown"
    suggested: tuple[str, ...] = ()  # sequences that the indication suggests
    study_date: str | None = EXAMINED_ON
    identifying: tuple[str, ...] = ()
    dicomdir: bool | None = None
    imaging: tuple[ExampleMeasurement, ...] = ()
    previous: tuple[ExamplePrevious, ...] = ()
    steps: tuple[ExampleStep, ...] = ()

    def judged_series(self) -> tuple[JudgedSeries, ...]:
        """The example's series as the judge would hold them."""
        every = (self.series, *self.others)
        return tuple(
            judged_series(s, f"1.2.3.{1 if s.within_first else n}")
            for n, s in enumerate(every, start=1)
        )

    def judged_study(self, parts: Mapping[str, Part]) -> JudgedStudy:
        """The examination as a study rule sees it; `parts` says what each requirement is about."""
        series = self.judged_series()
        study = Study(
            study_instance_uid="1.2.3",
            patient_ids=tuple(f"P{n}" for n in range(self.patients)),
            unidentified=self.unidentified,
            series=tuple(RecognisedSeries(s.facts, s.identity) for s in series),
            conflicts=self.conflicting(),
            unreadable=self.unreadable,
            study_date=self.study_date,
            identifying=self.identifying,
            dicomdir=self.dicomdir,
            imaging=tuple(
                ImagingMeasurement("1.2.3.1", m.quantity, m.value, "1", "example")
                for m in self.imaging
            ),
            previous=tuple(
                PreviousExamination(f"1.2.2.{n}", p.date, p.parts, p.whole_cord)
                for n, p in enumerate(self.previous, start=1)
            ),
            steps=tuple(s.step() for s in self.steps),
        )
        return JudgedStudy(
            study,
            series,
            self.requirement_statuses(parts),
            self.indication,
            suggested=frozenset(self.suggested),
        )

    def requirement_statuses(self, parts: Mapping[str, Part]) -> tuple[RequirementStatus, ...]:
        """The example's requirements, all of one level; `parts` says what each is about."""
        return tuple(
            RequirementStatus(name, parts[name], self.level, status, (), None, Message(name, name))
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
            for direction in _directions(example):
                fold.add(_instance(example, number, series_instance_uid, direction))
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


def _directions(example: ExampleSeries) -> list[Vector | None]:
    """One volume without a direction, or as many as the example has directions."""
    turns = [n * math.pi / max(1, example.directions) for n in range(example.directions)]
    return [(math.cos(t), math.sin(t), 0.0) for t in turns] or [None]


def _repetition_time_ms(example: ExampleSeries, number: int) -> float | None:
    odd = example.odd_repetition_time_ms
    return odd if number == 1 and odd is not None else example.repetition_time_ms


def _dimension(example: ExampleSeries, number: int) -> str | None:
    odd = example.odd_dimension
    written = odd if number == 1 and odd is not None else example.dimension
    return None if written == "unknown" else written


def _instance(
    example: ExampleSeries, number: int, series_instance_uid: str, direction: Vector | None
) -> InstanceFacts:
    return InstanceFacts(
        sop_class_uid=MR_IMAGE,
        sop_instance_uid=f"{series_instance_uid}.{number}",
        study_instance_uid="1.2.3",
        series_instance_uid=series_instance_uid,
        instance_number=number,
        image_type=example.image_type,
        frame_of_reference_uid=example.frame_of_reference,
        acquired_at=_moment(example.acquired_at),
        contrast=example.contrast.contrast(),
        acquisition=Acquisition(
            modality="MR",
            series_description=example.description,
            magnetic_field_strength_t=example.field_t,
            acquisition_matrix=example.acquired_matrix,
            repetition_time_ms=_repetition_time_ms(example, number),
            flip_angle_deg=90.0,
            parallel_factor=example.parallel_factor,
            burned_in_annotation=example.burned_in,
            mr_acquisition_type=_dimension(example, number),
        ),
        stacks=(_stack(example, number),),
        volumes=(
            Volume(
                stack=0,
                frames=1,
                b_value=example.b_value,
                direction=direction,
                announced_planes=example.announced_planes,
            ),
        ),
    )


def _clock(time: str | None) -> str | None:
    """A DICOM TM of a time such as 10:05 or 10:05:30."""
    return None if time is None else time.replace(":", "").ljust(6, "0")


def _moment(time: str | None) -> str | None:
    return None if time is None else f"{EXAMINED_ON}{_clock(time)}.000000"


def _stack(example: ExampleSeries, number: int) -> Stack:
    through = {"axial": 2, "sagittal": 0}.get(example.plane, 1)
    position = [*example.position_mm]
    position[through] += number * (example.spacing_mm or 0.0)
    rows, columns = example.matrix or (None, None)
    located = example.spacing_mm is not None
    return Stack(
        orientation=_orientation(example),
        rows=rows,
        columns=columns,
        pixel_spacing_mm=example.pixel_mm,
        slice_thickness_mm=example.thickness_mm,
        positions_mm=((position[0], position[1], position[2]),) if located else (),
    )


def _orientation(example: ExampleSeries) -> Orientation | None:
    if example.plane != "axial":
        return _ORIENTATIONS[example.plane]
    tilt = math.radians(example.tilt_deg)
    return (1.0, 0.0, 0.0, 0.0, math.cos(tilt), -math.sin(tilt))
