"""What every scanner writes that stores one image per object (PS3.3 A.4, MR Image).

A vendor's module gives its `Habits`; `files` then yields the named data sets in the order in
which that scanner sends them. Times of day are local, lengths in mm, times in ms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    MRImageStorage,
    SecondaryCaptureImageStorage,
)
from pydicom.valuerep import format_number_as_ds

from ofsep_node.simulate.examination import Examination, Scanner, Sequence, Slab
from ofsep_node.simulate.identity import UidPlan, uid
from ofsep_node.simulate.image import Image, Pixels, images, stored_images

GAMMA_MHZ_PER_T = 42.577478
"""Gyromagnetic ratio of the proton over two pi."""

SCREENSHOT = "screenshot"
"""The key of the series that is no MR image."""

PAIRED = frozenset({"KNEE"})
"""Parts of the body that have a side (0020,0060)."""

Named = tuple[str, FileDataset]
"""A file name and what goes into it; the data set is used again for the next image."""


def in_order(sequence: Sequence, image: Image) -> int:
    """InstanceNumber of one volume after the other."""
    del sequence
    return image.index + 1


def slice_by_slice(sequence: Sequence, image: Image) -> int:
    """InstanceNumber of all volumes of a slice before the next slice."""
    within = image.index % sequence.images_per_volume
    return within * sequence.volumes + image.volume + 1


@dataclass(frozen=True, slots=True)
class Habits:
    """How a vendor writes what all vendors write.

    `series` completes what the images of a series share, `image` what is of one image alone; it
    must take away what the image before left behind.
    """

    name: str
    implementation_version: str
    series: Callable[[Dataset, Examination, Sequence], None]
    image: Callable[[Dataset, Examination, Sequence, Image], None]
    decimals: int = 6  # of a second, in times of day
    character_set: str | None = "ISO_IR 100"
    bits_stored: int = 12
    signed: bool = False
    number: Callable[[Sequence, Image], int] = in_order


def files(
    habits: Habits,
    examination: Examination,
    sequence: Sequence,
    uids: UidPlan,
    pixels: Pixels | None,
) -> Iterator[Named]:
    """The images of a sequence that reach the network, by their numbers."""
    if sequence.key == SCREENSHOT:
        yield from _screenshots(habits, examination, sequence, uids, pixels)
        return
    dataset = _empty_file(habits)
    add_series(dataset, habits, examination, sequence, uids)
    habits.series(dataset, examination, sequence)
    numbered = [(habits.number(sequence, image), image) for image in stored_images(sequence)]
    for number, image in sorted(numbered, key=lambda pair: pair[0]):
        _add_image(dataset, habits, examination, sequence, image)
        dataset.InstanceNumber = number
        dataset.SOPInstanceUID = uids.image(sequence.key, image.index)
        dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
        habits.image(dataset, examination, sequence, image)
        if pixels is not None:
            _add_pixels(dataset, pixels(image))
        yield f"{number:04d}.dcm", without(dataset, sequence.absent)


def _screenshots(
    habits: Habits,
    examination: Examination,
    sequence: Sequence,
    uids: UidPlan,
    pixels: Pixels | None,
) -> Iterator[Named]:
    """What an operator saved from the screen: Secondary Capture (PS3.3 A.8.1), in colour."""
    dataset = _empty_file(habits, SecondaryCaptureImageStorage)
    _add_study(dataset, habits, examination, uids)
    _add_patient(dataset, examination)
    _add_scanner(dataset, examination.scanner)
    _add_series(dataset, examination, sequence, uids)
    drop(dataset, "MagneticFieldStrength", "ImagingFrequency", "FrameOfReferenceUID",
         "PositionReferenceIndicator", "ReferencedImageSequence", "PatientPosition",
         "ProtocolName", "AcquisitionNumber")  # fmt: skip
    dataset.SpecificCharacterSet = habits.character_set or "ISO_IR 100"
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.ConversionType = "WSD"
    dataset.BurnedInAnnotation = "YES"
    dataset.PatientOrientation = ""
    dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PhotometricInterpretation = "RGB"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    for image in stored_images(sequence):
        dataset.InstanceNumber = image.index + 1
        dataset.SOPInstanceUID = uids.image(sequence.key, image.index)
        dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
        dataset.Rows, dataset.Columns = image.slab.rows, image.slab.columns
        dataset.ContentTime = time_of_day(examination, image.stored_s(sequence), habits.decimals)
        if pixels is not None:
            grey = (pixels(image) >> 4).astype(np.uint8)
            dataset.PixelData = np.stack([grey] * 3, axis=-1).tobytes()
        yield f"{image.index + 1:04d}.dcm", without(dataset, sequence.absent)


def _empty_file(habits: Habits, sop_class: UID = MRImageStorage) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(uid("implementation", f"simulated {habits.name}"))
    meta.ImplementationVersionName = habits.implementation_version
    return FileDataset("", Dataset(), preamble=bytes(128), file_meta=meta)


def without(dataset: FileDataset, keywords: tuple[str, ...]) -> FileDataset:
    """The data set, or a copy that lacks the attributes of these keywords."""
    if not keywords:
        return dataset
    kept = FileDataset("", Dataset(), preamble=bytes(128), file_meta=dataset.file_meta)
    kept.update({e.tag: e for e in dataset if e.keyword not in keywords})
    return kept


def add_series(
    dataset: Dataset,
    habits: Habits,
    examination: Examination,
    sequence: Sequence,
    uids: UidPlan,
) -> None:
    """What the images of a series share, whatever the vendor."""
    if habits.character_set is not None:
        dataset.SpecificCharacterSet = habits.character_set
    _add_study(dataset, habits, examination, uids)
    _add_patient(dataset, examination)
    _add_scanner(dataset, examination.scanner)
    _add_series(dataset, examination, sequence, uids)
    dataset.SeriesTime = time_of_day(examination, sequence.start_s, habits.decimals)
    _add_timing(dataset, sequence)
    _add_pixel_description(dataset, habits)


def _add_study(dataset: Dataset, habits: Habits, examination: Examination, uids: UidPlan) -> None:
    day = f"{examination.study_date:%Y%m%d}"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = day
    dataset.StudyTime = time_of_day(examination, 0, habits.decimals)
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = examination.description
    dataset.RequestedProcedureDescription = examination.description
    if examination.reason:
        dataset.ReasonForTheRequestedProcedure = examination.reason
    dataset.StudyInstanceUID = uids.study
    dataset.StudyID = "1"
    dataset.PerformedProcedureStepStartDate = day
    dataset.PerformedProcedureStepStartTime = dataset.StudyTime
    dataset.PerformedProcedureStepID = f"MR{day}{dataset.StudyTime[:6]}"
    dataset.PerformedProcedureStepDescription = examination.description


def _add_patient(dataset: Dataset, examination: Examination) -> None:
    patient, day = examination.patient, examination.study_date
    dataset.PatientName = patient.name
    dataset.PatientID = patient.patient_id
    dataset.PatientBirthDate = f"{patient.birth_date:%Y%m%d}"
    dataset.PatientSex = patient.sex
    dataset.PatientAge = f"{(day - patient.birth_date).days // 365:03d}Y"
    dataset.PatientWeight = ds(patient.weight_kg)


def _add_scanner(dataset: Dataset, scanner: Scanner) -> None:
    dataset.Modality = "MR"
    dataset.Manufacturer = scanner.manufacturer
    dataset.ManufacturerModelName = scanner.model
    dataset.SoftwareVersions = scanner.software_versions.split("\\")
    dataset.DeviceSerialNumber = scanner.serial_number
    dataset.StationName = scanner.station_name
    dataset.InstitutionName = scanner.institution
    dataset.MagneticFieldStrength = ds(scanner.field_t)
    dataset.ImagingFrequency = ds(round(scanner.actual_field_t * GAMMA_MHZ_PER_T, 6))


def _add_series(
    dataset: Dataset, examination: Examination, sequence: Sequence, uids: UidPlan
) -> None:
    dataset.SOPClassUID = MRImageStorage
    dataset.SeriesInstanceUID = uids.series(sequence.key)
    dataset.SeriesNumber = sequence.number
    dataset.AcquisitionNumber = 1
    dataset.SeriesDescription = sequence.description
    dataset.ProtocolName = sequence.protocol_name
    dataset.BodyPartExamined = sequence.body_part
    if sequence.body_part in PAIRED:
        dataset.Laterality = "R"
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = uids.frame_of_reference
    dataset.PositionReferenceIndicator = ""
    dataset.ImageType = list(sequence.image_type)
    _add_references(dataset, examination, sequence, uids)


def _add_references(
    dataset: Dataset, examination: Examination, sequence: Sequence, uids: UidPlan
) -> None:
    """The middle localizer image of each plane, on which the operator placed the slices."""
    localizer = examination.sequence("localizer")
    if localizer is None or sequence.key == localizer.key:
        return
    middle = [i for i in images(localizer) if i.slice_index == i.slab.slices // 2]
    dataset.ReferencedImageSequence = Items(
        _reference(uids.image(localizer.key, i.index)) for i in middle
    )


def _reference(sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = MRImageStorage
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item


def _add_timing(dataset: Dataset, sequence: Sequence) -> None:
    """Scanning sequence and timing (PS3.3 C.8.3.1)."""
    dataset.ScanningSequence = list(sequence.scanning_sequence)
    dataset.SequenceVariant = list(sequence.sequence_variant)
    dataset.ScanOptions = list(sequence.scan_options)
    dataset.MRAcquisitionType = sequence.dimension
    dataset.RepetitionTime = ds(sequence.repetition_time_ms)
    if sequence.inversion_time_ms is not None:
        dataset.InversionTime = ds(sequence.inversion_time_ms)
    dataset.NumberOfAverages = ds(sequence.averages)
    dataset.EchoTrainLength = sequence.echo_train_length
    dataset.PercentPhaseFieldOfView = ds(100)
    dataset.PixelBandwidth = ds(sequence.pixel_bandwidth_hz)
    dataset.InPlanePhaseEncodingDirection = sequence.phase_encoding
    dataset.FlipAngle = ds(sequence.flip_angle_deg)


def _add_pixel_description(dataset: Dataset, habits: Habits) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = habits.bits_stored
    dataset.HighBit = habits.bits_stored - 1
    dataset.PixelRepresentation = int(habits.signed)


def _add_image(
    dataset: Dataset, habits: Habits, examination: Examination, sequence: Sequence, image: Image
) -> None:
    """Echo, times and image plane (PS3.3 C.7.6.2) of one image."""
    slab = image.slab
    dataset.EchoTime = ds(image.echo_time_ms)
    dataset.EchoNumbers = image.echo + 1
    dataset.AcquisitionTime = time_of_day(examination, image.acquired_s(sequence), habits.decimals)
    dataset.ContentTime = time_of_day(examination, image.stored_s(sequence), habits.decimals)
    dataset.Rows, dataset.Columns = slab.rows, slab.columns
    dataset.PixelSpacing = [ds(slab.pixel_mm)] * 2
    dataset.SliceThickness = ds(slab.thickness_mm)
    dataset.SpacingBetweenSlices = ds(slab.step_mm)
    dataset.ImageOrientationPatient = [ds(c) for c in slab.orientation]
    dataset.ImagePositionPatient = [ds(c) for c in image.position_mm]
    dataset.SliceLocation = ds(image.location_mm)
    dataset.AcquisitionMatrix = acquisition_matrix(sequence, slab)


def acquisition_matrix(sequence: Sequence, slab: Slab) -> list[int]:
    """(0018,1310): frequency rows, frequency columns, phase rows, phase columns.

    All vendors fill the inner two where the phase is said to run along the row, the outer two
    where along the column.
    """
    rows, columns = slab.acquired_matrix
    return [0, columns, rows, 0] if sequence.phase_encoding == "ROW" else [rows, 0, 0, columns]


def _add_pixels(dataset: Dataset, pixels: NDArray[np.uint16]) -> None:
    low, high = int(pixels.min()), int(pixels.max())
    if "SmallestImagePixelValue" in dataset:
        dataset.SmallestImagePixelValue = low
        dataset.LargestImagePixelValue = high
    dataset.WindowCenter = ds(max(1, high // 2))
    dataset.WindowWidth = ds(max(1, high))
    dataset.PixelData = pixels.tobytes()


def drop(dataset: Dataset, *keywords: str) -> None:
    """Take attributes away that the image before may have left, or that a vendor leaves out."""
    for keyword in keywords:
        if keyword in dataset:
            del dataset[keyword]


def time_of_day(examination: Examination, seconds: float, decimals: int = 6) -> str:
    """HHMMSS with so many decimals; `seconds` are counted from the start of the examination."""
    midnight = datetime.combine(examination.study_date, time())
    written = f"{midnight + timedelta(seconds=examination.start_s + seconds):%H%M%S.%f}"
    return written[:6] if decimals == 0 else written[: 7 + decimals]


def ds(value: float) -> str:
    """A decimal string of at most sixteen characters (PS3.5 6.2), without "-0" or ".0"."""
    number = float(value) + 0.0
    return str(int(number)) if number.is_integer() else format_number_as_ds(number)
