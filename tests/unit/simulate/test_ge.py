"""What GE writes in its own way."""

from __future__ import annotations

import pytest

from .scanners import scanned

pytestmark = pytest.mark.slow

GE = scanned("ge")


def test_diffusion_kinds() -> None:
    written = {
        (h[0x0043, 0x1030].value, h[0x0043, 0x1039].value[0], h.get("DiffusionBValue"))
        for h in GE.headers("dti")
    }
    assert written == {(14, 0, None), (16, 1000, 1000.0)}
    assert {h[0x0043, 0x1030].value for h in GE.headers("dwi")} == {14, 19}
    assert {h[0x0043, 0x1030].value for h in GE.headers("fa")} == {18}
    assert {h[0x0021, 0x105A].value for h in GE.headers("dti")} == {16}


def test_counts_of_a_tensor_series() -> None:
    header = GE.headers("dti")[0]
    assert float(header[0x0019, 0x10E0].value) == 32
    assert float(header[0x0019, 0x10DF].value) == 1
    assert header.ImagesInAcquisition == header[0x0025, 0x1007].value == 33 * 16


def test_every_plain_series_carries_a_b_value_of_zero() -> None:
    for key in ("t1", "flair", "cord-t2-1", "bold"):
        assert all(list(h[0x0043, 0x1039].value) == [0, 0, 0, 0] for h in GE.headers(key))
        assert all(f.volumes[0].b_value is None for f in GE.facts(key))


def test_adc_is_a_processed_series() -> None:
    (image_type,) = {f.image_type for f in GE.facts("adc")}
    assert image_type == ("DERIVED", "SECONDARY", "PROCESSED")


def test_slices_filled_in_between_overlap() -> None:
    header = GE.headers("flair")[0]
    assert (float(header.SliceThickness), float(header.SpacingBetweenSlices)) == (1.0, 0.5)


def test_zip512_keeps_the_matrix_that_was_acquired() -> None:
    header = GE.headers("other flair-2d")[0]
    assert header.Rows == 2 * header.AcquisitionMatrix[1]
    assert [float(v) for v in header.PixelSpacing] == [0.45, 0.45]


def test_times_are_those_of_the_series_without_fraction() -> None:
    headers = GE.headers("dti")
    assert {h.AcquisitionTime for h in headers} == {headers[0].SeriesTime}
    assert len(headers[0].AcquisitionTime) == 6


def test_sequences_have_their_names_in_private_elements_alone() -> None:
    header = GE.headers("flair")[0]
    assert "SequenceName" not in header
    assert (header[0x0019, 0x109C].value, header[0x0019, 0x109E].value) == ("Cube", "CUBE")
    assert "T2FLAIR_GEMS" in header.ScanOptions


def test_volume_of_the_agent() -> None:
    contrast = GE.facts("t1-gd")[0].contrast
    assert (contrast.agent, contrast.volume_ml) == ("DOTAREM", 14.0)
    assert contrast.start_time is None
