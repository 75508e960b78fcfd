"""What the reception benchmarks send: a simulated examination whose images have about 170 kB."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.simulate import Request, headers, planned

IMAGES = 600
MATRIX = 292  # 170 kB of pixels, as a 3D sequence of 1 mm writes them
ENHANCED_FRAMES, ENHANCED_MATRIX = 400, 512  # 210 MB

_PIXELS = (np.add.outer(np.arange(MATRIX), np.arange(MATRIX)) % 4096).astype("<u2").tobytes()


def write_study(folder: Path, images: int = IMAGES, *, seed: int = 0) -> list[Path]:
    """The first so many images of a brain examination with gadolinium, Siemens, classic.

    Another `seed` makes it another patient's.
    """
    return [_write(image, folder / f"{n:04}.dcm") for n, image in enumerate(_images(images, seed))]


def _images(count: int, seed: int) -> Iterator[FileDataset]:
    ready = planned(Request(study_date=date(2026, 1, 15), gadolinium="Dotarem", seed=seed))
    for number, (_, image) in enumerate(headers(ready)):
        if number == count:
            return
        yield image


def _write(image: FileDataset, path: Path) -> Path:
    image.Rows = image.Columns = MATRIX
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelData = _PIXELS
    image["PixelData"].VR = "OW"
    image.save_as(path, enforce_file_format=True)
    return path


def write_enhanced(path: Path, image: Path) -> Path:
    """One enhanced object of 210 MB."""
    dataset = dcmread(image, stop_before_pixels=True)
    enhanced = UID("1.2.840.10008.5.1.4.1.1.4.1")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = enhanced
    dataset.Rows = dataset.Columns = ENHANCED_MATRIX
    dataset.NumberOfFrames = ENHANCED_FRAMES
    dataset.PixelData = bytes(2 * ENHANCED_MATRIX * ENHANCED_MATRIX * ENHANCED_FRAMES)
    dataset["PixelData"].VR = "OW"
    dataset.save_as(path, enforce_file_format=True)
    return path


@dataclass(frozen=True, slots=True)
class Sendable:
    """A data set as it goes over the network, and its SOP Instance UID."""

    instance: str
    data_set: bytes

    @classmethod
    def of(cls, path: Path) -> Sendable:
        """The object in a file."""
        with path.open("rb") as file:
            start = data_set_offset(file)
            file.seek(start)
            data_set = file.read()
        instance = str(dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
        return cls(instance, data_set)

    def renamed(self) -> Sendable:
        """The same image under a SOP Instance UID of its own, of the same length."""
        digits = f"2.25.{uuid.uuid4().int}"
        instance = digits.ljust(len(self.instance), "0")[: len(self.instance)]
        there, here = self.instance.encode(), instance.encode()
        assert self.data_set.count(there) == 1
        return Sendable(instance, self.data_set.replace(there, here))
