"""Writes an examination as a GE scanner of software MR29 exports it: classic MR images.

Private elements are those that carry information, as in GE's conformance statements and in
published headers: GEMS_ACQU_01 (pulse sequence, gradient), GEMS_RELA_01 (locations, diffusion
mode), GEMS_SERS_01 (images), GEMS_PARM_01 (kind of image, b-value, ASSET).
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from ofsep_node.domain.geometry import dot, normal
from ofsep_node.simulate import classic, ge_sequences
from ofsep_node.simulate.classic import Habits, Named, drop, ds
from ofsep_node.simulate.examination import Diffusion, Examination, Sequence, Slab
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Image, Pixels

SCANNER = ge_sequences.PIONEER
SEQUENCES, ALTERNATIVES = ge_sequences.SEQUENCES, ge_sequences.ALTERNATIVES

_PLANE_TYPES = {"axial": 2, "sagittal": 4, "coronal": 8}
_OBLIQUE = 16
_B0, _TENSOR, _FA, _TRACE = 14, 16, 18, 19
"""Kinds of image (0043,1030); 0 is a plain one."""

_MAGNITUDE, _PHASE = 0, 1
"""Components of the signal (0043,102F)."""

_MODES = {"dwi": 7, "adc": 7, "dti": 16, "fa": 16}
"""Diffusion modes (0021,105A): ALL, tensor; 0 elsewhere."""


def image_files(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels | None
) -> Iterator[Named]:
    """The images of a sequence that reach the network."""
    return classic.files(HABITS, examination, sequence, uids, pixels)


def _series(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    drop(dataset, "PerformedProcedureStepDescription", "ReferencedImageSequence")
    dataset.ImagedNucleus = "1H"
    dataset.AngioFlag = "Y" if sequence.key == "tof" else "N"
    dataset.VariableFlipAngleFlag = "N"
    dataset.PercentSampling = ds(100)
    dataset.HeartRate = 0
    dataset.CardiacNumberOfImages = 0
    dataset.TriggerWindow = 0
    dataset.ReceiveCoilName = _coil(sequence)
    dataset.SAR = ds(0.132167)
    dataset.Laterality = dataset.get("Laterality", "")
    dataset.AdditionalPatientHistory = ""
    dataset.ImagesInAcquisition = sequence.images
    dataset.SmallestImagePixelValue = dataset.LargestImagePixelValue = 0
    _add_agent(dataset, examination, sequence)
    _add_private_series(dataset, sequence)


def _coil(sequence: Sequence) -> str:
    return {"brain": "48HAP", "cord": "HNS CTL12"}.get(sequence.organ, "GEM Flex")


def _add_agent(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    """Agent, route and volume: GE's console asks for no more."""
    injection = examination.injection_of(sequence)
    if injection is None:
        return
    dataset.ContrastBolusAgent = injection.agent.upper()
    dataset.ContrastBolusRoute = "IV"
    dataset.ContrastBolusVolume = ds(injection.volume_ml)


def _add_private_series(dataset: Dataset, sequence: Sequence) -> None:
    dataset.private_block(0x0009, "GEMS_IDEN_01", create=True).add_new(0x04, "SH", "SIGNA")
    acquisition = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
    acquisition.add_new(0x5A, "FL", sequence.duration_s * 1e6)
    acquisition.add_new(0x7E, "SS", max(1, len(sequence.echo_times_ms)))
    acquisition.add_new(0x9B, "SS", 1)
    acquisition.add_new(0x9C, "LO", sequence.sequence_file)
    acquisition.add_new(0x9E, "LO", sequence.technique)
    directions = sum(d.direction is not None for d in sequence.diffusion)
    unweighted = sum(d.b_value == 0 for d in sequence.diffusion)
    acquisition.add_new(0xDF, "DS", f"{float(unweighted):.6f}")
    acquisition.add_new(0xE0, "DS", f"{float(directions):.6f}")
    relation = dataset.private_block(0x0021, "GEMS_RELA_01", create=True)
    relation.add_new(0x4F, "SS", sum(s.slices for s in sequence.slabs))
    relation.add_new(0x5A, "SL", _MODES.get(sequence.key, 0))
    series = dataset.private_block(0x0025, "GEMS_SERS_01", create=True)
    series.add_new(0x07, "SL", sequence.images)
    series.add_new(0x11, "SS", 1)
    series.add_new(0x19, "SL", sequence.images)
    _add_parameters(dataset, sequence)


