"""What reports take from one image, and how it is kept when the images are dropped."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRLittleEndian

from ofsep_node.reporting.composite import HEADER_KEYWORDS


def first_readable(paths: Iterable[Path]) -> Dataset | None:
    """Patient and study as the first image that can be read has them; None when none can."""
    for path in paths:
        header = _read(path)
        if header is not None:
            return header
    return None


def as_kept(header: Dataset) -> bytes:
    """A header as a file of PS3.10."""
    kept = Dataset()
    kept.update({element.tag: element for element in header})
    kept.file_meta = FileMetaDataset()
    kept.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    written = io.BytesIO()
    kept.save_as(written, implicit_vr=False, little_endian=True)
    return written.getvalue()


def of_kept(content: bytes) -> Dataset:
    """The header that was kept."""
    return dcmread(io.BytesIO(content), force=True)


def _read(path: Path) -> FileDataset | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dcmread(path, stop_before_pixels=True, specific_tags=list(HEADER_KEYWORDS))
        except (OSError, InvalidDicomError):
            return None
