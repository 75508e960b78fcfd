"""Which images may go, as a table, and for everything that the table is made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofsep_node.domain.retention import Hold, Rule, Standing, Watermark
from ofsep_node.domain.verdict import State

AT = datetime(2026, 11, 23, tzinfo=UTC)
FREE = Standing("settled", AT - timedelta(days=31))
RULE = Rule("age", timedelta(days=30))


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, ()),
        ({"state": "reported"}, ()),
        ({"state": "receiving"}, (Hold.RECEIVING,)),
        ({"being_sent": True}, (Hold.SENDING,)),
        ({"commitments": 1}, (Hold.COMMITMENT,)),
        ({"reports": 2}, (Hold.REPORT,)),
        (
            {"state": "receiving", "being_sent": True, "commitments": 1, "reports": 1},
            tuple(Hold),
        ),
    ],
)
def test_what_keeps_the_images_of_an_old_study(
    changes: dict[str, Any], holds: tuple[Hold, ...]
) -> None:
    standing = replace(FREE, **changes)
    assert standing.holds == holds
    assert RULE.drops(standing, AT) == (not holds)


@pytest.mark.parametrize(("days", "drops"), [(29.99, False), (30, True), (300, True)])
def test_a_study_is_over_its_time_so_long_after_its_last_image(days: float, drops: bool) -> None:
    standing = replace(FREE, last_received_at=AT - timedelta(days=days))
    assert RULE.drops(standing, AT) is drops


@given(
    state=st.sampled_from(get_args(State)),
    age=st.timedeltas(timedelta(), timedelta(days=10_000)),
    after=st.timedeltas(timedelta(), timedelta(days=10_000)),
    being_sent=st.booleans(),
    commitments=st.integers(0, 3),
    reports=st.integers(0, 3),
    cause=st.sampled_from(["age", "watermark", "request"]),
)
def test_nothing_goes_that_is_received_asked_for_or_to_be_told(
    state: State,
    age: timedelta,
    after: timedelta,
    being_sent: bool,
    commitments: int,
    reports: int,
    cause: Any,
) -> None:
    standing = Standing(state, AT - age, being_sent, commitments, reports)
    needed = state == "receiving" or being_sent or commitments > 0 or reports > 0
    assert Rule(cause, after).drops(standing, AT) == (age >= after and not needed)


@pytest.mark.parametrize(("free", "excess"), [(100, 0), (10, 0), (9, 11), (0, 20), (50, 0)])
def test_room_is_made_above_the_high_mark_down_to_the_low_one(free: int, excess: int) -> None:
    assert Watermark(high=90, low=80).excess(free=free, total=100) == excess


@given(
    total=st.integers(1, 1 << 50),
    part=st.floats(0, 1),
    low=st.floats(1, 98),
    above=st.floats(0.5, 1),
)
def test_what_is_dropped_leads_below_the_low_mark_and_no_further(
    total: int, part: float, low: float, above: float
) -> None:
    filled = int(total * part)
    excess = Watermark(high=low + above, low=low).excess(free=total - filled, total=total)
    assert 0 <= excess <= filled
    if excess:
        assert (filled - excess - 1) * 100 <= low * total + 100
        assert filled * 100 > (low + above) * total
