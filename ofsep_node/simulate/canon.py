"""Writes an examination as a Canon scanner of software V6.1 exports it: classic MR images.

Diffusion is in the standard's attributes, on every image of a diffusion series, b = 0 included;
software V6.0 says it in ImageComments instead. No private element carries information.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from ofsep_node.simulate import canon_sequences, classic
from ofsep_node.simulate.classic import Habits, Named, drop, ds
from ofsep_node.simulate.examination import Diffusion, Examination, Sequence
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Image, Pixels

SCANNER = canon_sequences.GALAN
SEQUENCES, ALTERNATIVES = canon_sequences.SEQUENCES, canon_sequences.ALTERNATIVES

_COILS = {"brain": "32ch Head SPDR", "cord": "Spine SPDR"}
_BODY_PARTS = {"BRAIN": "HEAD"}
_IN_COMMENTS = "V6.0"
"""Software that writes the diffusion weighting in ImageComments."""


def image_files(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels | None
) -> Iterator[Named]:
    """The images of a sequence that reach the network."""
    return classic.files(HABITS, examination, sequence, uids, pixels)


def _series(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    # The thousands count the acquisitions of the examination.
    dataset.SeriesNumber = sequence.number * 1000
    dataset.AcquisitionNumber = sequence.number
    dataset.InstanceCreationDate = dataset.StudyDate
    dataset.StudyTime, dataset.SeriesTime = dataset.StudyTime[:6], dataset.SeriesTime[:6]
    dataset.PatientSize = ds(examination.patient.size_m)
    dataset.InstitutionAddress = examination.scanner.address
    dataset.BodyPartExamined = _BODY_PARTS.get(sequence.body_part, sequence.body_part)
    dataset.SequenceName = sequence.sequence_name
    dataset.BeatRejectionFlag = "N"
    dataset.ReceiveCoilName = _COILS.get(sequence.organ, "Knee SPDR")
    dataset.TransmitCoilName = "QD Whole Body"
    dataset.SAR, dataset.dBdt = ds(0.032), ds(10.355789)
    dataset.AcquisitionDuration = float(sequence.duration_s)
    dataset.NumberOfTemporalPositions = dataset.TemporalPositionIndex = 1
    dataset.SmallestImagePixelValue = dataset.LargestImagePixelValue = 0
    dataset.RescaleIntercept, dataset.RescaleSlope = ds(0), ds(1)
    if sequence.parallel_factor:
        dataset.ParallelReductionFactorInPlane = float(sequence.parallel_factor)
        dataset.ParallelAcquisition = "YES"
        dataset.ParallelAcquisitionTechnique = "SPEEDER"
    _add_agent(dataset, examination, sequence)


def _add_agent(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    """Agent, volume and the time of the injection; no concentration."""
    injection = examination.injection_of(sequence)
    if injection is None:
        return
    dataset.ContrastBolusAgent = injection.agent
    dataset.ContrastBolusVolume = ds(injection.volume_ml)
    dataset.ContrastBolusTotalDose = ds(injection.volume_ml)
    dataset.ContrastBolusStartTime = classic.time_of_day(examination, injection.start_s, 3)


def _image(dataset: Dataset, examination: Examination, sequence: Sequence, image: Image) -> None:
    begun = classic.time_of_day(examination, sequence.start_s, HABITS.decimals)
    dataset.AcquisitionTime = dataset.ContentTime = dataset.InstanceCreationTime = begun
    dataset.ReconstructionDiameter = ds(max(image.slab.field_of_view_mm))
    dataset.NumberOfPhaseEncodingSteps = image.slab.acquired_matrix[1]
    dataset.StackID = str(sequence.slabs.index(image.slab) + 1)
    dataset.InStackPositionNumber = image.slice_index + 1
    _add_diffusion(dataset, examination, image)


def _add_diffusion(dataset: Dataset, examination: Examination, image: Image) -> None:
    drop(dataset, "DiffusionBValue", "DiffusionGradientOrientation", "ImageComments")
    weighting = image.diffusion
    if weighting is None or weighting.b_value is None:
        return
    if examination.scanner.software_versions.startswith(_IN_COMMENTS):
        dataset.ImageComments = _comment(weighting)
        return
    dataset.DiffusionBValue = weighting.b_value
    dataset.DiffusionGradientOrientation = list(weighting.direction or (0.0, 0.0, 0.0))


def _comment(weighting: Diffusion) -> str:
    """b=1500(0.445,0.000,0.895); nothing in brackets without a direction."""
    said = f"b={weighting.b_value:g}"
    if weighting.direction is None:
        return said
    return f"{said}({','.join(f'{c:.3f}' for c in weighting.direction)})"


HABITS = Habits(
    name="canon",
    implementation_version="SIMULATED_V61",
    series=_series,
    image=_image,
    decimals=3,
    bits_stored=16,
    signed=True,
)
