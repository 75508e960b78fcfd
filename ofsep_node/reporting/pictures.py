"""One picture of a series: the slice in its middle, from the archived pixels."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array

from ofsep_node.dicom.enhanced import Frames, is_enhanced
from ofsep_node.dicom.header import Header
from ofsep_node.dicom.image import orientation_of, position_of
from ofsep_node.reporting.middle import Place, middle_index

LONGEST_EDGE = 256
"""Pixels of a picture's longer edge, at most."""

DARKEST, BRIGHTEST = 1.0, 99.5
"""Percentiles of the values that are shown black and white."""


def picture_of(path: Path) -> NDArray[np.uint8] | None:
    """The middle frame of an image, as bright as it is to be shown: rows x columns.

    None for a file that is not there, has no pixels, or pixels that nothing here decodes: a report
    without a picture is still a report.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            header = Header.of(dcmread(path, stop_before_pixels=True))
            values = pixel_array(path, index=_middle_frame(header))
        except Exception:  # noqa: BLE001 - parsers and decoders raise what they like
            return None
    if values.ndim != 2:  # in colour: not what a scanner measured
        return None
    shown = _shown(values.astype(np.float32))
    return 255 - shown if header.text("PhotometricInterpretation") == "MONOCHROME1" else shown


def _middle_frame(header: Header) -> int:
    if not is_enhanced(header):
        return (header.integer("NumberOfFrames") or 1) // 2
    frames = Frames(header)
    return middle_index([_place(frames[index]) for index in range(len(frames))])


def _place(frame: Header) -> Place:
    orientation, position = orientation_of(frame), position_of(frame)
    return None if orientation is None or position is None else (orientation, position)


def _shown(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Black to white between two percentiles; of a large image, every few pixels."""
    step = -(-max(values.shape) // LONGEST_EDGE)
    thinned = values[::step, ::step]
    low, high = np.percentile(thinned, (DARKEST, BRIGHTEST))
    scaled = (thinned - low) / max(float(high - low), 1e-6)
    return np.asarray(np.clip(scaled, 0, 1) * 255, dtype=np.uint8)
