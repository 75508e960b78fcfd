"""Writes an examination as a Siemens scanner of software VE11 exports it: classic MR images."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage
from pydicom.valuerep import format_number_as_ds

from ofsep_node.simulate.examination import Examination, Scanner, Sequence
from ofsep_node.simulate.identity import UidPlan, uid
from ofsep_node.simulate.image import Image, Pixels, images, stored_images
from ofsep_node.simulate.siemens_private import add_private_image, add_private_series

GAMMA_MHZ_PER_T = 42.577478
"""Gyromagnetic ratio of the proton over two pi."""

IMPLEMENTATION_CLASS_UID = uid("implementation", "simulated siemens")
IMPLEMENTATION_VERSION_NAME = "SIMULATED_VE11"


def image_files(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels
) -> Iterator[bytes]:
    """Part 10 files of the images of a sequence that reach the network, in their order."""
    header = series_header(examination, sequence, uids)
    for image in stored_images(sequence):
        yield image_bytes(header, examination, sequence, image, pixels(image), uids)


def series_header(examination: Examination, sequence: Sequence, uids: UidPlan) -> Dataset:
    """Everything that the images of one series share."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    _add_study(dataset, examination, uids)
    _add_patient(dataset, examination)
    _add_scanner(dataset, examination.scanner)
    _add_series(dataset, examination, sequence, uids)
    _add_contrast(dataset, sequence)
    _add_pixel_description(dataset)
    add_private_series(dataset, examination, sequence)
    return dataset


def image_bytes(
    dataset: Dataset,
    examination: Examination,
    sequence: Sequence,
    image: Image,
    pixels: NDArray[np.uint16],
    uids: UidPlan,
) -> bytes:
    """A Part 10 file of one image; `dataset` is the series' header, changed on the way."""
    dataset.SOPInstanceUID = uids.image(sequence.key, image.index)
    dataset.InstanceNumber = image.index + 1
    _add_instants(dataset, examination, sequence, image)
    _add_geometry(dataset, sequence, image)
    if image.diffusion is not None:
        dataset.SequenceName = image.diffusion.sequence_name
    add_private_image(dataset, sequence, image)
    _add_pixels(dataset, pixels)
    return _part10(_without(dataset, sequence.absent))


def _without(dataset: Dataset, keywords: tuple[str, ...]) -> Dataset:
    if not keywords:
        return dataset
    kept = Dataset()
    kept.update({e.tag: e for e in dataset if e.keyword not in keywords})
    return kept


