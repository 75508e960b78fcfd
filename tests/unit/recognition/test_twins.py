"""Post-gadolinium T1 made out by comparison with an earlier twin."""

from __future__ import annotations

from typing import Any

from ofsep_node.domain.instance import Contrast
from ofsep_node.domain.study import RecognisedSeries
from ofsep_node.recognition import compare_twins, recognise
from tests.unit.recognition.headers import build
from tests.unit.recognition.sequences import PROTOCOL

MPRAGE = PROTOCOL["siemens mprage"][0]
DOTAREM = Contrast(agent="Dotarem", volume_ml=0.0)


def recognised(acquired_at: str | None, contrast: Contrast, **other: Any) -> RecognisedSeries:
    facts = build(**{**MPRAGE, **other}, acquired_at=acquired_at, contrast=contrast)
    return RecognisedSeries(facts, recognise(facts))


def answers(*series: RecognisedSeries) -> list[str]:
    return [s.identity.gadolinium for s in compare_twins(series)]


def test_an_agent_that_the_earlier_twin_lacks_was_given_between() -> None:
    before = recognised("20240311100000", Contrast(), series_number=4)
    after = recognised("20240311102000", DOTAREM, series_number=9)
    assert answers(after, before) == ["yes", "unknown"]
    settled = compare_twins([before, after])[1].identity
    assert settled.evidence[-1] == "names Dotarem, which its earlier twin, series 4, does not"


def test_an_agent_on_both_tells_nothing() -> None:
    before, after = recognised("20240311100000", DOTAREM), recognised("20240311102000", DOTAREM)
    assert answers(before, after) == ["unknown", "unknown"]


def test_without_times_or_with_a_later_twin_nothing_is_known() -> None:
    assert answers(recognised(None, Contrast()), recognised(None, DOTAREM))[1] == "unknown"
    later, first = recognised("20240311103000", Contrast()), recognised("20240311100000", DOTAREM)
    assert answers(later, first) == ["unknown", "unknown"]


def test_another_sequence_is_no_twin() -> None:
    before = recognised("20240311100000", Contrast(), plane="axial")
    after = recognised("20240311102000", DOTAREM)
    assert answers(before, after) == ["unknown", "unknown"]


def test_what_the_series_says_itself_is_kept() -> None:
    before = recognised("20240311100000", Contrast())
    after = recognised("20240311102000", DOTAREM, series_description="T1 sans gd")
    assert answers(before, after)[1] == "no"
