"""Planes, ADC maps, stations of the cord, nearest misses and dummy runs, in whole examinations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ofsep_node.domain.correction import Corrections
from ofsep_node.domain.study import ImagingMeasurement
from ofsep_node.domain.verdict import Finding, Verdict
from ofsep_node.protocol import judge
from tests.unit.protocol.made import (
    ADC,
    CORD_T2,
    DWI,
    EDITION,
    FLAIR,
    STANDARD,
    T1,
    but,
    judged,
    requirement,
    study_of,
)

STATION = but(CORD_T2, matrix=(256, 256))
COMPOSED = but(CORD_T2, matrix=(600, 256), acquired_matrix=(600, 256), role="composed")


def said(verdict: Verdict, rule: str) -> list[Finding]:
    return [f for f in verdict.findings if f.rule == rule]


def at(head_foot_mm: float, **changes: Any) -> Any:
    return but(STATION, position_mm=(0.0, 0.0, head_foot_mm), **changes)


def extent(*series: Any) -> Finding:
    return next(f for f in said(judged(*series), "whole-cord") if f.unit == "mm")


def test_a_standard_examination_with_two_stations_has_no_trouble() -> None:
    verdict = judged(*STANDARD, at(256.0), at(40.0))
    assert [f for f in verdict.troubles if f.severity != "info"] == []
    assert verdict.verdict == "compliant"


def test_a_station_that_came_twice_counts_once() -> None:
    verdict = judged(at(256.0), at(240.0), at(40.0))
    (count,) = (f for f in said(verdict, "whole-cord") if f.unit == "acquisitions")
    assert (count.measured, count.outcome) == (2.0, "pass")


def test_a_hole_between_stations_is_told_with_its_size() -> None:
    found = extent(at(300.0), at(0.0))
    assert (found.outcome, found.measured) == ("fail", 512.0)
    assert "44 mm are missing" in found.message.en


def test_a_composed_series_adds_nothing_to_its_stations() -> None:
    composed = but(COMPOSED, role="derived")  # as it is recognised beside its stations
    assert extent(at(0.0), composed).measured == 256.0
    verdict = judged(*STANDARD, at(256.0), at(40.0), composed)
    assert requirement(verdict, "cord.t2-sagittal").series == ("1.2.3.5", "1.2.3.6")
    assert verdict.verdict == "compliant"


@pytest.mark.parametrize(
    ("change", "status", "rule"),
    [
        ({}, "met", None),
        ({"thickness_mm": 4.0}, "not_met", "thickness-cord"),
        ({"plane": "axial"}, "missing", "sagittal-plane"),
        ({"announced_planes": None}, "undetermined", "series-complete"),
    ],
)
def test_a_composed_series_alone_stands_for_the_sequence(
    change: dict[str, Any], status: str, rule: str | None
) -> None:
    verdict = judged(*STANDARD, but(COMPOSED, **change))
    assert requirement(verdict, "cord.t2-sagittal").status == status
    troubles = {f.rule for f in verdict.troubles if f.severity == "error"}
    assert troubles - {"cord-required-sequences"} == ({rule} if rule else set())


def test_a_composed_series_alone_says_nothing_of_the_number_of_acquisitions() -> None:
    length, count = said(judged(*STANDARD, COMPOSED), "whole-cord")
    assert (length.outcome, length.measured) == ("pass", 600.0)
    assert (count.outcome, count.severity) == ("undetermined", "info")
    assert "only the composed series was sent" in count.message.en
    assert judged(*STANDARD, COMPOSED).verdict == "compliant"


MOVED = {"frame_of_reference": "1.2.3.7"}
UNFRAMED: dict[str, Any] = {"frame_of_reference": None}


@pytest.mark.parametrize(
    ("upper", "lower", "outcome", "reason"),
    [
        ({}, {}, "pass", "covered over 472 mm"),
        (MOVED, MOVED, "pass", "covered over 472 mm"),
        ({}, MOVED, "undetermined", "moved, or landmarked anew"),
        (UNFRAMED, UNFRAMED, "undetermined", "FrameOfReferenceUID not in the header"),
        ({}, UNFRAMED, "undetermined", "FrameOfReferenceUID not in the header"),
        ({"matrix": (150, 256)}, {"matrix": (150, 256), **MOVED}, "fail", "covered over 300 mm"),
        ({}, {"matrix": (450, 256), **MOVED}, "pass", "covered over 450 mm"),
    ],
)
def test_stations_are_compared_within_one_frame_of_reference(
    upper: dict[str, Any], lower: dict[str, Any], outcome: str, reason: str
) -> None:
    found = extent(at(256.0, **upper), at(40.0, **lower))
    assert found.outcome == outcome
    assert reason in found.message.en


@pytest.mark.parametrize(
    ("stations", "outcome"),
    [
        ((at(256.0), at(40.0, **MOVED)), "undetermined"),
        ((at(256.0), at(40.0), at(40.0, **MOVED)), "pass"),
        ((at(700.0), at(500.0), at(300.0), at(100.0), at(40.0, **MOVED)), "fail"),
    ],
)
def test_a_station_in_another_frame_may_repeat_one_that_is_there(
    stations: tuple[Any, ...], outcome: str
) -> None:
    (count,) = (f for f in said(judged(*stations), "whole-cord") if f.unit == "acquisitions")
    assert (count.outcome, count.severity) == (outcome, "info")


@pytest.mark.parametrize("frame", [MOVED, UNFRAMED])
def test_a_spoilt_station_is_not_forgiven_for_one_in_another_frame(frame: dict[str, Any]) -> None:
    spoilt = at(40.0, thickness_mm=5.0, spacing_mm=5.0)
    again = (at(256.0), spoilt, at(40.0))
    assert judged(*STANDARD, *again).verdict == "compliant"
    moved = judged(*STANDARD, at(256.0), spoilt, at(40.0, **frame))
    assert moved.verdict == "non_compliant"


@pytest.mark.parametrize(
    ("tilt_deg", "frame", "outcome"),
    [
        (0.0, {}, "pass"),
        (9.0, {}, "fail"),
        (0.0, MOVED, "undetermined"),
        (9.0, MOVED, "undetermined"),
        (0.0, UNFRAMED, "undetermined"),
    ],
)
def test_planes_are_compared_within_one_frame_of_reference(
    tilt_deg: float, frame: dict[str, Any], outcome: str
) -> None:
    t2 = but(DWI, weighting="t2", b_value=None, tilt_deg=tilt_deg, **frame)
    (found,) = said(judged(*STANDARD, t2), "bicallosal-plane")
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("frame", "outcome"), [({}, "pass"), (MOVED, "undetermined"), (UNFRAMED, "undetermined")]
)
def test_an_angle_holds_in_the_frame_of_the_t1_that_was_registered(
    frame: dict[str, Any], outcome: str
) -> None:
    angle = ImagingMeasurement("1.2.3.2", "bicallosal-angle", 2.0, "deg", "registered", "1.2.3.1")
    study = replace(study_of(but(T1, **frame), *STANDARD[1:]), imaging=(angle,))
    found = said(judge(study, EDITION, state="settled"), "bicallosal-plane")
    assert [f.outcome for f in found if f.series == "1.2.3.2"] == [outcome]


def test_an_unplaced_station_leaves_the_extent_open() -> None:
    assert extent(at(0.0), at(0.0, spacing_mm=None)).outcome == "undetermined"
    assert extent(at(0.0), at(200.0, plane="unknown", spacing_mm=None)).outcome == "undetermined"
    assert extent(at(0.0), at(200.0, organ="unknown")).outcome == "undetermined"
    whole = (at(256.0), at(40.0), at(0.0, spacing_mm=None))
    assert extent(*whole).outcome == "pass"


def test_short_stations_that_leave_holes_are_not_taken_for_repeats() -> None:
    found = extent(*(at(z, matrix=(60, 60)) for z in (500.0, 410.0, 320.0, 230.0, 140.0, 50.0)))
    assert (found.outcome, found.measured) == ("fail", 360.0)


@pytest.mark.parametrize(
    ("change", "outcome", "severity"),
    [
        ({}, "pass", "error"),
        ({"tilt_deg": 3.0}, "fail", "warning"),
        ({"planes": 30, "announced_planes": 30}, "fail", "warning"),
        ({"matrix": (200, 200)}, "fail", "warning"),
        ({"spacing_mm": None}, "undetermined", "warning"),
        ({"pixel_mm": None}, "undetermined", "warning"),
        ({"matrix": None}, "undetermined", "warning"),
        ({"frame_of_reference": "1.2.3.7"}, "undetermined", "warning"),
        ({"frame_of_reference": None}, "undetermined", "warning"),
    ],
)
def test_an_adc_map_has_the_geometry_of_its_dwi(
    change: dict[str, Any], outcome: str, severity: str
) -> None:
    verdict = judged(T1, DWI, but(ADC, **change), FLAIR)
    (found,) = said(verdict, "adc-pairs-with-dwi")
    assert (found.outcome, found.severity, found.series) == (outcome, severity, "1.2.3.3")


def test_a_missing_adc_map_is_pending_while_images_arrive() -> None:
    (found,) = said(judged(T1, DWI, FLAIR, state="receiving"), "adc-pairs-with-dwi")
    assert (found.outcome, found.severity, found.pending) == ("fail", "error", True)


def test_planes_of_the_sites_own_are_no_fault() -> None:
    own = (but(DWI, plane="coronal"), but(CORD_T2, plane="axial"))
    orbits = but(DWI, weighting="t2", plane="coronal", b_value=None)
    verdict = judged(*STANDARD, CORD_T2, *own, orbits)
    found = [*said(verdict, "axial-plane"), *said(verdict, "sagittal-plane")]
    assert {f.outcome for f in found} == {"pass"}


@pytest.mark.parametrize(
    ("series", "name", "nearest", "says"),
    [
        (but(T1, weighting="t2"), "brain.flair-3d", "1.2.3.4", "weighting t2 instead of flair"),
        (but(T1, organ="cord", weighting="t2"), "brain.flair-3d", None, None),
        (but(T1, weighting="localizer", role="localizer"), "brain.flair-3d", None, None),
    ],
)
def test_the_nearest_miss_is_named_and_no_silly_one(
    series: Any, name: str, nearest: str | None, says: str | None
) -> None:
    found = requirement(judged(T1, DWI, ADC, series), name)
    assert (found.status, found.nearest) == ("missing", nearest)
    assert (found.reason is None) == (says is None)
    assert says is None or (found.reason is not None and says in found.reason.en)


def test_a_t1_after_gadolinium_is_the_nearest_to_the_one_before() -> None:
    found = requirement(judged(but(T1, gadolinium="yes"), *STANDARD[1:]), "brain.t1-3d")
    assert found.nearest == "1.2.3.1"
    assert found.reason is not None
    assert "gadolinium yes" in found.reason.en


@pytest.mark.parametrize("indication", ["dummy-run", "follow-up"])
def test_only_a_dummy_run_must_name_nobody_and_have_a_dicomdir(indication: str) -> None:
    verdict = judge(
        study_of(*STANDARD, identifying=("PatientName",), dicomdir=False),
        EDITION,
        corrections=Corrections.of_indication(indication, "test"),
        state="settled",
    )
    dummy = indication == "dummy-run"
    assert [f.outcome for f in said(verdict, "no-identifying-data")] == ["fail"] * dummy
    assert [f.outcome for f in said(verdict, "dicomdir")] == ["fail"] * dummy
    assert verdict.verdict == ("non_compliant" if dummy else "compliant")


def test_a_measured_angle_is_held_against_the_bicallosal_plane() -> None:
    angle = ImagingMeasurement("1.2.3.2", "bicallosal-angle", -7.0, "deg", "registered")
    study = replace(study_of(*STANDARD), imaging=(angle,))
    found = said(judge(study, EDITION, state="settled"), "bicallosal-plane")
    assert [(f.series, f.outcome) for f in found] == [(None, "pass"), ("1.2.3.2", "fail")]
    assert "7.0°" in found[1].message.en
