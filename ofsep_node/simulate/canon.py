"""Writes an examination as a Canon scanner of software V6.1 exports it: classic MR images.

Diffusion is in the standard's attributes, on every image of a diffusion series, b = 0 included;
software V6.0 says it in ImageComments instead. V6.1 repeats the protocol as XML (700D,1119); no
other private element carries information.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from ofsep_node.simulate import canon_sequences, classic
from ofsep_node.simulate.classic import Habits, Named, drop, ds
from ofsep_node.simulate.examination import Diffusion, Examination, Sequence, Slab
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
    if not _is_older(examination):
        _add_protocol(dataset, sequence)


def _add_agent(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    """Agent, volume and the time of the injection; no concentration."""
    injection = examination.injection_of(sequence)
    if injection is None:
        return
    dataset.ContrastBolusAgent = injection.agent
    dataset.ContrastBolusVolume = ds(injection.volume_ml)
    dataset.ContrastBolusTotalDose = ds(injection.volume_ml)
    dataset.ContrastBolusStartTime = classic.time_of_day(examination, injection.start_s, 3)


def _is_older(examination: Examination) -> bool:
    return examination.scanner.software_versions.startswith(_IN_COMMENTS)


def _add_protocol(dataset: Dataset, sequence: Sequence) -> None:
    """The few lines of the protocol that say what was programmed."""
    directions = {d.direction for d in sequence.diffusion} - {None}
    lines = [f"<TR>{sequence.repetition_time_ms:g}</TR>",
             f"<TS>{sequence.images_per_volume}</TS>"]  # fmt: skip
    if sequence.diffusion:
        lines.append(f"<MPNAXIS>{len(directions) or 3}</MPNAXIS>")
    lines.extend(map(_slice_group, sequence.slabs))
    text = "<PAS><FILE><SEQ>\n" + "\n".join(lines) + "\n</SEQ></FILE></PAS>\n"
    dataset.private_block(0x700D, "CANON_MEC_MR3", create=True)  # so that the next has its place
    protocol = dataset.private_block(0x700D, "CANON_MEC_MR3^10", create=True)
    written = text.encode("ascii")
    protocol.add_new(0x19, "OB", written + bytes(2 - len(written) % 2))


def _slice_group(slab: Slab) -> str:
    """How many slices, their centre in metres, their normal, the direction of rows."""
    centre = (c / 1000 for c in slab.centre_mm)
    vectors = (centre, slab.scan_normal, slab.orientation[:3])
    places = (f"[{','.join(f'{c:.6g}' for c in vector)}]" for vector in vectors)
    return f"<VG>{slab.slices},{','.join(places)}</VG>"


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
    if _is_older(examination):
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
