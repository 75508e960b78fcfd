"""Small headers made in memory, classic and enhanced, to which a test adds its quirk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]

IDENTITY: dict[str, Any] = {
    "StudyInstanceUID": "1.2.3.1",
    "SeriesInstanceUID": "1.2.3.1.1",
    "Modality": "MR",
    "Manufacturer": "ACME",
    "ManufacturerModelName": "Phantom",
    "SeriesNumber": 4,
    "SeriesDescription": "made",
    "MagneticFieldStrength": 3,
    "MRAcquisitionType": "2D",
    "Rows": 8,
    "Columns": 8,
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
}


def dataset(**attributes: Any) -> Dataset:
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def classic(**attributes: Any) -> Dataset:
    """One axial MR image; attributes given as None are left out."""
    defaults: dict[str, Any] = {
        **IDENTITY,
        "SOPClassUID": MR_IMAGE,
        "SOPInstanceUID": generate_uid(),
        "InstanceNumber": 1,
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
        "ScanningSequence": "SE",
        "RepetitionTime": 4000,
        "EchoTime": 90,
        "SliceThickness": 3,
        "SpacingBetweenSlices": 3,
        "PixelSpacing": [1.0, 1.0],
        "ImagePositionPatient": [-4.0, -4.0, 0.0],
        "ImageOrientationPatient": AXIAL,
    }
    wanted = {**defaults, **attributes}
    return dataset(**{k: v for k, v in wanted.items() if v is not None})


def private(made: Dataset, creator: str, tag: tuple[int, int], vr: str, value: Any) -> Dataset:
    """Add a private element (group, low byte) in the block that pydicom reserves."""
    block = made.private_block(tag[0], creator, create=True)
    block.add_new(tag[1], vr, value)
    return made


def item(**attributes: Any) -> list[Dataset]:
    return [dataset(**attributes)]


def enhanced(shared: Dataset, frames: Sequence[Dataset], **attributes: Any) -> Dataset:
    """An Enhanced MR object of these functional groups."""
    return dataset(
        **{
            **IDENTITY,
            "SOPClassUID": ENHANCED_MR,
            "SOPInstanceUID": generate_uid(),
            "InstanceNumber": 1,
            "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
            "NumberOfFrames": len(frames),
            "SharedFunctionalGroupsSequence": [shared],
            "PerFrameFunctionalGroupsSequence": list(frames),
            **attributes,
        }
    )


def write(
    made: Dataset, path: Path, *, syntax: str = ExplicitVRLittleEndian, pixels: bytes | None = None
) -> Path:
    """Write a Part 10 file; its pixels are zeros unless given."""
    length = made.get("Rows", 0) * made.get("Columns", 0) * 2 * int(made.get("NumberOfFrames", 1))
    if pixels is not None or length:
        made.PixelData = bytes(length) if pixels is None else pixels
        made["PixelData"].VR = "OW"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(syntax)
    made.save_as(path, enforce_file_format=True)
    return path
