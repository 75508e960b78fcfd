"""Gadolinium: negatives first, the agent alone is not enough, the injection's time counts."""

from __future__ import annotations

import pytest

from ofsep_node.domain.instance import Contrast
from ofsep_node.recognition.contrast import gadolinium_of
from tests.unit.recognition.headers import build


@pytest.mark.parametrize(
    ("description", "answer"),
    [
        ("T1 3D SANS GD", "no"),
        ("T1 sans injection", "no"),
        ("T1 sans contraste", "no"),
        ("T1 sans gado", "no"),
        ("T1 pre gd", "no"),
        ("T1 avant injection", "no"),
        ("T1 non injecté", "no"),
        ("T1 W/O CONTRAST", "no"),
        ("T1 3D GADO", "yes"),
        ("T1 avec gd", "yes"),
        ("SAG T1 +Gd", "yes"),
        ("AX T1+C", "yes"),
        ("T1 GD+", "yes"),
        ("T1 post gd", "yes"),
        ("T1 après injection", "yes"),
        ("T1_MPRAGE_POST", "yes"),
        ("T1 Dotarem", "yes"),
        ("T1 injectée", "yes"),
        ("T1 sans et avec injection", "unknown"),
        ("T2 fosse post", "unknown"),
        ("T1 3D sag", "unknown"),
        ("post processing", "unknown"),
        ("T1W C-SPINE", "unknown"),
        ("T1 W C-SPINE", "unknown"),
    ],
)
def test_words(description: str, answer: str) -> None:
    assert gadolinium_of(build(series_description=description)).claim == answer


@pytest.mark.parametrize(
    ("contrast", "answer"),
    [
        (Contrast(), "unknown"),
        (Contrast(agent="NONE"), "no"),
        (Contrast(agent="NO"), "no"),
        (Contrast(agent="Dotarem 14ml", volume_ml=0.0), "unknown"),
        (Contrast(agent="Omniscan", volume_ml=6.0), "yes"),
        (Contrast(volume_ml=0.0, total_dose_ml=0.0), "unknown"),
        (Contrast(administered="YES"), "yes"),
        (Contrast(agent="Gadovist", administered="NO"), "no"),
    ],
)
def test_the_agent(contrast: Contrast, answer: str) -> None:
    assert gadolinium_of(build(contrast=contrast)).claim == answer


@pytest.mark.parametrize(
    ("start", "acquired", "answer"),
    [
        ("101500", "20240311102000.000000", "yes"),
        ("101500.000", "20240311100000.000000", "no"),
        ("235500", "20240312000500.000000", "unknown"),  # midnight came between
        ("000500", "20240311235500.000000", "unknown"),
        ("not a time", "20240311102000", "unknown"),
        ("101500", None, "unknown"),
    ],
)
def test_the_time_of_the_injection(start: str, acquired: str | None, answer: str) -> None:
    series = build(contrast=Contrast(agent="Dotarem", start_time=start), acquired_at=acquired)
    assert gadolinium_of(series).claim == answer


def test_words_against_the_agent_are_kept_as_contradicted() -> None:
    series = build(series_description="T1 sans gd", contrast=Contrast(agent="Gadovist"))
    conclusion = gadolinium_of(series)
    assert conclusion.claim == "no"
    assert any(
        e.en.startswith("against: ContrastBolusAgent names Gadovist") for e in conclusion.evidence
    )
    assert conclusion.confidence < 0.85
