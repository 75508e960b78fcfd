"""Months since the previous brain or whole-cord examination."""

from __future__ import annotations

from typing import Any

import pytest

from ofsep_node.domain.study import PreviousExamination
from ofsep_node.domain.verdict import Finding
from ofsep_node.protocol import judge
from ofsep_node.protocol.examples import ExampleSeries
from tests.unit.protocol.made import CORD_T2, EDITION, KNEE, STANDARD, but, study_of

STATION = but(CORD_T2, matrix=(256, 256), acquired_at="10:30")
WHOLE_CORD = but(CORD_T2, matrix=(450, 450), acquired_at="10:30")


def earlier(date: str, *parts: Any, whole_cord: bool = False) -> PreviousExamination:
    return PreviousExamination(f"1.2.2.{date}", date, parts or ("brain",), whole_cord)


def found(
    rule: str,
    *previous: PreviousExamination,
    series: tuple[ExampleSeries, ...] = STANDARD,
    date: str | None = "20250314",
) -> Finding:
    verdict = judge(study_of(*series, previous=previous, study_date=date), EDITION, state="settled")
    assert verdict.verdict in {"compliant", "compliant_with_remarks"}
    (finding,) = (f for f in verdict.findings if f.rule == rule)
    assert finding.severity == "info"
    return finding


@pytest.mark.parametrize(
    ("previous", "outcome"),
    [
        ((), "not_applicable"),
        ((earlier("20240320"),), "pass"),
        ((earlier("20240301"),), "pass"),  # within the tolerance
        ((earlier("20230301"),), "fail"),
        ((earlier("20240901"), earlier("20230301")), "pass"),
        ((earlier("20240901", "cord"), earlier("20230301")), "fail"),
        ((earlier("20250601"),), "not_applicable"),  # made later
        ((earlier("2024"),), "not_applicable"),
    ],
)
def test_the_newest_earlier_brain_counts(
    previous: tuple[PreviousExamination, ...], outcome: str
) -> None:
    assert found("brain-interval", *previous).outcome == outcome


def test_without_a_date_of_its_own_it_cannot_be_told() -> None:
    finding = found("brain-interval", earlier("20230301"), date=None)
    assert finding.outcome == "undetermined"
    assert "StudyDate" in finding.message.en


@pytest.mark.parametrize(
    ("previous", "series", "outcome", "sentence"),
    [
        (earlier("20230314", "cord", whole_cord=True), STANDARD, "pass", "FU-1"),
        (earlier("20210314", "cord", whole_cord=True), STANDARD, "fail", "FU-1"),
        (earlier("20210314", "cord"), STANDARD, "not_applicable", "FU-1"),
        (earlier("20240914", "cord", whole_cord=True), (*STANDARD, WHOLE_CORD), "fail", "FU-4"),
        (earlier("20240310", "cord", whole_cord=True), (*STANDARD, WHOLE_CORD), "fail", "FU-4"),
        (earlier("20231201", "cord", whole_cord=True), (*STANDARD, WHOLE_CORD), "pass", "FU-1"),
        (
            earlier("20240914", "cord", whole_cord=True),
            (*STANDARD, but(WHOLE_CORD, matrix=(256, 256))),
            "pass",
            "FU-1",
        ),
        (
            earlier("20240914", "cord", whole_cord=True),
            (*STANDARD, STATION, but(STATION, plane="axial", position_mm=(0.0, 0.0, 450.0))),
            "pass",
            "FU-1",
        ),
    ],
)
def test_a_whole_cord_every_three_years_and_not_every_year(
    previous: PreviousExamination, series: tuple[ExampleSeries, ...], outcome: str, sentence: str
) -> None:
    finding = found("cord-interval", previous, series=series)
    assert (finding.outcome, finding.sentence) == (outcome, sentence)


def test_another_part_of_the_body_has_no_interval() -> None:
    verdict = judge(study_of(KNEE, previous=(earlier("20200101"),)), EDITION, state="settled")
    assert not [f for f in verdict.findings if f.rule.endswith("-interval")]


def test_french_numbers_have_a_comma() -> None:
    assert "6,1 mois" in found("brain-interval", earlier("20240910")).message.fr