def _add_parameters(dataset: Dataset, sequence: Sequence) -> None:
    parameters = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
    echo_planar = "EP" in sequence.scanning_sequence
    parameters.add_new(0x06, "SS", int(echo_planar))
    parameters.add_new(0x2C, "SS", 964 if echo_planar else 0)
    parameters.add_new(0x2F, "SS", _PHASE if sequence.key == "phase" else _MAGNITUDE)
    if sequence.parallel_factor:
        parameters.add_new(0x83, "DS", [ds(1 / sequence.parallel_factor), "1"])
    parameters.add_new(0x8A, "CS", sequence.phase_encoding)
    parameters.add_new(0x96, "CS", "PRODUCT")


def _image(dataset: Dataset, examination: Examination, sequence: Sequence, image: Image) -> None:
    slab = image.slab
    series_time = classic.time_of_day(examination, sequence.start_s, HABITS.decimals)
    dataset.AcquisitionTime = dataset.ContentTime = series_time
    dataset.ReconstructionDiameter = ds(max(slab.field_of_view_mm))
    dataset.PixelSpacing = [f"{slab.pixel_mm:.4f}".rstrip("0").rstrip(".")] * 2
    _add_location(dataset, slab, image)
    _add_diffusion(dataset, sequence, image)


def _add_location(dataset: Dataset, slab: Slab, image: Image) -> None:
    straight = max(abs(c) for c in slab.scan_normal) > 0.9999
    plane = _PLANE_TYPES.get(slab.plane, _OBLIQUE) if straight else _OBLIQUE
    acquisition = dataset.private_block(0x0019, "GEMS_ACQU_01")
    acquisition.add_new(0x17, "SS", plane)
    acquisition.add_new(0x1E, "DS", f"{max(slab.field_of_view_mm):.6f}")
    located = dataset.private_block(0x0027, "GEMS_IMAG_01", create=True)
    located.add_new(0x35, "SS", plane)
    located.add_new(0x41, "FL", image.location_mm)
    located.add_new(0x60, "FL", float(dataset.AcquisitionMatrix[0] or dataset.AcquisitionMatrix[1]))
    located.add_new(0x61, "FL", float(dataset.AcquisitionMatrix[3] or dataset.AcquisitionMatrix[2]))


def _add_diffusion(dataset: Dataset, sequence: Sequence, image: Image) -> None:
    """(0018,9087) beside the private b-value; nothing in the standard's place on a b0."""
    weighting = image.diffusion or Diffusion("")
    b_value = round(weighting.b_value or max(sequence.programmed_b_values, default=0))
    if image.diffusion is not None and image.diffusion.b_value == 0:
        b_value = 0
    drop(dataset, "DiffusionBValue")
    if b_value:
        dataset.DiffusionBValue = float(b_value)
    acquisition = dataset.private_block(0x0019, "GEMS_ACQU_01")
    for element, value in zip((0xBB, 0xBC, 0xBD), _gradient(sequence, image), strict=True):
        acquisition.add_new(element, "DS", f"{value + 0.0:.6f}")
    parameters = dataset.private_block(0x0043, "GEMS_PARM_01")
    parameters.add_new(0x30, "SS", _kind(sequence, image))
    parameters.add_new(0x39, "IS", [b_value, 8 if sequence.programmed_b_values else 0, 0, 0])


def _kind(sequence: Sequence, image: Image) -> int:
    if sequence.key == "fa":
        return _FA
    if image.diffusion is None or image.diffusion.b_value is None:
        return 0
    if image.diffusion.b_value == 0:
        return _B0
    return _TRACE if image.diffusion.direction is None else _TENSOR


def _gradient(sequence: Sequence, image: Image) -> tuple[float, float, float]:
    """The diffusion gradient along frequency, phase and slice, as GE's frame has them."""
    direction = None if image.diffusion is None else image.diffusion.direction
    if direction is None:
        return (0.0, 0.0, 0.0)
    rx, ry, rz, cx, cy, cz = orientation = image.slab.orientation
    along_row, along_column = dot(direction, (rx, ry, rz)), dot(direction, (cx, cy, cz))
    through = dot(direction, normal(orientation))
    if sequence.phase_encoding == "ROW":
        return (along_column, -along_row, through)
    return (along_row, along_column, -through)


HABITS = Habits(
    name="ge",
    implementation_version="SIMULATED_MR29",
    series=_series,
    image=_image,
    decimals=0,
    bits_stored=16,
    signed=True,
)
