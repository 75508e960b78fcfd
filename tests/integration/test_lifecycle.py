"""A study's life in the records: why it settles, and what opens it again."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from ofsep_node.domain.verdict import State
from ofsep_node.intake.judging import Judging
from ofsep_node.intake.review import Person, Reviewing
from ofsep_node.protocol import load_edition
from ofsep_node.records import queries
from ofsep_node.records.schema import StudyRow
from ofsep_node.records.series import find_series
from tests.intake_node import IntakeNode, t1_slice, uid_of

STUDY = uid_of("study", 1)
FOUR_HOURS = 4 * 3600.0
MARIE = Person("Marie", "it is a T2")


def state(node: IntakeNode) -> str:
    with node.records.reading() as session:
        return queries.study(session, STUDY).state


def because(node: IntakeNode) -> list[str]:
    return [e.details["because"] for e in node.events("study.settled")]


def reported(node: IntakeNode) -> None:
    """A settled study of which every report is delivered."""
    node.send(t1_slice(1))
    node.wait(61)
    with node.records.writing() as session:
        session.get_one(StudyRow, STUDY).state = "reported"


def reviewing(node: IntakeNode) -> Reviewing:
    judging = Judging(load_edition("ofsep-2020"), "en", timedelta(seconds=60))
    return Reviewing(node.records, judging, "elsewhere")


def test_why_a_study_settled_is_told(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.wait(61)

    assert because(node) == ["quiet"]


def test_what_came_while_nobody_listened_keeps_a_study_from_settling(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an outage of the database: images come, and only the spool knows of them."""
    node.send(t1_slice(1))
    node.spooled([t1_slice(2)])
    later = time.monotonic() + 61
    node.now += timedelta(seconds=61)
    monkeypatch.setattr("time.monotonic", lambda: later)
    node.intake.settle()
    assert state(node) == "receiving"
    node.intake.drain()
    node.intake.settle()
    assert state(node) == "receiving"
    node.wait(61)

    assert (state(node), because(node)) == ("settled", ["quiet"])
    assert node.events("study.reopened") == []


def test_a_study_that_never_comes_to_an_end_is_settled_after_the_longest_time(
    node: IntakeNode,
) -> None:
    sending = node.open()
    for number in range(1, 9):
        sending.store(t1_slice(number))
        node.intake.drain()
        node.wait(FOUR_HOURS / 8 - 1)
    assert state(node) == "receiving"
    node.wait(9)

    assert (state(node), because(node)) == ("settled", ["capped"])


def test_the_longest_time_counts_anew_from_the_image_that_opens_a_study_again(
    node: IntakeNode,
) -> None:
    sending = node.open()
    sending.store(t1_slice(1))
    node.intake.drain()
    node.wait(FOUR_HOURS + 1)
    assert because(node) == ["capped"]
    sending.store(t1_slice(2))
    node.intake.drain()
    node.wait(FOUR_HOURS - 1)
    assert (state(node), because(node)) == ("receiving", ["capped"])
    node.wait(2)

    assert because(node) == ["capped", "capped"]


def test_a_reported_study_says_so_and_its_versions_stay_as_they_were(node: IntakeNode) -> None:
    reported(node)
    with node.records.reading() as session:
        newest = queries.newest_verdict(session, STUDY)
        history = queries.verdict_history(session, STUDY)
    assert newest is not None
    assert (newest.state, newest.document["state"]) == ("reported", "reported")
    assert history == [newest]
    node.send(t1_slice(2))
    node.wait(61)

    with node.records.reading() as session:
        states = [v.document["state"] for v in queries.verdict_history(session, STUDY)]
    assert states == ["settled", "settled"]


def test_an_image_opens_a_reported_study_again(node: IntakeNode) -> None:
    reported(node)
    node.send(t1_slice(2))

    assert state(node) == "receiving"
    assert [e.study for e in node.events("study.reopened")] == [STUDY]


@pytest.mark.parametrize("at_first", ["settled", "reported"])
def test_a_correction_that_changes_the_verdict_has_it_reported_again(
    node: IntakeNode, at_first: State
) -> None:
    reported(node)
    with node.records.writing() as session:
        session.get_one(StudyRow, STUDY).state = at_first
    with node.records.reading() as session:
        series = find_series(session, f"{STUDY}/1")
    reviewing(node).pin(series, {"weighting": "t2"}, MARIE)

    assert state(node) == "settled"


def test_judging_again_to_the_same_verdict_leaves_a_study_reported(node: IntakeNode) -> None:
    reported(node)
    review = reviewing(node).rejudge(STUDY, MARIE)

    assert (review.changed, state(node)) == (False, "reported")
