"""What Canon writes into Enhanced MR objects."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread

from .scanners import scanned

pytestmark = pytest.mark.slow

CANON = scanned("canon-enhanced")


def test_one_object_holds_all_volumes_one_after_the_other() -> None:
    (header,) = CANON.headers("dti")
    indices = [
        tuple(f.FrameContentSequence[0].DimensionIndexValues)
        for f in header.PerFrameFunctionalGroupsSequence
    ]
    assert indices == sorted(indices)
    assert len({i[0] for i in indices}) == 33


def test_image_type_says_gdc_and_frame_type_diffusion() -> None:
    (header,) = CANON.headers("dti")
    (kind,) = header.SharedFunctionalGroupsSequence[0].MRImageFrameTypeSequence
    assert list(header.ImageType) == ["ORIGINAL", "PRIMARY", "GDC", "NONE"]
    assert list(kind.FrameType) == ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]


def test_the_sequence_is_named_after_the_series() -> None:
    (header,) = CANON.headers("t1")
    assert header.PulseSequenceName == header.SeriesDescription[:16].strip()
    assert header.BodyPartExamined == "HEAD"


def test_there_is_no_spacing_between_slices() -> None:
    (facts,) = CANON.facts("dwi")
    assert {stack.spacing_between_slices_mm for stack in facts.stacks} == {None}


def test_echoes_are_in_the_frames_only_when_there_are_several() -> None:
    (one,), (two,) = CANON.headers("t1"), CANON.headers("t2")
    assert "MREchoSequence" in one.SharedFunctionalGroupsSequence[0]
    assert "MREchoSequence" not in two.SharedFunctionalGroupsSequence[0]
    assert [v.echo_time_ms for v in CANON.facts("t2")[0].volumes] == [14.0, 92.0]


def test_macros_stand_where_a_real_object_has_them(real_dicom: Path) -> None:
    path = real_dicom / "canon-dti-enhanced" / "series-6000" / "0001.dcm"
    real = dcmread(path, stop_before_pixels=True)
    (made,) = CANON.headers("dti")
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        ours, theirs = ({e.keyword for e in d[name].value[0]} for d in (made, real))
        assert ours == theirs
    for name in ("BitsStored", "HighBit", "PixelRepresentation", "VolumetricProperties"):
        assert made[name].value == real[name].value
