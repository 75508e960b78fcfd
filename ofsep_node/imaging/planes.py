"""Planes with their pixels, read from files."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from ofsep_node.dicom.enhanced import Frames, is_enhanced
from ofsep_node.dicom.header import Header
from ofsep_node.dicom.image import echo_time_of, orientation_of, pixel_spacing_of, position_of
from ofsep_node.dicom.vendors import vendor_of
from ofsep_node.domain.geometry import Orientation, Vector, dot, normal
from ofsep_node.errors import NotMeasurable

Pixels = NDArray[np.float32]
"""Rows x columns of one plane, or planes x rows x columns of a volume."""


@dataclass(frozen=True, slots=True)
class PixelPlane:
    """One plane: its pixels (rows x columns) and where they lie, in LPS mm (PS3.3 C.7.6.2)."""

    pixels: Pixels
    orientation: Orientation
    position: Vector
    spacing_mm: tuple[float, float]  # between rows, between columns
    b_value: float  # s/mm2; 0 where the header gives none
    echo_time_ms: float
    number: int  # InstanceNumber, then the frame's

    @property
    def offset_mm(self) -> float:
        """Distance from the origin along the normal."""
        return dot(normal(self.orientation), self.position)


def read_planes(paths: Iterable[Path]) -> list[PixelPlane]:
    """Every plane of these files, classic or enhanced.

    Raises NotMeasurable for pixels that cannot be decoded, in words that name the transfer syntax,
    and for a plane without position, orientation or spacing.
    """
    return [plane for path in paths for plane in _planes_of(path)]


def first_of_each(planes: Iterable[PixelPlane]) -> list[PixelPlane]:
    """One plane for each position, sorted along the normal: lowest b-value, first echo."""
    chosen: dict[float, PixelPlane] = {}
    for plane in sorted(planes, key=lambda p: (p.b_value, p.echo_time_ms, p.number)):
        chosen.setdefault(round(plane.offset_mm, 1), plane)
    return [chosen[offset] for offset in sorted(chosen)]


def _planes_of(path: Path) -> Iterator[PixelPlane]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = _read(path)
        header = Header.of(dataset)
        frames = Frames(header) if is_enhanced(header) else None
        pixels = _decoded(dataset, path)
    if frames is None:
        yield _plane(header, pixels, header.integer("InstanceNumber") or 0, path)
        return
    stack = pixels if pixels.ndim == 3 else pixels[np.newaxis]
    if len(frames) != len(stack):
        raise NotMeasurable(
            f"{path}: {len(stack)} frames with pixels, {len(frames)} described",
            f"{path} : {len(stack)} images avec pixels, {len(frames)} décrites",
        )
    for index, frame in enumerate(stack):
        yield _plane(frames[index], frame, index, path)


def _read(path: Path) -> FileDataset:
    try:
        return dcmread(path, force=True)
    except Exception as error:  # whatever a damaged file makes of the parser
        raise NotMeasurable(
            f"{path}: cannot be read: {type(error).__name__}",
            f"{path} : illisible : {type(error).__name__}",
        ) from error


def _decoded(dataset: FileDataset, path: Path) -> Pixels:
    """The pixels in the modality's units, as far as one slope and intercept give them."""
    try:
        stored: NDArray[Any] = dataset.pixel_array
    except Exception as error:  # decoders raise what they like
        syntax = (
            dataset.file_meta.get("TransferSyntaxUID", "") if "file_meta" in dir(dataset) else ""
        )
        name = UID(syntax).name or "an unknown transfer syntax"
        raise NotMeasurable(
            f"{path}: no decoder for its pixels ({name})",
            f"{path} : pas de décodeur pour ses pixels ({name})",
        ) from error
    if dataset.get("SamplesPerPixel", 1) != 1:
        raise NotMeasurable(f"{path}: a colour image", f"{path} : image en couleurs")
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    values = stored.astype(np.float32)
    return values * np.float32(slope or 1) + np.float32(intercept or 0)


def _plane(header: Header, pixels: Pixels, number: int, path: Path) -> PixelPlane:
    orientation, position = orientation_of(header), position_of(header)
    spacing = pixel_spacing_of(header)
    for keyword, value in (
        ("ImageOrientationPatient", orientation),
        ("ImagePositionPatient", position),
        ("PixelSpacing", spacing),
    ):
        if value is None:
            raise NotMeasurable(
                f"{path}: {keyword} is not in the header",
                f"{path} : {keyword} absent de l'en-tête",
            )
    assert orientation is not None  # noqa: S101 - refused above
    assert position is not None  # noqa: S101
    assert spacing is not None  # noqa: S101
    return PixelPlane(
        pixels=pixels,
        orientation=orientation,
        position=position,
        spacing_mm=spacing,
        b_value=vendor_of(header).diffusion(header).b_value or 0.0,
        echo_time_ms=echo_time_of(header) or 0.0,
        number=number,
    )
