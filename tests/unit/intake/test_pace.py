"""How often a study is judged, and when the intake looks about itself."""

from __future__ import annotations

import pytest

from ofsep_node.intake.judging import PAUSE, Pace
from ofsep_node.intake.rhythm import (
    BEHIND_AT_MOST_S,
    BUSY_AT_MOST_S,
    GATHER_S,
    RETRY_LAST_S,
    SETBACK_LAST_S,
    Rhythm,
    Setbacks,
)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    return moment


def test_a_costly_study_waits_longer(now: list[float]) -> None:
    pace = Pace()
    assert pace.is_due("large")
    pace.judged("large", 2.0)
    pace.judged("small", 0.001)
    pace.waiting |= {"large", "small"}
    now[0] += 0.01
    assert pace.overdue() == ["small"]
    now[0] += 2.0 * PAUSE

    assert sorted(pace.overdue()) == ["large", "small"]


def test_a_judged_study_waits_no_more(now: list[float]) -> None:
    pace = Pace(waiting={"a"})
    pace.judged("a", 1.0)

    assert pace.overdue() == []
    assert now == [1000.0]


def test_nothing_is_kept_of_studies_that_are_due_again(now: list[float]) -> None:
    pace = Pace()
    for number in range(1000):  # another node settles them
        pace.judged(f"study {number}", 0.1)
        now[0] += 0.1

    assert len(pace._due) <= PAUSE + 1


def test_nothing_is_kept_of_what_failed_and_is_gone(now: list[float]) -> None:
    setbacks = Setbacks()
    for number in range(1000):
        setbacks.add(f"object {number}")
        now[0] += SETBACK_LAST_S / 10

    assert len(setbacks._held) <= 11


def test_retries_slow_down_to_a_bound_and_start_again() -> None:
    rhythm = Rhythm(60)
    pauses = [rhythm.retry_s() for _ in range(10)]
    rhythm.worked()

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1], rhythm.retry_s()) == (0.1, RETRY_LAST_S, 0.1)


def test_the_spool_is_looked_through_at_first_and_when_idle(now: list[float]) -> None:
    rhythm = Rhythm(60)
    assert rhythm.scan_is_due(busy=True)
    assert not rhythm.scan_is_due(busy=False)
    now[0] += 3
    assert not rhythm.scan_is_due(busy=True)
    assert rhythm.scan_is_due(busy=False)


def test_a_load_that_never_ends_keeps_nothing_from_settling(now: list[float]) -> None:
    rhythm = Rhythm(60)
    assert rhythm.settling_is_due(busy=True)
    assert rhythm.scan_is_due(busy=True)
    now[0] += 3
    assert not rhythm.settling_is_due(busy=True)
    now[0] += BUSY_AT_MOST_S
    assert rhythm.settling_is_due(busy=True)
    assert rhythm.scan_is_due(busy=True)


def batch(rhythm: Rhythm, now: list[float], seconds: float) -> None:
    rhythm.begins()
    now[0] += seconds
    rhythm.worked()


def test_a_short_batch_is_followed_by_gathering(now: list[float]) -> None:
    rhythm = Rhythm(60)
    batch(rhythm, now, 0.01)
    assert rhythm.gathering_s(busy=False) == pytest.approx(GATHER_S)
    now[0] += GATHER_S
    assert rhythm.gathering_s(busy=False) == 0


def test_after_a_long_batch_the_receivers_have_as_long(now: list[float]) -> None:
    rhythm = Rhythm(60)
    rhythm.gathering_s(busy=False)
    batch(rhythm, now, 0.3)
    assert rhythm.gathering_s(busy=True) == pytest.approx(0.3)


def test_who_is_behind_gathers_no_more_until_caught_up(now: list[float]) -> None:
    rhythm = Rhythm(60)
    rhythm.gathering_s(busy=False)
    batch(rhythm, now, BEHIND_AT_MOST_S + 0.1)
    assert rhythm.gathering_s(busy=True) == 0
    batch(rhythm, now, 0.01)
    assert rhythm.gathering_s(busy=False) == pytest.approx(GATHER_S)


def test_what_a_crash_left_is_emptied_at_full_speed(now: list[float]) -> None:
    rhythm = Rhythm(60)
    batch(rhythm, now, 0.2)
    assert rhythm.gathering_s(busy=True) == 0