def _part10(dataset: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    file = io.BytesIO()
    dcmwrite(
        file,
        FileDataset(file, dataset, preamble=bytes(128), file_meta=meta),
        enforce_file_format=True,
    )
    return file.getvalue()


def _add_study(dataset: Dataset, examination: Examination, uids: UidPlan) -> None:
    day = f"{examination.study_date:%Y%m%d}"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = day
    dataset.InstanceCreationDate = day
    dataset.StudyTime = _tm(examination, 0)
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.PerformingPhysicianName = ""
    dataset.StudyDescription = examination.description
    dataset.RequestedProcedureDescription = examination.description
    dataset.StudyInstanceUID = uids.study
    dataset.StudyID = "1"
    dataset.PerformedProcedureStepStartDate = day
    dataset.PerformedProcedureStepStartTime = _tm(examination, 0)
    dataset.PerformedProcedureStepID = f"MR{day}{_tm(examination, 0)[:6]}"
    dataset.PerformedProcedureStepDescription = examination.description


def _add_patient(dataset: Dataset, examination: Examination) -> None:
    patient, day = examination.patient, examination.study_date
    dataset.PatientName = patient.name
    dataset.PatientID = patient.patient_id
    dataset.PatientBirthDate = f"{patient.birth_date:%Y%m%d}"
    dataset.PatientSex = patient.sex
    dataset.PatientAge = f"{(day - patient.birth_date).days // 365:03d}Y"
    dataset.PatientSize = _ds(patient.size_m)
    dataset.PatientWeight = _ds(patient.weight_kg)


def _add_scanner(dataset: Dataset, scanner: Scanner) -> None:
    dataset.Modality = "MR"
    dataset.Manufacturer = scanner.manufacturer
    dataset.ManufacturerModelName = scanner.model
    dataset.SoftwareVersions = scanner.software_versions
    dataset.DeviceSerialNumber = scanner.serial_number
    dataset.StationName = scanner.station_name
    dataset.InstitutionName = scanner.institution
    dataset.InstitutionAddress = scanner.address
    dataset.InstitutionalDepartmentName = "Neuroradiologie"
    dataset.MagneticFieldStrength = _ds(scanner.field_t)
    dataset.ImagingFrequency = _ds(round(scanner.actual_field_t * GAMMA_MHZ_PER_T, 6))
    dataset.ImagedNucleus = "1H"
    dataset.TransmitCoilName = "Body"


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
    dataset.PatientPosition = "HFS"
    dataset.SeriesTime = _tm(examination, sequence.start_s + sequence.duration_s + 4)
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


def _add_contrast(dataset: Dataset, sequence: Sequence) -> None:
    """Scanning sequence and timing (PS3.3 C.8.3.1)."""
    dataset.ScanningSequence = list(sequence.scanning_sequence)
    dataset.SequenceVariant = list(sequence.sequence_variant)
    dataset.ScanOptions = list(sequence.scan_options)
    dataset.MRAcquisitionType = sequence.dimension
    dataset.SequenceName = sequence.sequence_name
    dataset.AngioFlag = "N"
    dataset.RepetitionTime = _ds(sequence.repetition_time_ms)
    dataset.EchoTime = _ds(sequence.echo_time_ms)
    if sequence.inversion_time_ms is not None:
        dataset.InversionTime = _ds(sequence.inversion_time_ms)
    dataset.NumberOfAverages = _ds(sequence.averages)
    dataset.EchoNumbers = 1
    dataset.EchoTrainLength = sequence.echo_train_length
    dataset.PercentSampling = _ds(100)
    dataset.PercentPhaseFieldOfView = _ds(100)
    dataset.PixelBandwidth = _ds(sequence.pixel_bandwidth_hz)
    dataset.InPlanePhaseEncodingDirection = sequence.phase_encoding
    dataset.FlipAngle = _ds(sequence.flip_angle_deg)
    dataset.VariableFlipAngleFlag = "N"
    dataset.dBdt = _ds(0)


def _add_pixel_description(dataset: Dataset) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0


def _add_instants(
    dataset: Dataset, examination: Examination, sequence: Sequence, image: Image
) -> None:
    dataset.AcquisitionTime = _tm(examination, image.acquired_s(sequence))
    stored = _tm(examination, image.stored_s(sequence))
    dataset.ContentTime = dataset.InstanceCreationTime = stored


def _add_geometry(dataset: Dataset, sequence: Sequence, image: Image) -> None:
    """Image plane (PS3.3 C.7.6.2) and matrix; the spacing is written in 2D only, as on VE11."""
    slab = image.slab
    dataset.Rows, dataset.Columns = slab.rows, slab.columns
    dataset.PixelSpacing = [_ds(slab.pixel_mm)] * 2
    dataset.SliceThickness = _ds(slab.thickness_mm)
    if sequence.dimension == "2D":
        dataset.SpacingBetweenSlices = _ds(slab.step_mm)
    dataset.ImageOrientationPatient = [_ds(c) for c in slab.orientation]
    dataset.ImagePositionPatient = [_ds(c) for c in image.position_mm]
    dataset.SliceLocation = _ds(image.location_mm)
    dataset.NumberOfPhaseEncodingSteps = slab.columns - 1
    phase_by_row = sequence.phase_encoding == "ROW"
    dataset.AcquisitionMatrix = (
        [0, slab.rows, slab.columns, 0] if phase_by_row else [slab.rows, 0, 0, slab.columns]
    )


def _add_pixels(dataset: Dataset, pixels: NDArray[np.uint16]) -> None:
    low, high = int(pixels.min()), int(pixels.max())
    dataset.SmallestImagePixelValue = low
    dataset.LargestImagePixelValue = high
    dataset.WindowCenter = _ds(max(1, high // 2))
    dataset.WindowWidth = _ds(max(1, high))
    dataset.PixelData = pixels.tobytes()


def _tm(examination: Examination, seconds: float) -> str:
    """A time of day as the scanner writes it, HHMMSS.ffffff."""
    midnight = datetime.combine(examination.study_date, time())
    return f"{midnight + timedelta(seconds=examination.start_s + seconds):%H%M%S.%f}"


def _ds(value: float) -> str:
    """A decimal string of at most sixteen characters (PS3.5 6.2), without "-0" or ".0"."""
    number = float(value) + 0.0
    return str(int(number)) if number.is_integer() else format_number_as_ds(number)
