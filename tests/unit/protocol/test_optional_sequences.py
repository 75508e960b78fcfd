"""Optional sequences: listed, suggested, never held against an examination that lacks them."""

from __future__ import annotations

from ofsep_node.domain.verdict import Finding, Verdict
from tests.unit.protocol.made import CORD_T2, DWI, FLAIR, STANDARD, T1, but, judged

DIR = but(FLAIR, weighting="dir")
CORD_LATER = but(CORD_T2, acquired_at="10:30")


def listed(verdict: Verdict) -> dict[str, Finding]:
    return {str(f.expected): f for f in verdict.findings if f.rule == "optional-sequences"}


def test_absence_is_listed_and_no_fault() -> None:
    verdict = judged(*STANDARD)
    assert {f.outcome for f in listed(verdict).values()} == {"not_applicable"}
    assert {name.partition(".")[0] for name in listed(verdict)} == {"brain"}
    assert "absent (optional)" in listed(verdict)["brain.swi"].message.en
    assert verdict.verdict == "compliant"


def test_presence_is_listed_under_the_sentence_of_its_part() -> None:
    stir = but(CORD_LATER, weighting="stir")
    found = listed(judged(*STANDARD, DIR, CORD_LATER, stir))
    assert (found["brain.dir-3d"].outcome, found["brain.dir-3d"].sentence) == ("pass", "SQ-4")
    assert (found["cord.stir-sagittal"].outcome, found["cord.stir-sagittal"].sentence) == (
        "pass",
        "SQ-5",
    )


def test_the_faults_of_one_that_is_there_are_said() -> None:
    found = listed(judged(*STANDARD, but(DIR, thickness_mm=1.5, spacing_mm=1.5)))["brain.dir-3d"]
    assert (found.outcome, found.severity) == ("fail", "info")
    assert "1.5" in found.message.en


def test_one_that_may_be_there_is_undetermined() -> None:
    t2star = but(DWI, weighting="t2star", dimension="unknown", b_value=None)
    assert listed(judged(*STANDARD, t2star))["brain.t2star-2d"].outcome == "undetermined"


def test_a_t2star_is_suggested_at_a_first_diagnosis_only() -> None:
    for indication, suggested in (("first-diagnosis", True), ("relapse", False)):
        found = listed(judged(*STANDARD, indication=indication))["brain.t2star-2d"]
        assert found.outcome == "not_applicable"
        assert ("suggested" in found.message.en) is suggested


def test_a_t1_of_which_no_header_names_an_agent_is_no_t1_after_gadolinium() -> None:
    silent = [but(s, gadolinium="unknown") for s in STANDARD]
    assert listed(judged(*silent))["brain.t1-3d-gd"].outcome == "not_applicable"
    named = but(T1, gadolinium="unknown", contrast={"agent": "Dotarem"})
    assert listed(judged(named, *silent[1:]))["brain.t1-3d-gd"].outcome == "undetermined"
