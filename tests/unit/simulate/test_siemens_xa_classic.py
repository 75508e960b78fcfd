"""What Siemens' software XA writes into single images."""

from __future__ import annotations

import pytest

from .scanners import scanned

pytestmark = pytest.mark.slow

XA = scanned("siemens-xa-classic")


def test_mprage_does_not_say_that_it_inverts() -> None:
    header = XA.headers("t1")[0]
    assert header.ScanningSequence == "GR"
    assert header.SequenceVariant == "SK"
    assert float(header.InversionTime) == 900
    assert "SpacingBetweenSlices" not in header


def test_every_image_was_split_from_an_enhanced_object() -> None:
    assert {f.image_type[-1] for f in XA.facts("flair")} == {"MFSPLIT"}


def test_diffusion_is_in_the_standards_attributes() -> None:
    said = {
        (h.DiffusionBValue, h.DiffusionDirectionality, "DiffusionGradientOrientation" in h)
        for h in XA.headers("dti")
    }
    assert said == {(0.0, "NONE", False), (1000.0, "DIRECTIONAL", True)}
    assert {tuple(h.ScanningSequence) for h in XA.headers("dti")} == {("GR", "EP")}


def test_an_adc_map_says_isotropic_without_a_b_value() -> None:
    headers = XA.headers("adc")
    assert {h.DiffusionDirectionality for h in headers} == {"ISOTROPIC"}
    assert all("DiffusionBValue" not in h for h in headers)


def test_group_0021_replaces_ve_s_groups() -> None:
    header = XA.headers("t1")[0]
    assert header[0x0021, 0x0010].value == "SIEMENS MR SDS 01"
    assert header[0x0021, 0x0011].value == "SIEMENS MR SDI 02"
    assert b"ASCCONV BEGIN" in header[0x0021, 0x1019].value
    assert not any(e.tag.group in (0x0019, 0x0029, 0x0051) for e in header)


def test_names_are_in_unicode() -> None:
    header = XA.headers("t1")[0]
    assert header.SpecificCharacterSet == "ISO_IR 192"
    assert header.Manufacturer == "Siemens Healthineers"
