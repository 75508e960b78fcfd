"""Writes an examination as a Philips scanner of release 5.7 exports it: classic MR images.

Private elements are those that carry information, as in published headers: groups 2001 and 2005,
and the item (2005,140F) with attributes of the enhanced object. Images are numbered slice by
slice, all volumes of one before the next.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from ofsep_node.domain.geometry import Plane
from ofsep_node.simulate import classic, philips_sequences
from ofsep_node.simulate.classic import Habits, Named, drop, ds, slice_by_slice
from ofsep_node.simulate.examination import Examination, Sequence, Slab
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Image, Pixels

SCANNER = philips_sequences.ELITION
SEQUENCES, ALTERNATIVES = philips_sequences.SEQUENCES, philips_sequences.ALTERNATIVES

_IMAGING = "Philips Imaging DD 001"
_MR_BLOCKS = tuple(f"Philips MR Imaging DD {number:03d}" for number in range(1, 8))
_MR_IMAGING, _MR_IMAGING_5 = _MR_BLOCKS[0], _MR_BLOCKS[4]
_PLANES: dict[Plane, str] = {
    "axial": "TRANSVERSAL", "sagittal": "SAGITTAL", "coronal": "CORONAL",
}  # fmt: skip
_ECHO_PLANAR = frozenset({"DwiSE", "FEEPI"})
_CONTRASTS = {"T1TFE": "T1", "T1FFE": "T1", "DwiSE": "DIFFUSION", "FFE": "T2_STAR",
              "TIR": "FLUID_ATTENUATED", "FEEPI": "T2_STAR"}  # fmt: skip
_MISLABELLED_EVERY = 61
"""One image in so many of a tensor series says 3D, as in a published one (23 of 1394)."""

_EMPTY = (
    "ContrastBolusAgent", "SequenceName", "ImageComments", "PatientComments",
    "RequestedContrastAgent", "InstitutionAddress", "OperatorsName", "PerformingPhysicianName",
)  # fmt: skip


def image_files(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels | None
) -> Iterator[Named]:
    """The images of a sequence that reach the network."""
    return classic.files(HABITS, examination, sequence, uids, pixels)


def _series(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    for keyword in _EMPTY:
        setattr(dataset, keyword, "")
    dataset.Laterality = dataset.get("Laterality", "")
    # The hundreds count the acquisitions of the examination, the units their reconstructions.
    dataset.SeriesNumber = sequence.number * 100 + 1
    dataset.AcquisitionNumber = sequence.number
    dataset.InstanceCreationDate = dataset.StudyDate
    dataset.StudyTime = dataset.StudyTime[:6]
    dataset.InstitutionalDepartmentName = "IRM"
    dataset.ImagedNucleus = "1H"
    dataset.PercentSampling = ds(100)
    dataset.ReceiveCoilName = "MULTI COIL"
    dataset.TransmitCoilName = "BODY"
    dataset.SAR, dataset.dBdt = ds(0.1585), ds(63.3641)
    dataset.AcquisitionDuration = float(sequence.duration_s)
    dataset.TemporalPositionIdentifier = dataset.NumberOfTemporalPositions = 1
    dataset.RescaleIntercept, dataset.RescaleSlope = ds(0), ds(1)
    dataset.RescaleType = "normalized"
    dataset.LossyImageCompression = "00"
    if sequence.technique == "T1TFE":
        drop(dataset, "InversionTime")
    _add_agent(dataset, examination, sequence)
    _add_imaging(dataset, sequence)
    _add_mr_imaging(dataset, sequence)


def _add_agent(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    """What the operator typed; the numbers keep the console's zeros."""
    injection = examination.injection_of(sequence)
    if injection is None:
        return
    dataset.ContrastBolusAgent = f"{injection.agent} {injection.volume_ml:g} ml"
    dataset.ContrastBolusVolume = ds(0)
    dataset.ContrastBolusTotalDose = ds(0)
    dataset.ContrastBolusIngredientConcentration = ds(0)


def _add_imaging(dataset: Dataset, sequence: Sequence) -> None:
    inverted = sequence.technique == "T1TFE"
    imaging = dataset.private_block(0x2001, _IMAGING, create=True)
    imaging.add_new(0x08, "IS", 1)
    imaging.add_new(0x13, "SL", _epi_factor(sequence))
    imaging.add_new(0x14, "SL", len(sequence.echoes_ms))
    imaging.add_new(0x18, "SL", sequence.images_per_volume)
    imaging.add_new(0x1B, "FL", philips_sequences.PREPULSE_DELAY_MS if inverted else 0.0)
    imaging.add_new(0x1C, "CS", "INV" if inverted or sequence.technique == "TIR" else "NO")
    imaging.add_new(0x20, "LO", sequence.technique)
    imaging.add_new(0x5F, "SQ", Items(map(_stack, sequence.slabs)))
    imaging.add_new(0x60, "SL", len(sequence.slabs))
    imaging.add_new(0x7B, "IS", sequence.number)
    imaging.add_new(0x81, "IS", 1)


def _stack(slab: Slab) -> Dataset:
    item = Dataset()
    imaging = item.private_block(0x2001, _IMAGING, create=True)
    imaging.add_new(0x2D, "SS", slab.slices)
    imaging.add_new(0x36, "CS", "PARALLEL")
    return item


def _epi_factor(sequence: Sequence) -> int:
    return sequence.echo_train_length if sequence.technique in _ECHO_PLANAR else 1


