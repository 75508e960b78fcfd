"""What a series is: the frozen facts of all its instances, which recognition and the judge work on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, Literal, TypeVar

from ofsep_node.domain.geometry import (
    Plane,
    Vector,
    offsets_mm,
    plane_of,
    steps_mm,
)
from ofsep_node.domain.instance import (
    Acquisition,
    Contrast,
    Stack,
)

Organ = Literal["brain", "cord", "other", "unknown"]
Weighting = Literal[
    "t1", "t2", "pd", "pd_t2", "flair", "dir", "stir", "dwi", "dti", "adc", "fa",
    "t2star", "swi", "localizer", "other", "unknown",
]  # fmt: skip
Dimension = Literal["2D", "3D", "unknown"]
Gadolinium = Literal["yes", "no", "unknown"]
Role = Literal["original", "composed", "derived", "localizer"]

Ranked = TypeVar("Ranked")

ACQUIRED: tuple[Role, ...] = ("original", "composed")
"""As the scanner acquired it; a composed series is, unless its stations were sent too."""

HOLE_FROM_STEPS = 1.5
"""A step this many times the usual one has at least one plane missing in it."""


@dataclass(frozen=True, slots=True)
class SeriesIdentity:
    """What a series is, how sure that is (0 to 1), and what supports or contradicts it.

    `evidence` is in English, `evidence_fr` says the same in French.
    """

    organ: Organ = "unknown"
    weighting: Weighting = "unknown"
    dimension: Dimension = "unknown"
    plane: Plane = "unknown"
    gadolinium: Gadolinium = "unknown"
    role: Role = "original"
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    evidence_fr: tuple[str, ...] = ()

    def evidence_in(self, language: str) -> tuple[str, ...]:
        """The evidence in a language; in English where an older version wrote nothing else."""
        return self.evidence_fr if language == "fr" and self.evidence_fr else self.evidence


@dataclass(frozen=True, slots=True)
class _Planes:
    offsets_mm: tuple[float, ...] = ()
    step_mm: float | None = None
    missing: int = 0


def _planes_of(stack: Stack) -> _Planes:
    if stack.orientation is None:
        return _Planes()
    offsets = tuple(offsets_mm(stack.orientation, stack.positions_mm))
    steps = steps_mm(offsets)
    if not steps:
        return _Planes(offsets)
    usual = median(steps)
    holes = (step for step in steps if step > HOLE_FROM_STEPS * usual) if len(steps) > 1 else ()
    return _Planes(offsets, usual, sum(round(step / usual) - 1 for step in holes))


@dataclass(frozen=True, slots=True)
class SeriesVolume:
    """All planes of a series that share echo, b-value, direction, time point and sampling."""

    stack: Stack  # sampling, with every position that has arrived, duplicates included
    frames: int
    image_type: tuple[str, ...]
    echo_time_ms: float | None
    b_value: float | None
    direction: Vector | None
    directionality: str | None
    temporal_position: int | None
    announced_planes: int | None
    # Asked for by several checks, and of a growing series again and again.
    _planes: _Planes | None = field(default=None, init=False, repr=False, compare=False)

    def offsets_mm(self) -> tuple[float, ...]:
        """Distinct plane offsets along the normal, sorted, in mm; empty without geometry."""
        return self._measured_planes().offsets_mm

    @property
    def step_mm(self) -> float | None:
        """The usual distance from plane to plane (the median), in mm; None below two planes."""
        return self._measured_planes().step_mm

    @property
    def missing_planes(self) -> int:
        """How many planes the holes between those that are there have room for."""
        return self._measured_planes().missing

    def _measured_planes(self) -> _Planes:
        if self._planes is None:
            planes = _planes_of(self.stack)
            object.__setattr__(self, "_planes", planes)
            return planes
        return self._planes


@dataclass(frozen=True, slots=True)
class Concatenated:
    """An object that was cut into several: the parts that are there, and how many there are."""

    parts: tuple[int, ...]  # sorted, distinct
    total: int | None


@dataclass(frozen=True, slots=True)
class DiffusionNumbers:
    """The scanner's numbers of b-values or directions that are there, and how many there are."""

    of: Literal["b-values", "directions"]
    there: frozenset[int]
    announced: int


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A series as far as it has arrived."""

    study_instance_uid: str
    series_instance_uid: str
    instances: int
    frames: int
    sop_class_uids: tuple[str, ...]  # most frequent first
    acquisition: Acquisition  # the value most instances agree on, attribute by attribute
    varying: Mapping[str, Mapping[Any, int]]  # attributes of Acquisition with several values
    contrast: Contrast
    image_type: tuple[str, ...]
    instance_numbers: tuple[int, ...]  # sorted, distinct
    announced_frames: int | None  # sum of NumberOfFrames, where instances have it
    acquired_at: tuple[str, str] | None  # first, last
    volumes: tuple[SeriesVolume, ...]
    dimension_indices: tuple[tuple[int, ...], ...] = ()  # values of each dimension, sorted
    concatenations: tuple[Concatenated, ...] = ()
    diffusion_numbers: tuple[DiffusionNumbers, ...] = ()
    remarks: tuple[str, ...] = ()
    unsaid: frozenset[str] = frozenset()  # attributes of Acquisition that some instances lack
    frame_of_reference_uid: str | None = None  # None unless every instance names one and the same

    def shares_frame_with(self, other: SeriesFacts) -> bool:
        """Whether positions of both are known to be in one coordinate system (PS3.3 C.7.4.1)."""
        frame = self.frame_of_reference_uid
        return frame is not None and frame == other.frame_of_reference_uid

    def holding(self, volumes: Sequence[SeriesVolume]) -> SeriesFacts:
        """The series as far as these of its volumes go; instances are counted as a whole."""
        types: Counter[tuple[str, ...]] = Counter()
        for volume in volumes:
            types[volume.image_type] += volume.frames
        return replace(
            self,
            volumes=tuple(volumes),
            frames=types.total(),
            image_type=next(iter(ranked(types)), ()),
        )

    @property
    def main_volume(self) -> SeriesVolume | None:
        """The volume with the most frames, the coarsest of several: what is measured."""
        return max(self.volumes, key=_weight, default=None)

    @property
    def plane(self) -> Plane:
        """The plane most frames lie in; unknown when no plane has more than half of them."""
        votes: Counter[Plane] = Counter()
        for volume in self.volumes:
            votes[plane_of(volume.stack.orientation)] += volume.frames
        plane = ranked(votes)[0] if votes else "unknown"
        return plane if 2 * votes[plane] > votes.total() else "unknown"

    @property
    def echo_times_ms(self) -> tuple[float, ...]:
        """Distinct echo times, ascending, in ms."""
        return tuple(sorted({v.echo_time_ms for v in self.volumes if v.echo_time_ms is not None}))

    @property
    def b_values(self) -> tuple[float, ...]:
        """Distinct b-values, ascending, in s/mm2."""
        return tuple(sorted({v.b_value for v in self.volumes if v.b_value is not None}))


def ranked(counter: Counter[Ranked]) -> list[Ranked]:
    """Values, the most frequent first; equally frequent ones in an order of their own."""
    return sorted(counter, key=lambda value: (-counter[value], repr(value)))


def _weight(volume: SeriesVolume) -> tuple[float, float, float]:
    stack = volume.stack
    coarse = max(stack.pixel_spacing_mm) if stack.pixel_spacing_mm else math.inf
    thick = math.inf if stack.slice_thickness_mm is None else stack.slice_thickness_mm
    return (volume.frames, thick, coarse)
