"""Small valid MR objects, for tests of the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

MR_IMAGE_STORAGE = UID("1.2.840.10008.5.1.4.1.1.4")


def mr_object(
    path: Path,
    *,
    seed: int = 0,
    matrix: int = 64,
    bits: int = 16,
    syntax: str = ExplicitVRLittleEndian,
    sop_class: str = MR_IMAGE_STORAGE,
) -> Path:
    """Write one uncompressed image whose pixels are smooth, so that any codec takes them."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[f"instance {seed} {matrix}"])
    meta.TransferSyntaxUID = UID(syntax)
    image = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    _identify(image, seed)
    _draw(image, matrix, bits)
    image.save_as(path, enforce_file_format=True)
    return path


def _identify(image: Dataset, seed: int) -> None:
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID
    image.StudyInstanceUID = generate_uid(entropy_srcs=["study"])
    image.SeriesInstanceUID = generate_uid(entropy_srcs=["series"])
    image.Modality = "MR"
    image.PatientID = "TEST-1"
    image.PatientName = "Test^Reception"
    image.StudyID = "1"
    image.SeriesNumber = 1
    image.InstanceNumber = seed + 1


def _draw(image: Dataset, matrix: int, bits: int) -> None:
    ramp = np.add.outer(np.arange(matrix), np.arange(matrix)) % (1 << min(bits, 12))
    image.Rows = image.Columns = matrix
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.PixelRepresentation = 0
    image.BitsAllocated = 8 if bits == 8 else 16
    image.BitsStored = bits
    image.HighBit = bits - 1
    image.PixelData = ramp.astype("u1" if bits == 8 else "<u2").tobytes()
    image["PixelData"].VR = "OB" if bits == 8 else "OW"
