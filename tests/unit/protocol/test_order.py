"""Brain before cord, and one injection for both."""

from __future__ import annotations

import pytest

from ofsep_node.protocol.examples import ExampleSeries
from tests.unit.protocol.made import CORD_T2, FLAIR, STANDARD, T1, but, judged

BRAIN = but(T1, acquired_at="10:00")
CORD = but(CORD_T2, acquired_at="10:30")


def outcome(rule: str, *series: ExampleSeries) -> list[str]:
    return [f.outcome for f in judged(*series).findings if f.rule == rule]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ((), "pass"),
        ((but(CORD, acquired_at="09:30"),), "fail"),
        ((but(CORD, acquired_at=None),), "undetermined"),
        ((but(CORD, organ="unknown", acquired_at="09:30"),), "undetermined"),
        ((but(CORD, acquired_at="10:00"),), "undetermined"),
        ((but(FLAIR, acquired_at=None),), "pass"),
        ((but(FLAIR, acquired_at=None), but(CORD, acquired_at="09:30")), "undetermined"),
        ((but(CORD, weighting="localizer", role="localizer", acquired_at="09:00"),), "pass"),
    ],
)
def test_the_first_series_of_each_part_are_compared(
    others: tuple[ExampleSeries, ...], expected: str
) -> None:
    assert outcome("brain-before-cord", BRAIN, CORD, *others) == [expected]


def test_one_part_alone_has_no_order() -> None:
    assert outcome("brain-before-cord", *STANDARD) == []
    assert outcome("brain-before-cord", CORD) == []


def injected(series: ExampleSeries, acquired: str, **contrast: object) -> ExampleSeries:
    said = {"agent": "Dotarem", **contrast}
    return but(series, weighting="t1", gadolinium="yes", acquired_at=acquired, contrast=said)


@pytest.mark.parametrize(
    ("brain", "cord", "expected"),
    [
        ({"injected_at": "10:05"}, {"injected_at": "10:05"}, "pass"),
        ({"injected_at": "10:05"}, {"injected_at": "10:07"}, "pass"),
        ({"injected_at": "10:05"}, {"injected_at": "10:35"}, "fail"),
        ({"injected_at": "10:05"}, {"injected_at": "10:35", "agent": None}, "fail"),
        ({"injected_at": "10:05"}, {}, "undetermined"),
        ({}, {}, "undetermined"),
        ({}, {"agent": "Gadovist"}, "fail"),
        (
            {"injected_at": "10:05", "volume_ml": 14},
            {"injected_at": "10:05", "volume_ml": 7},
            "undetermined",
        ),
        ({"injected_at": "01:05"}, {"injected_at": "01:05"}, "undetermined"),
    ],
)
def test_one_injection_serves_both(
    brain: dict[str, object], cord: dict[str, object], expected: str
) -> None:
    examination = (injected(BRAIN, "10:10", **brain), injected(CORD, "10:40", **cord))
    assert outcome("single-injection", *examination) == [expected]


def test_a_cord_without_gadolinium_needs_no_injection() -> None:
    assert outcome("single-injection", injected(BRAIN, "10:10"), CORD) == []
