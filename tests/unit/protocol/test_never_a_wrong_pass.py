"""Never a wrong pass: attributes that a rule needs are deleted, blanked and made nonsense."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofsep_node.domain.verdict import Verdict
from ofsep_node.simulate import FAULTS
from tests.unit.protocol.deletions import GOOD, gained
from tests.unit.protocol.made import EDITION
from tests.unit.protocol.scanned import (
    VENDORS,
    Chosen,
    changed,
    clean,
    every,
    faulty,
    tensor,
)

pytestmark = pytest.mark.slow

GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient")
TIMES = "AcquisitionTime+AcquisitionDateTime"
NAMES = "SeriesDescription+ProtocolName"
GRADIENT = (
    "DiffusionGradientOrientation+0019100E+00291010+001910BB+001910BC+001910BD"
    "+200510B0+200510B1+200510B2"
)
VOLUME = "ContrastBolusVolume+ContrastBolusTotalDose"

NEEDED: dict[str, tuple[str, ...]] = {
    "brain-required-sequences": (*GEOMETRY, "SliceThickness", "ImageType", NAMES),
    "cord-required-sequences": (*GEOMETRY, "SliceThickness", "ImageType", NAMES),
    "adc-pairs-with-dwi": (*GEOMETRY, "PixelSpacing", "FrameOfReferenceUID"),
    "axial-plane": ("ImageOrientationPatient",),
    "sagittal-plane": ("ImageOrientationPatient",),
    "brain-before-cord": (TIMES,),
    "single-injection": (f"{TIMES}+ContrastBolusStartTime",),
    "gadolinium-macrocyclic": ("ContrastBolusAgent",),
    "gadolinium-dose": ("ContrastBolusAgent", "PatientWeight"),
    # A FLAIR that gives agent and volume says by itself that it came after.
    "gadolinium-before-flair": (f"{TIMES}+ContrastBolusStartTime+{VOLUME}",),
    "field-strength": ("MagneticFieldStrength",),
    "voxel-3d": ("PixelSpacing", "SliceThickness"),
    "no-gap-3d": (*GEOMETRY, "SliceThickness"),
    "thickness-2d": ("SliceThickness",),
    "in-plane-2d": ("PixelSpacing",),
    "bicallosal-plane": ("ImageOrientationPatient", "FrameOfReferenceUID"),
    "dti-voxel": ("PixelSpacing", "SliceThickness"),
    "dti-directions": (GRADIENT,),
    "dti-gap": (*GEOMETRY, "SliceThickness"),
    "thickness-cord": ("SliceThickness",),
    "whole-cord": (*GEOMETRY, "PixelSpacing", "FrameOfReferenceUID"),
    "series-complete": GEOMETRY,
    "one-patient": ("PatientID",),
    "consistent-parameters": ("RepetitionTime", "FlipAngle", "MagneticFieldStrength",
                              "AcquisitionMatrix", "MRAcquisitionType"),
}  # fmt: skip
"""Attributes without which a rule cannot pass; equivalent ones are joined by +."""

NEEDS_NONE: dict[str, str] = {
    "brain-interval": "the records know of earlier examinations",
    "cord-interval": "the records know of earlier examinations",
    "optional-sequences": "it lists what is there; the requirements are asked instead",
    "gadolinium-not-indicated": "it tells of gadolinium that was given, by any sign of it",
    "gadolinium-indicated": "a series after the injection shows it by any sign",
    "signal-to-noise": "it is measured on pixels",
    "no-identifying-data": "what is absent identifies nobody",
    "dicomdir": "it is a file beside the images",
    "unique-instances": "objects are counted as they arrive",
    "readable-instances": "objects are counted as they arrive",
    "announced-instances": "a scanner tells of them by MPPS, not in a header",
    "completed-steps": "a scanner tells of them by MPPS, not in a header",
    "burned-in-annotation": "optional: its absence is not applicable, as a unit test shows",
}

SILENT = {
    "ge": {"single-injection"},
    "philips": {"single-injection", "gadolinium-before-flair"},
}
"""Rules that need a time of injection, which these vendors do not write."""

DTI_RULES = ("dti-voxel", "dti-directions", "dti-gap")
PAIRS = [(rule, attributes) for rule, needed in NEEDED.items() for attributes in needed]
WAYS: dict[str, bytes | None] = {"deleted": None, "blanked": b""}


@cache
def _clean_verdict(scan_of_dti: bool, vendor: str) -> Verdict:
    return (tensor(vendor) if scan_of_dti else clean(vendor)).verdict()


@cache
def _after(dti: bool, vendor: str, attributes: str, value: bytes | None) -> Verdict:
    """The clean examination with other bytes in these attributes of all its images."""
    scan = tensor(vendor) if dti else clean(vendor)
    with changed(scan, dict.fromkeys(attributes.split("+"), value)):
        return scan.verdict(scan.headers)


def _passing(verdict: Verdict, rule: str) -> list[str]:
    return [f.message.en for f in verdict.findings if (f.rule, f.outcome) == (rule, "pass")]


def test_every_rule_stands_in_the_table() -> None:
    rules = [rule.id for _, rule in EDITION.rules()]
    assert sorted(rules) == sorted([*NEEDED, *NEEDS_NONE])
    assert all(NEEDS_NONE.values())


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_clean_examination_complies_and_every_rule_it_can_tell_passes(vendor: str) -> None:
    assert _clean_verdict(False, vendor).verdict in GOOD
    silent = {r for r in NEEDED if not _passing(_clean_verdict(r in DTI_RULES, vendor), r)}
    assert silent == SILENT.get(vendor, set())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("rule", "attributes"), PAIRS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_no_rule_passes_without_what_it_needs(
    vendor: str, rule: str, attributes: str, way: str
) -> None:
    after = _after(rule in DTI_RULES, vendor, attributes, WAYS[way])
    assert _passing(after, rule) == []
    assert gained(_clean_verdict(rule in DTI_RULES, vendor), after) == []


def test_the_dose_needs_a_volume() -> None:
    """Philips' is typed beside the name of the agent, and stays when the others go."""
    for vendor in ("siemens", "ge"):
        assert _passing(_after(False, vendor, VOLUME, None), "gadolinium-dose") == []


