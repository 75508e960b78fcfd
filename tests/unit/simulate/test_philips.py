"""What Philips writes in its own way."""

from __future__ import annotations

from itertools import groupby

import pytest

from .scanners import scanned

pytestmark = pytest.mark.slow

PHILIPS = scanned("philips")
VOLUMES = 34  # 32 directions, b = 0, and the trace


def test_a_b_value_of_zero_on_every_series() -> None:
    for key in ("localizer", "t1", "flair", "adc", "cord-t2-1"):
        headers = PHILIPS.headers(key)
        assert {h.DiffusionBValue for h in headers} == {0.0}
        assert {tuple(h.DiffusionGradientOrientation) for h in headers} == {(0.0, 0.0, 0.0)}
        assert {h[0x2001, 0x1003].value for h in headers} == {0.0}
    assert {f.volumes[0].b_value for f in PHILIPS.facts("t1")} == {None}


def test_images_are_numbered_slice_by_slice() -> None:
    headers = PHILIPS.headers("dti")
    assert [h.InstanceNumber for h in headers] == list(range(1, len(headers) + 1))
    runs = [(z, len(list(run))) for z, run in groupby(h.SliceLocation for h in headers)]
    assert [length for _, length in runs] == [VOLUMES] * len(runs)
    assert {h[0x2001, 0x1018].value for h in headers} == {len(runs)}


def test_the_trace_is_one_more_volume_without_direction() -> None:
    letters = {(h.DiffusionBValue, h[0x2001, 0x1004].value) for h in PHILIPS.headers("dti")}
    assert {(0.0, "I"), (1000.0, "I"), (1000.0, "O")} <= letters
    isotropic = [
        v for v in PHILIPS.folded("dti").volumes if v.b_value and v.directionality == "ISOTROPIC"
    ]
    assert len(isotropic) == 1


def test_a_few_images_of_a_tensor_series_say_3d() -> None:
    headers = PHILIPS.headers("dti")
    lying = sum(h.MRAcquisitionType == "3D" for h in headers)
    assert 0 < lying < len(headers) / 50
    assert {h.MRAcquisitionType for h in PHILIPS.headers("dwi")} == {"2D"}


def test_inversion_of_a_turbo_field_echo_is_a_prepulse_delay() -> None:
    header = PHILIPS.headers("t1")[0]
    assert "InversionTime" not in header
    assert (header[0x2001, 0x101B].value, header[0x2001, 0x101C].value) == (900.0, "INV")
    assert header[0x2001, 0x1020].value == "T1TFE"
    assert float(PHILIPS.headers("flair")[0].InversionTime) == 1650


def test_the_adc_map_calls_itself_original() -> None:
    (image_type,) = {f.image_type for f in PHILIPS.facts("adc")}
    assert image_type == ("ORIGINAL", "PRIMARY", "ADC_UNSPECIFIED", "ADC", "UNSPECIFIED")


def test_the_enhanced_item_denies_diffusion_directions() -> None:
    (item,) = PHILIPS.headers("dti")[0][0x2005, 0x140F].value
    assert item.DiffusionDirectionality == "NONE"
    assert item.AcquisitionContrast == "DIFFUSION"


def test_series_are_numbered_in_hundreds() -> None:
    header = PHILIPS.headers("t1")[0]
    assert header.SeriesNumber == 100 * header.AcquisitionNumber + 1


def test_a_localizer_has_three_stacks() -> None:
    header = PHILIPS.headers("localizer")[0]
    assert header[0x2001, 0x1060].value == 3
    assert [item[0x2001, 0x102D].value for item in header[0x2001, 0x105F].value] == [3, 3, 3]


def test_the_volume_of_the_agent_is_in_its_text_alone() -> None:
    assert PHILIPS.headers("t1")[0].ContrastBolusAgent == ""
    contrast = PHILIPS.facts("t1-gd")[0].contrast
    assert (contrast.agent, contrast.volume_ml) == ("Dotarem 14 ml", 0.0)


def test_b_values_and_directions_are_numbered() -> None:
    """The last of the directions stands for none: b = 0 and the trace share it."""
    headers = PHILIPS.headers("dti")
    assert {(h[0x2005, 0x1414].value, h[0x2005, 0x1415].value) for h in headers} == {(2, 33)}
    numbers = {(h[0x2005, 0x1412].value, h[0x2005, 0x1413].value) for h in headers}
    assert numbers == {(1, 33), *((2, direction) for direction in range(1, 34))}
    plain = PHILIPS.headers("t1")[0]
    assert [plain[0x2005, 0x1412 + n].value for n in range(4)] == [1, 1, 1, 1]
