"""A picture is the slice in the middle, or none where nothing can be shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from ofsep_node.domain.geometry import Orientation
from ofsep_node.reporting.middle import middle_index
from ofsep_node.reporting.pictures import picture_of
from ofsep_node.simulate import simulate
from tests.phantom import mr_object

SAGITTAL: Orientation = (0, 1, 0, 0, 0, -1)


def test_an_image_is_shown_from_black_to_white(tmp_path: Path) -> None:
    shown = picture_of(mr_object(tmp_path / "image.dcm", matrix=64))
    assert shown is not None
    assert shown.shape == (64, 64)
    assert shown.dtype == np.uint8
    assert (shown.min(), shown.max()) == (0, 255)
    assert (np.diff(shown.astype(int), axis=1) >= 0).all(), "the phantom is a ramp"


def test_a_large_image_is_made_small(tmp_path: Path) -> None:
    shown = picture_of(mr_object(tmp_path / "image.dcm", matrix=600))
    assert shown is not None
    assert shown.shape == (200, 200)


def test_inverted_greys_are_turned_round(tmp_path: Path) -> None:
    path = mr_object(tmp_path / "image.dcm")
    image = dcmread(path)
    image.PhotometricInterpretation = "MONOCHROME1"
    image.save_as(tmp_path / "inverted.dcm")
    shown, inverted = picture_of(path), picture_of(tmp_path / "inverted.dcm")
    assert shown is not None
    assert inverted is not None
    assert (shown == 255 - inverted).all()


def in_jpeg_2000(image: Dataset) -> None:
    written = io.BytesIO()
    Image.fromarray(image.pixel_array).save(written, "JPEG2000", no_jp2=True)
    image.file_meta.TransferSyntaxUID = JPEG2000Lossless
    image.PixelData = encapsulate([written.getvalue()])


@pytest.mark.parametrize(
    "compress",
    [
        lambda image: image.compress(RLELossless),
        lambda image: image.compress(JPEGLSLossless),
        in_jpeg_2000,
    ],
    ids=["RLE", "JPEG-LS", "JPEG 2000"],
)
def test_compressed_images_are_shown(tmp_path: Path, compress: Callable[[Dataset], None]) -> None:
    plain = mr_object(tmp_path / "image.dcm", bits=8)
    image = dcmread(plain)
    compress(image)
    image.save_as(tmp_path / "compressed.dcm")
    shown, compressed = picture_of(plain), picture_of(tmp_path / "compressed.dcm")
    assert shown is not None
    assert compressed is not None
    assert (shown == compressed).all()


def test_what_cannot_be_shown_is_no_error(tmp_path: Path) -> None:
    whole = mr_object(tmp_path / "whole.dcm")
    image = dcmread(whole)
    image.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    image.PixelData = encapsulate([b"\xff\xd8\xff\xc3 no decoder \xff\xd9"])
    image.save_as(tmp_path / "undecodable.dcm")
    del image.PixelData
    image.save_as(tmp_path / "no-pixels.dcm")
    (tmp_path / "cut.dcm").write_bytes(whole.read_bytes()[:-100])
    (tmp_path / "text.dcm").write_text("no DICOM")
    for name in ("undecodable.dcm", "no-pixels.dcm", "cut.dcm", "text.dcm", "nowhere.dcm", "."):
        assert picture_of(tmp_path / name) is None, name


def test_colours_are_not_what_a_scanner_measured(tmp_path: Path) -> None:
    image = dcmread(mr_object(tmp_path / "image.dcm", bits=8))
    image.SamplesPerPixel, image.PhotometricInterpretation = 3, "RGB"
    image.PlanarConfiguration = 0
    image.PixelData = image.PixelData * 3
    image.save_as(tmp_path / "colours.dcm")
    assert picture_of(tmp_path / "colours.dcm") is None


def test_one_value_everywhere_is_black(tmp_path: Path) -> None:
    image = dcmread(mr_object(tmp_path / "image.dcm"))
    image.PixelData = bytes(len(image.PixelData))
    image.save_as(tmp_path / "empty.dcm")
    shown = picture_of(tmp_path / "empty.dcm")
    assert shown is not None
    assert not shown.any()


@pytest.fixture(scope="module")
def enhanced(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("enhanced") / "examination"
    simulate(folder, vendor="siemens-xa", small=True)
    return sorted(folder.rglob("*.dcm"))


def test_the_middle_frame_of_an_enhanced_object_is_shown(enhanced: list[Path]) -> None:
    for path in enhanced:
        image = dcmread(path)
        shown = picture_of(path)
        if "PixelData" not in image or image.get("SamplesPerPixel") != 1:
            assert shown is None
            continue
        assert shown is not None, path
        assert shown.shape == (image.Rows, image.Columns)
        assert shown.max() > shown.min(), "the phantom is in the middle, not in the first frame"


def test_the_middle_is_that_of_the_positions() -> None:
    places = [(SAGITTAL, (float(x), 0.0, 0.0)) for x in (40, 10, 30, 20, 0)]
    assert middle_index(places) == 3
    twice = [place for place in places for _ in range(2)]
    assert middle_index(twice) == 6, "the first of two at one place"


def test_without_positions_the_middle_is_that_of_the_order() -> None:
    assert middle_index([None] * 7) == 3
    assert middle_index([None, (SAGITTAL, (1.0, 0.0, 0.0)), None]) == 1