SPOILT: dict[str, tuple[str, str, str, bytes]] = {
    "T1 of 5 mm": ("t1", "voxel-3d", "SliceThickness", b"5"),
    "DWI of 5 mm": ("dwi", "thickness-2d", "SliceThickness", b"5"),
    "T2 of 5 mm": ("t2", "thickness-2d", "SliceThickness", b"5"),
    "cord of 5 mm": ("cord-t2-1", "thickness-cord", "SliceThickness", b"5"),
    "coarse T1": ("t1", "voxel-3d", "PixelSpacing", b"3\\3"),
    "FLAIR at 1 T": ("flair", "consistent-parameters", "MagneticFieldStrength", b"1"),
    "another patient": ("flair", "one-patient", "PatientID", b"ANOTHER"),
    "another TR": ("flair", "consistent-parameters", "RepetitionTime", b"9999"),
}
"""Defects that only some images of a series show, and then do not."""

SHARES: dict[str, Chosen] = {
    "one": lambda n, _: n == 0,
    "half": lambda n, _: n % 2 == 0,
    "all but one": lambda n, _: n > 0,
}


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("defect", SPOILT)
def test_a_defect_is_not_hidden_by_images_that_do_not_say(defect: str, share: str) -> None:
    key, rule, attribute, bad = SPOILT[defect]
    scan = clean("siemens")
    with changed(scan, {attribute: bad}, [key], SHARES[share]):
        shown = scan.verdict([key])
    with changed(scan, {attribute: None}, [key], SHARES[share]):
        hidden = scan.verdict([key])
    assert gained(shown, hidden) == []
    if share != "one":
        uid = str(scan.headers[key][0].SeriesInstanceUID)
        found = [f for f in hidden.findings if f.rule == rule and f.series in (uid, None)]
        assert [f.message.en for f in found if f.outcome == "pass"] == []


NONSENSE = {
    "negative": b"-1",
    "zero": b"0",
    "huge": b"1e30",
    "text": b"abc",
    "NaN": b"NaN",
    "infinite": b"inf",
    "two for one": b"1\\1",
}
NUMBERS = [
    (rule, attribute)
    for rule, attribute in PAIRS
    if attribute in (*GEOMETRY, "SliceThickness", "PixelSpacing", "MagneticFieldStrength",
                     "PatientWeight")
    and rule not in DTI_RULES
    and not rule.endswith("required-sequences")
    and rule != "consistent-parameters"  # nonsense that is the same everywhere does not vary
]  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize(("rule", "attribute"), NUMBERS)
def test_nonsense_is_not_a_pass(rule: str, attribute: str, nonsense: str) -> None:
    value = NONSENSE[nonsense]
    if attribute == "PixelSpacing":
        value = value if nonsense == "two for one" else value + b"\\" + value
        if nonsense == "two for one":
            value = b"1\\1\\1"
    assert _passing(_after(False, "siemens", attribute, value), rule) == []


DELETABLE = sorted({a for _, attributes in PAIRS for a in attributes.split("+")})
CATALOGUE = ("flair-2d", "flair-thick", "no-flair", "missing-slices", "t1-thick", "two-patients",
             "omniscan", "double-dose", "cord-first", "cord-hole")  # fmt: skip


def test_the_faults_are_in_the_catalogue() -> None:
    assert set(CATALOGUE) <= set(FAULTS)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(CATALOGUE),
    attributes=st.lists(st.sampled_from(DELETABLE), min_size=1, max_size=4, unique=True),
    data=st.data(),
)
def test_deletions_never_mend_a_fault(
    name: str, attributes: list[str], data: st.DataObject
) -> None:
    scan = faulty(name)
    keys = data.draw(st.sets(st.sampled_from(sorted(scan.headers)), min_size=1))
    way = data.draw(st.sampled_from(sorted(WAYS)))
    share = data.draw(st.sampled_from([every, *SHARES.values()]))
    before = scan.verdict()
    with changed(scan, dict.fromkeys(attributes, WAYS[way]), keys, share):
        assert gained(before, scan.verdict(keys)) == []
