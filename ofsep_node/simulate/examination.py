"""What an examination consists of, before any byte is written: pure data.

A `Sequence` says what the operator programmed and what images the scanner makes of it; a vendor's
module fills it in, a fault edits it, a writer turns it into files. Lengths are in mm, times in ms
unless a name ends in `_s`, b-values in s/mm2; positions are in patient coordinates
(PS3.3 C.7.6.2: +x left, +y posterior, +z head).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from ofsep_node.domain.geometry import Orientation, Plane, Vector, normal, plane_of
from ofsep_node.domain.series import (
    Dimension,
    Gadolinium,
    Organ,
    Role,
    SeriesIdentity,
    Weighting,
)

SAGITTAL: Orientation = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL: Orientation = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)

SMALL_MATRIX = 64
SMALL_SLICES = 40 / 176
"""Share of the slices that a small examination keeps: 40 of 176."""


def axial(tilt_deg: float = 0.0) -> Orientation:
    """An axial plane tilted about the left-right axis; negative tilts raise the front."""
    tilt = math.radians(tilt_deg)
    return (1.0, 0.0, 0.0, 0.0, math.cos(tilt), math.sin(tilt))


def _moved(point: Vector, direction: Vector, distance_mm: float) -> Vector:
    x, y, z = (p + distance_mm * d for p, d in zip(point, direction, strict=True))
    return (x, y, z)


@dataclass(frozen=True, slots=True)
class Slab:
    """Parallel planes, evenly spaced, around a centre."""

    orientation: Orientation
    rows: int
    columns: int
    pixel_mm: float
    slices: int
    thickness_mm: float
    step_mm: float  # centre to centre
    centre_mm: Vector = (0.0, -20.0, 10.0)
    acquired_pixel_mm: float | None = None  # None: nothing was interpolated

    @property
    def acquired_matrix(self) -> tuple[int, int]:
        """Rows and columns as measured, before any interpolation."""
        ratio = self.pixel_mm / (self.acquired_pixel_mm or self.pixel_mm)
        return (round(self.rows * ratio), round(self.columns * ratio))

    @property
    def plane(self) -> Plane:
        return plane_of(self.orientation)

    @property
    def scan_normal(self) -> Vector:
        """The normal, turned towards left, back or head: the order slices are numbered in."""
        n = normal(self.orientation)
        largest = max(n, key=abs)
        return n if largest > 0 else (-n[0], -n[1], -n[2])

    @property
    def field_of_view_mm(self) -> tuple[float, float]:
        """Rows, columns."""
        return (self.rows * self.pixel_mm, self.columns * self.pixel_mm)

    @property
    def extent_mm(self) -> float:
        """From the outer face of the first slice to that of the last."""
        return (self.slices - 1) * self.step_mm + self.thickness_mm

    def centre_of_slice_mm(self, index: int) -> Vector:
        """The middle of the slice numbered `index` from 0."""
        along = (index - (self.slices - 1) / 2) * self.step_mm
        return _moved(self.centre_mm, self.scan_normal, along)

    def position_mm(self, index: int) -> Vector:
        """ImagePositionPatient of the slice numbered `index` from 0."""
        o, (down, across) = self.orientation, self.field_of_view_mm
        edge = _moved(self.centre_of_slice_mm(index), (o[0], o[1], o[2]), -across / 2)
        return _moved(edge, (o[3], o[4], o[5]), -down / 2)

    def resliced(self, thickness_mm: float, step_mm: float) -> Slab:
        """The same extent cut in slices of another thickness and spacing."""
        slices = max(1, round((self.extent_mm - thickness_mm) / step_mm) + 1)
        return replace(self, slices=slices, thickness_mm=thickness_mm, step_mm=step_mm)

    def resampled(self, pixel_mm: float) -> Slab:
        """The same field of view with other pixels."""
        ratio = self.pixel_mm / pixel_mm
        return replace(
            self,
            rows=round(self.rows * ratio),
            columns=round(self.columns * ratio),
            pixel_mm=pixel_mm,
        )

    def small(self) -> Slab:
        """A core of the slab with the same voxels, quick to write; it no longer covers a head."""
        return replace(
            self,
            rows=min(self.rows, SMALL_MATRIX),
            columns=min(self.columns, SMALL_MATRIX),
            slices=max(min(self.slices, 3), round(self.slices * SMALL_SLICES)),
        )


@dataclass(frozen=True, slots=True)
class Diffusion:
    """One diffusion volume of a sequence."""

    sequence_name: str
    b_value: float | None = None  # s/mm2
    directionality: str = "NONE"  # NONE, DIRECTIONAL, ISOTROPIC (0018,9075)
    direction: Vector | None = None


@dataclass(frozen=True, slots=True)
class Alteration:
    """An attribute that is changed in the headers of a series after the scanner made them.

    The images from the share `beyond` of the series (0 to 1) on are changed; None takes the
    attribute away. Only attributes of the data set itself are reached, no functional group.
    """

    keyword: str
    value: str | None
    beyond: float = 0.0


@dataclass(frozen=True, slots=True)
class Sequence:
    """One series as the scanner makes it, and what may happen to it on its way."""

    key: str  # t1, dwi, adc, flair, localizer, cord-t2-1, ...
    description: str
    protocol_name: str
    weighting: Weighting
    dimension: Dimension
    role: Role
    slabs: tuple[Slab, ...]
    image_type: tuple[str, ...]
    scanning_sequence: tuple[str, ...]
    sequence_variant: tuple[str, ...]
    scan_options: tuple[str, ...]
    sequence_name: str
    sequence_file: str  # the pulse sequence's program, as the vendor names it
    echo_time_ms: float
    repetition_time_ms: float
    flip_angle_deg: float
    duration_s: float
    inversion_time_ms: float | None = None
    echo_train_length: int = 1
    averages: int = 1
    pixel_bandwidth_hz: int = 200
    parallel_factor: int | None = None
    phase_encoding: str = "ROW"  # ROW or COL (0018,1312)
    diffusion: tuple[Diffusion, ...] = ()
    programmed_b_values: tuple[int, ...] = ()  # s/mm2
    derived_from: str | None = None  # key of the sequence whose images it was computed from
    body_part: str = "BRAIN"
    number: int = 0
    start_s: float = 0.0  # since the beginning of the examination
    absent: tuple[str, ...] = ()  # keywords left out of every header
    lost: frozenset[int] = frozenset()  # images, from 0, made but never stored
    resent: bool = False  # every object stored twice
    organ: Organ = "brain"
    gadolinium: Gadolinium = "no"
    echo_times_ms: tuple[float, ...] = ()  # of several echoes, one volume each
    technique: str = ""  # the vendor's own word: Philips T1TFE, GE's name of the sequence
    composed_of: tuple[str, ...] = ()  # keys of the stations it was put together from
    vendor: str = ""  # whose writer makes it, where it is not the examination's
    altered: tuple[Alteration, ...] = ()
    shuffled: bool = False  # images arrive in no order
    conflicting: bool = False  # its first object comes again with another content
    concatenated: int = 1  # objects that each enhanced object of it is cut into
    lost_part: int = 0  # of them, from 1: the one that was never stored

    @property
    def slab(self) -> Slab:
        """The only slab, or the first of several."""
        return self.slabs[0]

    @property
    def images(self) -> int:
        """Images that the scanner makes: slices of every slab, echo and diffusion volume."""
        return self.images_per_volume * self.volumes

    @property
    def images_per_volume(self) -> int:
        return sum(s.slices for s in self.slabs)

    @property
    def volumes(self) -> int:
        """Echoes times diffusion volumes."""
        return max(1, len(self.diffusion)) * len(self.echoes_ms)

    @property
    def echoes_ms(self) -> tuple[float, ...]:
        """All echo times, also when there is one."""
        return self.echo_times_ms or (self.echo_time_ms,)

    @property
    def identity(self) -> SeriesIdentity:
        """What the series truly is."""
        planes = {s.plane for s in self.slabs}
        return SeriesIdentity(
            organ=self.organ,
            weighting=self.weighting,
            dimension=self.dimension,
            plane=planes.pop() if len(planes) == 1 else "unknown",
            gadolinium=self.gadolinium,
            role=self.role,
            confidence=1.0,
            evidence=("simulated",),
        )

    def with_slabs(self, *slabs: Slab) -> Sequence:
        return replace(self, slabs=slabs)


@dataclass(frozen=True, slots=True)
class Scanner:
    """The machine and where it stands; every name is fictitious."""

    manufacturer: str
    model: str
    software_versions: str
    field_t: float  # nominal
    actual_field_t: float
    serial_number: str = "99999"
    station_name: str = "IRM1"
    institution: str = "Hôpital fictif Sainte-Hélène"
    address: str = "1 rue de l'Exemple,Trifouilly,FR,00000"


@dataclass(frozen=True, slots=True)
class Patient:
    """Nobody: a fictitious person."""

    name: str
    patient_id: str
    birth_date: date
    sex: str
    weight_kg: float
    size_m: float


@dataclass(frozen=True, slots=True)
class Injection:
    """A gadolinium injection; times in seconds since the beginning of the examination."""

    agent: str  # as the technologist types it
    volume_ml: float
    concentration_mg_ml: float
    start_s: float
    stop_s: float


@dataclass(frozen=True, slots=True)
class Examination:
    """One study, as planned."""

    vendor: str
    scanner: Scanner
    patient: Patient
    study_date: date
    start_s: float  # seconds after midnight
    description: str
    sequences: tuple[Sequence, ...]
    alternatives: Mapping[str, Sequence] = field(default_factory=dict)
    injection: Injection | None = None
    second_injection: Injection | None = None
    reason: str = ""  # ReasonForTheRequestedProcedure
    de_identified: bool = False
    dicomdir: bool = False

    def injection_of(self, sequence: Sequence) -> Injection | None:
        """The last injection that began before a sequence did."""
        given = (i for i in (self.second_injection, self.injection) if i is not None)
        return next((i for i in given if i.start_s < sequence.start_s), None)

    def sequence(self, key: str) -> Sequence | None:
        return next((s for s in self.sequences if s.key == key), None)

    def with_sequence(self, changed: Sequence) -> Examination:
        """The examination with the sequence of the same key exchanged."""
        exchanged = (changed if s.key == changed.key else s for s in self.sequences)
        return replace(self, sequences=tuple(exchanged))

    def without(self, key: str) -> Examination:
        return replace(self, sequences=tuple(s for s in self.sequences if s.key != key))


def core_of(sequence: Sequence) -> Sequence:
    """The same sequence over the core of its slabs; sagittal slabs of a cord keep their length."""
    return sequence.with_slabs(*(_core(slab, sequence.organ) for slab in sequence.slabs))


def _core(slab: Slab, organ: Organ) -> Slab:
    core = slab.small()
    lengthwise = organ == "cord" and slab.plane == "sagittal"
    return replace(core, rows=slab.rows) if lengthwise else core
