"""One SOP Instance as the protocol sees it, whatever vendor wrote it and in whatever form.

Classic and enhanced objects, mosaics and private tags all become the same `InstanceFacts`.
An attribute that the header does not carry is None (or an empty tuple): absent, never guessed.
Times are in ms, lengths in mm, b-values in s/mm2, the field in tesla.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from ofsep_node.domain.geometry import Orientation, Vector

LONGEST_UID = 128
"""A UID has 64 characters (PS3.5 section 9.1); some senders write longer ones."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Parallel planes that share orientation and sampling.

    `positions_mm` are ImagePositionPatient of each plane: (x, y, z) of its first pixel, in mm;
    empty when the header gives none.
    """

    orientation: Orientation | None = None
    rows: int | None = None
    columns: int | None = None
    pixel_spacing_mm: tuple[float, float] | None = None  # between rows, between columns
    slice_thickness_mm: float | None = None
    spacing_between_slices_mm: float | None = None
    positions_mm: tuple[Vector, ...] = ()


@dataclass(frozen=True, slots=True)
class Volume:
    """Frames of one instance that differ only by where they lie.

    A classic image is one volume of one frame, a mosaic one volume of all its tiles; an enhanced
    object holds one volume per echo, b-value, direction or time point.
    """

    stack: int  # index into InstanceFacts.stacks
    frames: int
    image_type: tuple[str, ...] = ()
    echo_time_ms: float | None = None
    b_value: float | None = None  # s/mm2
    direction: Vector | None = None  # diffusion gradient, unit length, patient coordinates
    directionality: str | None = None  # DIRECTIONAL, BMATRIX, ISOTROPIC, NONE (0018,9075)
    temporal_position: int | None = None
    announced_planes: int | None = None  # planes the header says this volume has


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How the image was made: what all instances of a series are expected to share."""

    modality: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    software_versions: str | None = None
    device_serial_number: str | None = None
    magnetic_field_strength_t: float | None = None
    series_number: int | None = None
    series_description: str | None = None
    protocol_name: str | None = None
    body_part_examined: str | None = None
    scanning_sequence: tuple[str, ...] = ()  # SE, IR, GR, EP, RM (0018,0020)
    sequence_variant: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    mr_acquisition_type: str | None = None  # 2D or 3D
    sequence_name: str | None = None  # (0018,0024), (0018,9005) or the vendor's own
    technique: str | None = None  # the vendor's own word: Philips (2001,1020), GE (0019,109E)
    acquisition_contrast: str | None = None  # (0008,9209)
    repetition_time_ms: float | None = None
    inversion_time_ms: float | None = None
    inversion_times_ms: tuple[float, ...] = ()  # all of them when there are two (DIR)
    flip_angle_deg: float | None = None
    acquisition_matrix: tuple[int, int] | None = None  # rows, columns as acquired
    phase_encoding: str | None = None  # ROW or COLUMN (0018,1312)
    parallel_factor: float | None = None
    interpolated: bool | None = None
    burned_in_annotation: str | None = None
    # What the header announces of the whole series.
    images_in_acquisition: int | None = None  # (0020,1002)
    temporal_positions: int | None = None  # (0020,0105)
    diffusion_gradients: int | None = None  # distinct directions of the diffusion gradient
    diffusion_b_values: int | None = None  # distinct b-values, that of b0 included


@dataclass(frozen=True, slots=True)
class Contrast:
    """What the header says of the contrast agent, unjudged (PS3.3 C.7.6.4)."""

    agent: str | None = None
    volume_ml: float | None = None
    total_dose_ml: float | None = None
    concentration: float | None = None  # as written: mg/mL, though consoles enter mmol/mL
    start_time: str | None = None
    stop_time: str | None = None
    weight_kg: float | None = None
    administered: str | None = None  # YES or NO of the frames (0018,9342), enhanced only

    @property
    def denies_agent(self) -> bool:
        """ContrastBolusAgent says that none was given: NONE, NO, sans."""
        return bool(_NO_AGENT.match(_words(self.agent)))

    @property
    def names_agent(self) -> bool:
        """ContrastBolusAgent names a product, rather than nothing or the absence of one."""
        return bool(_words(self.agent)) and not self.denies_agent


_NO_AGENT = re.compile(
    r"(none|no|non(?! (renseign|pr[e ]|sp[e ]|connu|communiqu))|nil|aucun|sans|0 ?(ml)?$|n a|without)\b"
)


def _words(written: str | None) -> str:
    return re.sub(r"[^a-z0-9]+", " ", (written or "").lower()).strip()


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which part this object is of one that was cut into several (PS3.3 C.7.6.16.2.2.4)."""

    uid: str | None = None  # (0020,9161), shared by all parts
    number: int | None = None  # (0020,9162), from 1
    total: int | None = None  # (0020,9163), where the header gives it


@dataclass(frozen=True, slots=True)
class DiffusionNumber:
    """Which of its series' b-values or gradients an image has, where the scanner numbers them."""

    of: Literal["b-values", "directions"]
    number: int
    announced: int  # the numbers run from 1 to this


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """All that is kept of one SOP Instance's header."""

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    transfer_syntax_uid: str | None = None
    patient_id: str | None = None
    study_date: str | None = None  # YYYYMMDD
    study_time: str | None = None
    study_description: str | None = None
    # Why and how the examination was asked for: requested and performed procedure, reason.
    request_descriptions: tuple[str, ...] = ()
    accession_number: str | None = None
    instance_number: int | None = None
    acquisition_number: int | None = None
    acquired_at: str | None = None  # AcquisitionDateTime, else AcquisitionDate + Time
    image_type: tuple[str, ...] = ()
    number_of_frames: int | None = None  # as announced by (0028,0008)
    acquisition: Acquisition = field(default_factory=Acquisition)
    contrast: Contrast = field(default_factory=Contrast)
    stacks: tuple[Stack, ...] = ()
    volumes: tuple[Volume, ...] = ()
    dimension_indices: tuple[tuple[int, ...], ...] = ()  # values of each dimension (0020,9157)
    concatenation: Concatenation | None = None
    diffusion_numbers: tuple[DiffusionNumber, ...] = ()
    frame_of_reference_uid: str | None = None  # (0020,0052): what positions are relative to
    identifying: tuple[str, ...] = ()  # keywords of identifying attributes with a value, no values
    remarks: tuple[str, ...] = ()  # what the reader could not make sense of, tag by tag

    def is_re_encoded_as(self, other: InstanceFacts) -> bool:
        """Whether the other is this object in another transfer syntax, and so no conflict.

        A PACS sends in one syntax what it had from the scanner in another. Facts kept by an
        earlier version have no frame of reference: that of the other is no difference.
        """
        if self.transfer_syntax_uid == other.transfer_syntax_uid:
            return False
        again = replace(
            self,
            transfer_syntax_uid=other.transfer_syntax_uid,
            frame_of_reference_uid=self.frame_of_reference_uid or other.frame_of_reference_uid,
        )
        return again == other
