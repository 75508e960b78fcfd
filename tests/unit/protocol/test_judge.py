"""The judge's conclusions on examinations described in a few words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ofsep_node.domain.verdict import Conclusion, Finding, Message, RequirementStatus, Verdict
from ofsep_node.protocol import judge
from ofsep_node.protocol.examples import ExampleSeries
from ofsep_node.protocol.judge import conclude
from tests.unit.protocol.made import (
    ADC,
    CORD_T2,
    DWI,
    EDITION,
    FLAIR,
    KNEE,
    REDUCED,
    STANDARD,
    T1,
    but,
    findings,
    judged,
    requirement,
    study_of,
)

THICK_FLAIR = but(FLAIR, thickness_mm=1.5, spacing_mm=1.5)


def statuses(verdict: Verdict) -> dict[str, str]:
    """Of the sequences that the protocol requires."""
    return {r.id: r.status for r in verdict.requirements if r.level == "required"}


def test_the_standard_programme_complies() -> None:
    verdict = judged(*STANDARD)
    assert verdict.verdict == "compliant"
    assert statuses(verdict) == {
        "brain.t1-3d": "met",
        "brain.dwi": "met",
        "brain.adc": "met",
        "brain.flair-3d": "met",
        "cord.t2-sagittal": "not_applicable",
    }
    assert requirement(verdict, "brain.flair-3d").series == ("1.2.3.4",)
    assert verdict.missing == ()
    assert verdict.troubles == ()


@pytest.mark.parametrize("left_out", range(4))
def test_without_a_required_sequence_it_does_not_comply(left_out: int) -> None:
    verdict = judged(*(s for n, s in enumerate(STANDARD) if n != left_out))
    assert verdict.verdict == "non_compliant"
    assert [r.status for r in verdict.missing] == ["missing"]


def test_a_missing_sequence_has_its_nearest_and_what_separates_it() -> None:
    flair_2d = but(FLAIR, dimension="2D", plane="axial", thickness_mm=5.0, spacing_mm=5.0)
    found = requirement(judged(T1, DWI, ADC, flair_2d), "brain.flair-3d")
    assert (found.status, found.nearest, found.series) == ("missing", "1.2.3.4", ())
    assert found.reason == Message(
        fr="la plus proche est la série ? (séquence) : dimension 2D au lieu de 3D",
        en="the nearest is series ? (séquence): dimension 2D instead of 3D",
    )


def test_nothing_like_it_has_no_nearest() -> None:
    found = requirement(judged(T1, DWI, ADC), "brain.flair-3d")
    assert (found.status, found.nearest, found.reason) == ("missing", None, None)


def test_a_dti_stands_nearest_to_a_dwi() -> None:
    found = requirement(judged(T1, but(DWI, weighting="dti"), ADC, FLAIR), "brain.dwi")
    assert (found.status, found.nearest) == ("missing", "1.2.3.2")


def test_a_spoilt_sequence_is_not_met_and_says_why() -> None:
    verdict = judged(T1, DWI, ADC, THICK_FLAIR)
    found = requirement(verdict, "brain.flair-3d")
    assert (found.status, found.nearest, found.series) == ("not_met", "1.2.3.4", ("1.2.3.4",))
    assert found.reason is not None
    assert "1.5 mm" in found.reason.en
    assert verdict.verdict == "non_compliant"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"thickness_mm": None}, "SliceThickness"),
        ({"acquired_matrix": None}, "0018,1310"),
        ({"spacing_mm": None}, "ImagePositionPatient"),
        ({"announced_planes": None}, "does not announce"),
        ({"dimension": "unknown"}, "dimension unknown instead of 3D"),
        ({"organ": "unknown"}, "organ unknown instead of brain"),
    ],
)
def test_what_the_header_does_not_say_is_undetermined(change: dict[str, object], says: str) -> None:
    verdict = judged(T1, DWI, ADC, but(FLAIR, **change))
    found = requirement(verdict, "brain.flair-3d")
    assert found.status == "undetermined"
    assert found.reason is not None
    assert says in found.reason.en
    assert verdict.verdict == "undetermined"


def test_the_reduced_programme_is_for_pml_follow_up_only() -> None:
    verdict = judged(*REDUCED, indication="pml-follow-up")
    assert (verdict.verdict, verdict.study.programme) == ("compliant", "reduced")
    assert statuses(verdict)["brain.t1-3d"] == "not_applicable"
    for indication in ("unknown", "follow-up", "relapse"):
        assert judged(*REDUCED, indication=indication).verdict == "non_compliant"


def test_a_cord_alone_needs_a_sagittal_t2_and_no_brain() -> None:
    verdict = judged(CORD_T2)
    assert verdict.verdict == "compliant"
    assert verdict.study.parts == ("cord",)
    assert {s for name, s in statuses(verdict).items() if name.startswith("brain")} == {
        "not_applicable"
    }
    axial = judged(but(CORD_T2, plane="axial"))
    assert axial.verdict == "non_compliant"
    assert requirement(axial, "cord.t2-sagittal").nearest == "1.2.3.1"


def test_brain_and_cord_are_both_due_when_both_are_imaged() -> None:
    assert judged(*STANDARD, CORD_T2).study.parts == ("brain", "cord")
    assert judged(*STANDARD, CORD_T2).verdict == "compliant"
    assert judged(*STANDARD, but(CORD_T2, thickness_mm=4.0)).verdict == "non_compliant"
    assert judged(T1, CORD_T2).verdict == "non_compliant"


def test_a_possible_cord_is_not_taken_for_none() -> None:
    verdict = judged(*STANDARD, but(CORD_T2, organ="unknown"))
    assert requirement(verdict, "cord.t2-sagittal").status == "undetermined"
    assert verdict.verdict == "undetermined"


@pytest.mark.parametrize("series", [(), (KNEE,), (but(KNEE, organ="unknown"),)])
def test_what_the_protocol_does_not_speak_of_is_undetermined(
    series: tuple[ExampleSeries, ...],
) -> None:
    assert judged(*series).verdict == "undetermined"
    assert judged(*series).study.parts == ()


@pytest.mark.parametrize("turn", [1, -1])
def test_a_repeat_that_is_good_forgives_the_spoilt_series(turn: int) -> None:
    both = (THICK_FLAIR, FLAIR)[::turn]
    verdict = judged(T1, DWI, ADC, *both)
    spoilt, good = ("1.2.3.4", "1.2.3.5")[::turn]
    assert verdict.verdict == "compliant"
    assert requirement(verdict, "brain.flair-3d").series == (good,)
    (finding,) = findings(verdict, "voxel-3d", spoilt)
    assert (finding.outcome, finding.severity) == ("fail", "info")
    assert "sequence repeated" in finding.message.en
    assert "séquence refaite" in finding.message.fr


@pytest.mark.parametrize(
    "other",
    [
        {"dimension": "2D", "thickness_mm": 3.0, "spacing_mm": 3.0},
        {"plane": "axial"},
        {"gadolinium": "yes"},
        {"thickness_mm": 1.6, "spacing_mm": 1.6},
    ],
)
def test_another_kind_of_series_forgives_nothing(other: dict[str, object]) -> None:
    verdict = judged(T1, DWI, ADC, THICK_FLAIR, but(FLAIR, **other))
    assert findings(verdict, "voxel-3d", "1.2.3.4")[0].severity == "error"
    assert verdict.verdict == "non_compliant"


@pytest.mark.parametrize("unknown", ["dimension", "plane", "organ"])
def test_two_series_of_unknown_kind_are_no_repeat_of_each_other(unknown: str) -> None:
    extra = but(T1, weighting="t2", **{unknown: "unknown"})
    verdict = judged(*STANDARD, but(extra, missing_planes=(80,)), extra)
    assert findings(verdict, "series-complete", "1.2.3.5")[0].severity == "error"
    assert verdict.verdict == "non_compliant"


def test_a_station_of_the_cord_is_no_repeat_of_another() -> None:
    def at(head_foot_mm: float, **changes: object) -> ExampleSeries:
        return but(CORD_T2, position_mm=(0.0, 0.0, head_foot_mm), **changes)

    stations = judged(at(0.0, thickness_mm=4.0), at(-220.0))
    assert stations.verdict == "non_compliant"
    repeated = judged(at(0.0, thickness_mm=4.0), at(-30.0), at(-220.0))
    assert repeated.verdict == "compliant"


def test_only_what_more_images_may_mend_is_pending_while_receiving() -> None:
    series = (but(T1, planes=20), DWI, ADC, THICK_FLAIR)
    receiving = judged(*series, state="receiving")
    assert {f.rule for f in receiving.findings if f.pending} == {
        "optional-sequences",
        "brain-required-sequences",
        "series-complete",
    }
    assert not any(f.pending for f in receiving.findings if f.outcome == "pass")
    assert {f.rule for f in receiving.troubles if not f.pending} == {"voxel-3d"}
    assert not any(f.pending for f in judged(*series).findings)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ((2.8936, 3.0), "pass"),
        ((1.494,), "pass"),
        ((1.5, 3.0), "pass"),
        ((3.16,), "fail"),
        ((3.0, 1.0), "fail"),
        ((1.0, None), "fail"),
        ((3.0, None), "undetermined"),
        ((None,), "undetermined"),
    ],
)
def test_field_strength(fields: tuple[float | None, ...], outcome: str) -> None:
    verdict = judged(*(but(T1, field_t=f) for f in fields))
    (finding,) = findings(verdict, "field-strength")
    assert (finding.outcome, finding.unit, finding.expected) == (outcome, "T", "1.5 / 3")


def test_the_field_of_localizers_and_maps_is_not_asked() -> None:
    localizer = but(T1, role="localizer", weighting="localizer", field_t=None)
    assert judged(*STANDARD, localizer).verdict == "compliant"


@pytest.mark.parametrize(
    ("study", "outcome", "severity"),
    [
        ({"patient_ids": ("A", "B")}, "fail", "error"),
        ({"patient_ids": ("A",), "unidentified": 3}, "undetermined", "error"),
        ({"patient_ids": ("A", "B"), "unidentified": 3}, "fail", "error"),
        ({"patient_ids": (), "unidentified": 3}, "undetermined", "warning"),
        ({"patient_ids": ("A",)}, "pass", "error"),
    ],
)
def test_one_patient(study: dict[str, object], outcome: str, severity: str) -> None:
    verdict = judge(study_of(*STANDARD, **study), EDITION, state="settled")
    (finding,) = findings(verdict, "one-patient")
    assert (finding.outcome, finding.severity) == (outcome, severity)


def test_unreadable_objects_and_conflicts_are_remarks() -> None:
    verdict = judge(study_of(*STANDARD, unreadable=2), EDITION, state="settled")
    assert verdict.verdict == "compliant_with_remarks"
    assert findings(verdict, "readable-instances")[0].measured == 2.0


def test_a_series_that_may_fall_under_a_rule_is_undetermined_when_it_would_fail() -> None:
    t2 = but(T1, weighting="t2", dimension="2D", plane="axial", thickness_mm=5.0, spacing_mm=5.0)
    assert judged(*STANDARD, t2).verdict == "non_compliant"
    for unknown in ("dimension", "organ", "weighting"):
        verdict = judged(*STANDARD, but(t2, **{unknown: "unknown"}))
        (finding,) = findings(verdict, "thickness-2d", "1.2.3.5")
        assert (finding.outcome, finding.measured) == ("undetermined", 5.0)
        assert f"unknown: {unknown}" in finding.message.en
        assert verdict.verdict == "undetermined"
    good = but(t2, thickness_mm=3.0, spacing_mm=3.0, dimension="unknown")
    assert findings(judged(*STANDARD, good), "thickness-2d", "1.2.3.5") == []


@pytest.mark.parametrize(
    ("number", "change", "says"),
    [
        (3, {"image_type": ()}, "0008,0008"),
        (2, {"image_type": ()}, "0008,0008"),
        (0, {"description": None}, "SeriesDescription"),
        (1, {"b_value": None}, "diffusion-weighted"),
        (1, {"b_value": 0.0}, "diffusion-weighted"),
    ],
)
def test_what_would_tell_a_series_from_its_likes_must_be_there(
    number: int, change: dict[str, object], says: str
) -> None:
    series = [but(s, **change) if n == number else s for n, s in enumerate(STANDARD)]
    verdict = judged(*series)
    found = next(r for r in verdict.requirements if r.status == "undetermined")
    assert found.reason is not None
    assert says in found.reason.en
    assert (verdict.verdict, found.series) == ("undetermined", (f"1.2.3.{number + 1}",))


def test_a_diffusion_without_directions_may_be_a_tensor() -> None:
    many = but(DWI, planes=50 * 6, spacing_mm=None, announced_planes=50)
    found = requirement(judged(T1, many, ADC, FLAIR), "brain.dwi")
    assert found.status == "undetermined"
    assert found.reason is not None
    assert "may be a DTI" in found.reason.en


def test_findings_quote_their_sentence_and_say_both_languages() -> None:
    verdict = judged(T1, DWI, ADC, THICK_FLAIR, CORD_T2)
    quotes = {s.id: s.quote for s in EDITION.sentences}
    for finding in verdict.findings:
        assert finding.quote == quotes[finding.sentence]
        assert finding.message.fr != finding.message.en
        assert finding.series is not None or finding.scope == "study"


def _said(outcome: str, severity: str) -> Finding:
    return Finding(
        rule="r", sentence="S", scope="study", series=None,
        outcome=outcome, severity=severity,  # type: ignore[arg-type]
        measured=None, expected=None, unit=None, message=Message("", ""), quote="",
    )  # fmt: skip


def _due(status: str, level: str = "required") -> RequirementStatus:
    return RequirementStatus("q", "brain", level, status, (), None, Message("", ""))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("due", "said", "expected"),
    [
        (["met"], [], "compliant"),
        (["met"], [("pass", "error")], "compliant"),
        (["met", "not_applicable"], [("not_applicable", "error")], "compliant"),
        (["met"], [("fail", "info"), ("undetermined", "info")], "compliant"),
        (["met"], [("fail", "warning")], "compliant_with_remarks"),
        (["met"], [("undetermined", "warning")], "compliant_with_remarks"),
        (["met"], [("undetermined", "error")], "undetermined"),
        (["met"], [("undetermined", "error"), ("fail", "warning")], "undetermined"),
        (["not_applicable"], [], "undetermined"),
        ([], [], "undetermined"),
        (["met"], [("fail", "error")], "non_compliant"),
        (["met"], [("fail", "error"), ("undetermined", "error")], "non_compliant"),
        (["missing"], [("fail", "error")], "non_compliant"),
        (["missing"], [("fail", "warning")], "compliant_with_remarks"),
        (["undetermined"], [("undetermined", "warning")], "compliant_with_remarks"),
        ([], [("fail", "error")], "non_compliant"),
    ],
)
def test_conclusions(due: list[str], said: list[tuple[str, str]], expected: Conclusion) -> None:
    assert conclude([_due(s) for s in due], [_said(*s) for s in said]) == expected


def test_what_is_optional_decides_nothing() -> None:
    optional = [
        _due(s, level) for s in ("missing", "not_met") for level in ("optional", "conditional")
    ]
    assert conclude([_due("met"), *optional], []) == "compliant"


@pytest.mark.parametrize(
    ("unplaced", "status"),
    [
        ({}, "undetermined"),
        ({"weighting": "t2star"}, "undetermined"),
        ({"weighting": "localizer", "role": "localizer"}, "not_applicable"),
        ({"weighting": "other"}, "not_applicable"),
        ({"role": "derived"}, "not_applicable"),
    ],
)
def test_a_series_of_an_unknown_part_may_be_of_the_other_part(
    unplaced: dict[str, Any], status: str
) -> None:
    other = but(CORD_T2, **{"organ": "unknown", "weighting": "unknown"} | unplaced)
    verdict = judged(CORD_T2, other)
    assert requirement(verdict, "cord.t2-sagittal").status == "met"
    assert requirement(verdict, "brain.flair-3d").status == status
    assert verdict.verdict == ("undetermined" if status == "undetermined" else "compliant")


def test_a_site_may_make_missing_sequences_a_remark() -> None:
    sentences = tuple(
        s.model_copy(
            update={
                "rules": tuple(
                    r.model_copy(update={"severity": "warning"})
                    if r.id == "brain-required-sequences" else r
                    for r in s.rules
                )
            }
        )
        for s in EDITION.sentences
    )  # fmt: skip
    lenient = EDITION.model_copy(update={"sentences": sentences})
    study = study_of(*STANDARD[:-1])
    assert judge(study, EDITION, state="settled").verdict == "non_compliant"
    assert judge(study, lenient, state="settled").verdict == "compliant_with_remarks"


def test_what_is_hardly_recognised_leaves_its_requirement_open() -> None:
    study = study_of(*STANDARD)
    t1, *others = study.series
    unsure = replace(t1, identity=replace(t1.identity, confidence=0.3))
    verdict = judge(replace(study, series=(unsure, *others)), EDITION, state="settled")
    assert requirement(verdict, "brain.t1-3d").status == "undetermined"
    assert verdict.verdict == "undetermined"


def test_a_flair_of_an_unknown_part_is_not_of_the_cord() -> None:
    verdict = judged(*STANDARD, but(FLAIR, organ="unknown", dimension="2D", plane="axial"))
    assert requirement(verdict, "cord.t2-sagittal").status == "not_applicable"


def test_what_separates_the_nearest_is_said_in_the_readers_language() -> None:
    t1, dwi, adc, flair = STANDARD
    verdict = judged(t1, dwi, adc, but(flair, organ="cord"))
    reason = requirement(verdict, "brain.flair-3d").reason
    assert reason is not None
    assert "organe moelle au lieu d'encéphale" in reason.fr
    assert "organ cord instead of brain" in reason.en
