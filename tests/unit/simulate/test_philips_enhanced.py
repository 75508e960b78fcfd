"""What Philips writes into Enhanced MR objects."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from .scanners import scanned

pytestmark = pytest.mark.slow

PHILIPS = scanned("philips-enhanced")


def _frames(key: str) -> list[Dataset]:
    (header,) = PHILIPS.headers(key)
    return list(header.PerFrameFunctionalGroupsSequence)


def test_one_object_holds_all_volumes_slice_by_slice() -> None:
    sequence = PHILIPS.sequence("dti")
    frames = _frames("dti")
    assert len(frames) == sequence.images
    first = frames[: sequence.volumes]
    assert {f.FrameContentSequence[0].InStackPositionNumber for f in first} == {1}


def test_the_trace_is_one_more_volume() -> None:
    said = {
        (f.MRDiffusionSequence[0].DiffusionBValue, f.MRDiffusionSequence[0].DiffusionDirectionality)
        for f in _frames("dti")
    }
    assert said == {(0.0, "NONE"), (1000.0, "DIRECTIONAL"), (1000.0, "ISOTROPIC")}


def test_a_classic_item_stands_in_every_frame() -> None:
    for frame in _frames("t1"):
        (item,) = frame[0x2005, 0x140F].value
        assert list(item.ImageType) == ["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"]
        assert item[0x2001, 0x1003].value == 0.0
    (adc,) = _frames("adc")[0][0x2005, 0x140F].value
    assert adc.ImageType[0] == "ORIGINAL"


def test_technique_and_slices_are_private() -> None:
    (header,) = PHILIPS.headers("t1")
    assert header[0x2001, 0x1020].value == "T1TFE"
    assert header[0x2001, 0x1018].value == PHILIPS.sequence("t1").slab.slices
    (localizer,) = PHILIPS.headers("localizer")
    assert [item[0x2001, 0x102D].value for item in localizer[0x2001, 0x105F].value] == [3, 3, 3]
    assert {v.stack for v in PHILIPS.facts("localizer")[0].volumes} == {0, 1, 2}


def test_the_spacing_stands_in_the_header() -> None:
    (header,) = PHILIPS.headers("dwi")
    assert float(header.SpacingBetweenSlices) == 3.0
    assert "SpacingBetweenSlices" not in _frames("dwi")[0].PixelMeasuresSequence[0]


def test_a_screenshot_is_a_secondary_capture() -> None:
    (header,) = PHILIPS.headers("screenshot")
    assert header.SOPClassUID.name == "Secondary Capture Image Storage"


def test_macros_stand_where_a_real_object_has_them(real_dicom: Path) -> None:
    path = real_dicom / "philips-dti-enhanced-part" / "series-501" / "0001.dcm"
    real = dcmread(path, stop_before_pixels=True)
    (made,) = PHILIPS.headers("dti")
    spectroscopy = {"MRMetaboliteMapSequence"}  # only the metabolite that is imaged: WATER
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        ours, theirs = ({e.keyword for e in d[name].value[0]} - {""} for d in (made, real))
        assert ours == theirs - spectroscopy
