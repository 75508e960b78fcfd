"""Series that a hospital adds to the protocol's: shown, and not held against the examination."""

from __future__ import annotations

import pytest

from ofsep_node.domain.verdict import Finding
from ofsep_node.protocol.examples import ExampleSeries
from tests.unit.protocol.made import FLAIR, REDUCED, STANDARD, T1, but, findings, judged

FLAIR_2D = but(FLAIR, dimension="2D", plane="axial", thickness_mm=5.0, spacing_mm=5.0)
T1_2D = but(
    T1, dimension="2D", plane="axial", thickness_mm=5.0, spacing_mm=5.0, gadolinium="yes",
    contrast={"agent": "Dotarem", "volume_ml": 14, "weight_kg": 70},
)  # fmt: skip
T2_2D = but(FLAIR_2D, weighting="t2")
STIR = but(FLAIR_2D, weighting="stir", plane="coronal")


@pytest.mark.parametrize("extra", [FLAIR_2D, T1_2D, STIR])
def test_a_series_beside_the_protocol_is_not_held_against_it(extra: ExampleSeries) -> None:
    verdict = judged(*STANDARD, extra)
    assert verdict.verdict == "compliant"
    [thickness] = findings(verdict, "thickness-2d", "1.2.3.5")
    assert (thickness.outcome, thickness.severity) == ("fail", "info")
    assert "not a sequence of the protocol" in thickness.message.en
    assert "hors protocole" in thickness.message.fr


def test_an_optional_sequence_keeps_the_specifications() -> None:
    verdict = judged(*STANDARD, T2_2D)
    [thickness] = findings(verdict, "thickness-2d", "1.2.3.5")
    assert (verdict.verdict, thickness.severity) == ("non_compliant", "error")


def test_what_may_have_been_meant_to_be_a_missing_sequence_is_judged() -> None:
    t1, dwi, adc, _ = STANDARD
    verdict = judged(t1, dwi, adc, FLAIR_2D)
    [thickness] = findings(verdict, "thickness-2d", "1.2.3.4")
    assert (thickness.outcome, thickness.severity) == ("fail", "error")


def test_so_is_what_stands_beside_a_spoilt_one() -> None:
    t1, dwi, adc, flair = STANDARD
    verdict = judged(t1, dwi, adc, but(flair, thickness_mm=1.5, spacing_mm=1.5), FLAIR_2D)
    [thickness] = findings(verdict, "thickness-2d", "1.2.3.5")
    assert thickness.severity == "error"


THICK = but(T1, thickness_mm=1.5, spacing_mm=1.5)
DOTAREM = {"agent": "Dotarem", "volume_ml": 14, "weight_kg": 70}


@pytest.mark.parametrize(
    ("extra", "severity"),
    [
        (but(THICK, gadolinium="no"), "info"),
        (but(THICK, gadolinium="unknown"), "info"),  # no header speaks of gadolinium
        (but(THICK, gadolinium="unknown", contrast=DOTAREM), "error"),
        (but(THICK, gadolinium="yes", contrast=DOTAREM), "error"),
    ],
)
def test_what_the_programme_neither_requires_nor_offers_is_beside_it(
    extra: ExampleSeries, severity: str
) -> None:
    verdict = judged(*REDUCED, extra, indication="pml-follow-up")
    [voxel] = findings(verdict, "voxel-3d", "1.2.3.4")
    assert (voxel.outcome, voxel.severity) == ("fail", severity)
    assert verdict.verdict == ("compliant" if severity == "info" else "non_compliant")


def test_it_is_held_against_the_programme_that_requires_it() -> None:
    verdict = judged(*REDUCED, but(THICK, gadolinium="unknown"))
    [voxel] = findings(verdict, "voxel-3d", "1.2.3.4")
    assert (verdict.verdict, voxel.severity) == ("non_compliant", "error")


def test_what_may_be_a_sequence_of_the_protocol_is_judged() -> None:
    unplaced = but(FLAIR_2D, organ="unknown", dimension="unknown")
    verdict = judged(*STANDARD, unplaced)
    assert {f.severity for f in verdict.findings if f.series == "1.2.3.5" and f.troubles} <= {
        "error",
        "warning",
    }


CORD = ExampleSeries(organ="cord", weighting="t2", dimension="2D", planes=15, acquired_at="10:30")


@pytest.mark.parametrize(
    ("rule", "plane"), [("sagittal-plane", "axial"), ("whole-cord", "sagittal")]
)
def test_a_programme_that_asks_for_no_cord_holds_nothing_of_it_against_the_examination(
    rule: str, plane: str
) -> None:
    cord = but(CORD, plane=plane)
    [found] = [f for f in _reduced(cord, rule) if f.outcome == "fail" and f.expected != "2-3"]
    assert found.severity == "info"
    assert "not a sequence of the protocol" in found.message.en
    assert judged(*REDUCED, cord, indication="pml-follow-up").verdict == "compliant"


def test_what_such_a_programme_offers_of_the_cord_keeps_its_plane() -> None:
    [found] = _reduced(but(CORD, weighting="stir"), "sagittal-plane")
    assert (found.outcome, found.severity) == ("pass", "info")


def _reduced(series: ExampleSeries, rule: str) -> list[Finding]:
    verdict = judged(*REDUCED, series, indication="pml-follow-up")
    return [f for f in verdict.findings if f.rule == rule]