def _add_mr_imaging(dataset: Dataset, sequence: Sequence) -> None:
    for creator in _MR_BLOCKS:  # all of them, so that each block has its usual place
        dataset.private_block(0x2005, creator, create=True)
    mr = dataset.private_block(0x2005, _MR_IMAGING)
    mr.add_new(0x30, "FL", sequence.repetition_time_ms)
    mr.add_new(0x33, "FL", sequence.duration_s)
    mr.add_new(0x6E, "CS", sequence.scanning_sequence[0].replace("GR", "FFE"))
    mr.add_new(0x6F, "CS", "3D" if sequence.dimension == "3D" else "MS")
    mr.add_new(0xA1, "CS", "SENSE")
    mr.add_new(0xA9, "CS", sequence.dimension)
    enhanced = dataset.private_block(0x2005, _MR_IMAGING_5)
    enhanced.add_new(0x0F, "SQ", Items([_enhanced_item(sequence)]))
    enhanced.add_new(0x14, "SL", len(b_values(sequence)))
    enhanced.add_new(0x15, "SL", gradients(sequence))


def _enhanced_item(sequence: Sequence) -> Dataset:
    """Attributes of the enhanced object; the directionality says NONE whatever the image."""
    rows, columns = sequence.slab.acquired_matrix
    frequency, phase = (columns, rows) if sequence.phase_encoding == "ROW" else (rows, columns)
    item = Dataset()
    item.AcquisitionContrast = _CONTRASTS.get(sequence.technique, _by_echo(sequence))
    item.PulseSequenceName = sequence.technique
    item.EchoPulseSequence = "GRADIENT" if "GR" in sequence.scanning_sequence else "SPIN"
    item.InversionRecovery = "YES" if sequence.technique == "TIR" else "NO"
    item.EchoPlanarPulseSequence = "YES" if sequence.technique in _ECHO_PLANAR else "NO"
    item.MRAcquisitionFrequencyEncodingSteps = frequency
    item.MRAcquisitionPhaseEncodingStepsInPlane = phase
    item.ParallelReductionFactorInPlane = float(sequence.parallel_factor or 1)
    item.DiffusionDirectionality = "NONE"
    return item


def _by_echo(sequence: Sequence) -> str:
    if sequence.echo_time_ms > 60:
        return "T2"
    return "T1" if sequence.repetition_time_ms < 1000 else "PROTON_DENSITY"


def _image(dataset: Dataset, examination: Examination, sequence: Sequence, image: Image) -> None:
    slab = image.slab
    dataset.ContentTime = dataset.AcquisitionTime = classic.time_of_day(
        examination, sequence.start_s + 9, HABITS.decimals
    )
    dataset.InstanceCreationTime = dataset.SeriesTime
    dataset.ReconstructionDiameter = ds(max(slab.field_of_view_mm))
    dataset.NumberOfPhaseEncodingSteps = slab.acquired_matrix[1]
    mislabelled = sequence.key == "dti" and image.index % _MISLABELLED_EVERY == 60
    dataset.MRAcquisitionType = "3D" if mislabelled else sequence.dimension
    imaging = dataset.private_block(0x2001, _IMAGING)
    imaging.add_new(0x0A, "IS", image.slice_index + 1)
    imaging.add_new(0x0B, "CS", _PLANES.get(slab.plane, "TRANSVERSAL"))
    _add_diffusion(dataset, image)
    number = dataset.private_block(0x2005, _MR_IMAGING_5)
    number.add_new(0x12, "IS", b_value_number(sequence, image))
    number.add_new(0x13, "IS", gradient_number(sequence, image))


def _add_diffusion(dataset: Dataset, image: Image) -> None:
    """A b-value and a null direction on every image, diffusion-weighted or not."""
    weighting = image.diffusion
    b_value = 0.0 if weighting is None else float(weighting.b_value or 0.0)
    direction = (0.0, 0.0, 0.0) if weighting is None else weighting.direction or (0.0, 0.0, 0.0)
    dataset.DiffusionBValue = b_value
    dataset.DiffusionGradientOrientation = list(direction)
    imaging = dataset.private_block(0x2001, _IMAGING)
    imaging.add_new(0x03, "FL", b_value)
    imaging.add_new(0x04, "CS", _direction_letter(image))
    mr = dataset.private_block(0x2005, _MR_IMAGING)
    for element, component in zip((0xB0, 0xB1, 0xB2), direction, strict=True):
        mr.add_new(element, "FL", component)


def b_values(sequence: Sequence) -> list[float]:
    """Distinct, ascending; 0 alone of a sequence that is not diffusion-weighted."""
    return sorted({d.b_value or 0.0 for d in sequence.diffusion}) or [0.0]


def gradients(sequence: Sequence) -> int:
    """The directions, and one more that stands for none."""
    return sum(d.direction is not None for d in sequence.diffusion) + 1


def b_value_number(sequence: Sequence, image: Image) -> int:
    """From 1 (2005,1412)."""
    b_value = image.diffusion and image.diffusion.b_value
    return b_values(sequence).index(b_value or 0.0) + 1


def gradient_number(sequence: Sequence, image: Image) -> int:
    """Directions from 1; an image without one is numbered after the last of them (2005,1413)."""
    directions = [d.direction for d in sequence.diffusion if d.direction is not None]
    direction = image.diffusion.direction if image.diffusion else None
    return directions.index(direction) + 1 if direction else len(directions) + 1


def _direction_letter(image: Image) -> str:
    """I for isotropic, b = 0 included; S along the slice, O oblique."""
    if image.diffusion is None:
        return ""
    direction = image.diffusion.direction
    if direction is None:
        return "I"
    return "S" if abs(direction[2]) > 0.99 else "O"


HABITS = Habits(
    name="philips",
    implementation_version="SIMULATED_MR57",
    series=_series,
    image=_image,
    decimals=2,
    number=slice_by_slice,
)
