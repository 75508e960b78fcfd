"""The scorecard: what it must show, and that it shows what the program does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ofsep_node.simulate import FAULTS, VENDORS, planned
from tests.scorecard.examinations import clean_requests, faults_of
from tests.scorecard.page import GOOD, PAGE, count, page
from tests.scorecard.scores import (
    Scores,
    clean_scores,
    fault_scores,
    kept,
    real_scores,
    recognition_scores,
)
from tests.scorecard.scoring import silences

RIGHT_FROM = 0.99
AGAIN = "run `make scorecard`, and see what became better or worse"
HALVES = (0, 1)

each_vendor = pytest.mark.parametrize("vendor", VENDORS)


def _half(vendor: str, half: int) -> list[str]:
    return faults_of(vendor)[half::2]


@pytest.mark.slow
@each_vendor
def test_simulated_series_are_recognised(vendor: str) -> None:
    scores = recognition_scores(vendor)
    right, wrong, unknown, _ = count(scores["told"].values())
    assert right >= RIGHT_FROM * (right + wrong + unknown)
    assert scores["falsely met"] == []
    assert scores == kept()["simulated"][vendor]["recognition"], AGAIN


@pytest.mark.slow
@each_vendor
def test_an_examination_without_a_fault_is_compliant(vendor: str) -> None:
    scores = clean_scores(vendor)
    assert scores.keys() == clean_requests(vendor).keys()
    for name, score in scores.items():
        assert (score["false alarms"], score["falsely met"]) == ([], [])
        assert score["verdict"] == _best_verdict(vendor, name), name
    assert scores == kept()["simulated"][vendor]["clean"], AGAIN


def _best_verdict(vendor: str, name: str) -> str:
    """Compliant, unless a series' headers cannot show it: they are silent of planes in 3D."""
    examination = planned(clean_requests(vendor)[name]).examination
    silent = any(
        s.dimension == "3D" and silences(s.vendor or vendor) for s in examination.sequences
    )
    return "undetermined" if silent else "compliant"


@pytest.mark.slow
@pytest.mark.parametrize("half", HALVES)
@each_vendor
def test_every_fault_is_caught_and_nothing_else(vendor: str, half: int) -> None:
    scores = fault_scores(vendor, _half(vendor, half))
    for name, score in scores.items():
        assert score["outcome"] in _acceptable(name, vendor), (name, score)
        assert (score["false alarms"], score["falsely met"]) == ([], []), name
    assert scores == _parts(kept()["simulated"][vendor]["faults"], scores), AGAIN


def _acceptable(name: str, vendor: str) -> set[str]:
    """Only headers that do not say it leave a fault undetermined."""
    return {"undetermined"} if vendor in FAULTS[name].unsaid_by else {*GOOD}


def _parts(scores: Scores, like: Scores) -> dict[str, Any]:
    return {name: scores[name] for name in like}


def test_real_series_are_never_mistaken(real_dicom: Path) -> None:
    scores = real_scores(real_dicom)
    for folder, score in scores.items():
        for how in ("told", "blind"):
            assert "wrong" not in score[how], (folder, how)
        assert score["falsely met"] == score["missed"] == score["false alarms"] == [], folder
    assert scores == kept()["real"], AGAIN


def test_every_fault_is_caught_on_some_vendor() -> None:
    outcomes = Counter(
        name
        for vendor in kept()["simulated"].values()
        for name, score in vendor["faults"].items()
        if score["outcome"] in GOOD
    )
    assert set(outcomes) == set(FAULTS)


def test_the_card_covers_all_vendors_and_faults() -> None:
    simulated = kept()["simulated"]
    assert [*simulated] == [*VENDORS]
    assert all([*simulated[v]["faults"]] == faults_of(v) for v in VENDORS)


def test_the_page_shows_the_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(kept()), AGAIN
