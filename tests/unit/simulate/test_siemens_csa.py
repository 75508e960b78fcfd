"""The CSA encoder against an independent reader."""

from __future__ import annotations

import pytest
from csa_header import CsaHeader
from hypothesis import given
from hypothesis import strategies as st

from ofsep_node.simulate.siemens_csa import CsaTag, csa_header, phoenix_protocol
from ofsep_node.simulate.siemens_private import orientation_text


def test_mosaic_and_direction_tags_read_back() -> None:
    raw = csa_header(
        (
            CsaTag("NumberOfImagesInMosaic", "US", 1, (60,)),
            CsaTag("B_value", "IS", 1, (1000,)),
            CsaTag("DiffusionGradientDirection", "FD", 3, (-0.99997461, 0.5, 0.0)),
            CsaTag("Empty", "UT", 1),
            CsaTag("SliceNormalVector", "FD", 3, (0.0, 0.0, 1.0)),
        )
    )
    read = CsaHeader(raw).read()
    assert read["NumberOfImagesInMosaic"]["value"] == 60
    assert read["B_value"]["value"] == 1000
    assert read["DiffusionGradientDirection"]["value"] == [-0.99997461, 0.5, 0.0]
    assert read["Empty"]["value"] is None
    assert read["SliceNormalVector"] == {"VR": "FD", "VM": 3, "value": [0.0, 0.0, 1.0]}


@given(st.lists(st.floats(-2000, 2000).map(lambda x: round(x, 8)), min_size=1, max_size=12))
def test_any_decimals_read_back(values: list[float]) -> None:
    raw = csa_header((CsaTag("Values", "FD", 0, tuple(values)), CsaTag("After", "IS", 1, (3,))))
    read = CsaHeader(raw).read()
    back = read["Values"]["value"]
    assert (back if isinstance(back, list) else [back]) == pytest.approx(values, abs=1e-8)
    assert read["After"]["value"] == 3


def test_protocol_text_reads_back() -> None:
    text = phoenix_protocol(
        [("tProtocolName", "3D T1 été"), ("sSliceArray.lSize", 176), ("alTE[0]", 2980)]
    )
    raw = csa_header((CsaTag("MrPhoenixProtocol", "UN", 1, (text,)),))
    read = CsaHeader(raw).read()["MrPhoenixProtocol"]["value"]
    assert read == {
        "tProtocolName": "3D T1 été", "sSliceArray": {"lSize": 176}, "alTE": [2980],
    }  # fmt: skip


def test_orientation_in_the_console_s_words() -> None:
    assert orientation_text((1.0, 0.0, 0.0)) == "Sag"
    assert orientation_text((0.0, 0.2079117, 0.9781476)) == "Tra>Cor(12.0)"
