"""What is known of a step after several reports, and when all of a study is here."""

from __future__ import annotations

import pytest

from ofsep_node.domain.performed_step import (
    AnnouncedSeries,
    PerformedSeries,
    PerformedStep,
    StepReport,
    StepStatus,
    all_is_here,
    announced_series,
    held_against,
)

BEGUN = StepReport("IN PROGRESS", "1.2", texts=("MS follow-up",))


def step(status: StepStatus, announced: int = 2, arrived: int = 2) -> PerformedStep:
    series = (AnnouncedSeries("1.3", None, announced, arrived),) if announced else ()
    return PerformedStep("1.9", status, series=series)


def test_a_later_report_replaces_what_it_speaks_of() -> None:
    series = (PerformedSeries("1.3", "FLAIR", ("1.4", "1.5")),)
    ended = BEGUN.followed_by(StepReport("COMPLETED", texts=("repeated once",), series=series))
    assert ended == StepReport(
        "COMPLETED", "1.2", texts=("MS follow-up", "repeated once"), series=series
    )


def test_what_is_over_stays_over() -> None:
    over = BEGUN.followed_by(StepReport("DISCONTINUED", reason="ill"))
    assert over.followed_by(StepReport("COMPLETED")).status == "DISCONTINUED"
    assert BEGUN.followed_by(over).status == "DISCONTINUED"


def test_of_what_was_announced_what_came_is_counted() -> None:
    told = StepReport("COMPLETED", series=(PerformedSeries("1.3", None, ("1.4", "1.5", "1.6")),))
    held = held_against(told, "1.9", frozenset({"1.4", "1.6", "1.7"}))
    (series,) = held.series
    assert (series.announced, series.arrived, held.missing) == (3, 2, 1)


def test_a_step_in_progress_announces_nothing_yet() -> None:
    assert announced_series((step("IN PROGRESS"),)) == {}
    assert set(announced_series((step("DISCONTINUED"),))) == {"1.3"}


def test_what_steps_announce_of_one_series_adds_up() -> None:
    first, second = step("COMPLETED", 3, 2), step("COMPLETED", 5, 5)
    (series,) = announced_series((first, second)).values()
    assert (series.announced, series.arrived, series.carried_through) == (8, 7, True)


def test_a_series_of_a_step_that_was_broken_off_was_not_carried_through() -> None:
    told = StepReport("DISCONTINUED", series=(PerformedSeries("1.3", None, ("1.4",)),))
    broken_off = held_against(told, "1.9", frozenset({"1.4"}))
    (series,) = announced_series((broken_off,)).values()
    assert (series.missing, series.carried_through) == (0, False)
    (series,) = announced_series((step("COMPLETED"), broken_off)).values()
    assert not series.carried_through


@pytest.mark.parametrize(
    ("steps", "here"),
    [
        ((), False),
        ((step("COMPLETED"),), True),
        ((step("COMPLETED", 3, 2),), False),
        ((step("COMPLETED", 0),), False),
        ((step("DISCONTINUED"),), False),
        ((step("COMPLETED"), step("IN PROGRESS", 0)), False),
        ((step("COMPLETED"), step("DISCONTINUED")), True),
        ((step("COMPLETED"), step("DISCONTINUED", 3, 2)), False),
    ],
)
def test_all_is_here_when_every_step_is_over_and_nothing_announced_is_missing(
    steps: tuple[PerformedStep, ...],
    here: bool,
) -> None:
    assert all_is_here(steps) == here
