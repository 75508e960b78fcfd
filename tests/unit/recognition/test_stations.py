"""A composed spine beside its stations, and without them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ofsep_node.domain.study import RecognisedSeries
from ofsep_node.recognition import compare_series, recognise
from tests.unit.protocol.made import CORD_T2, recognised

STATION = recognised(CORD_T2, 1)
BELOW = recognised(CORD_T2, 3)
COMPOSED = replace(
    recognised(CORD_T2, 2), identity=replace(recognised(CORD_T2, 2).identity, role="composed")
)


def other(**identity: Any) -> RecognisedSeries:
    return replace(STATION, identity=replace(STATION.identity, **identity))


@pytest.mark.parametrize("token", ["COMPOSED", "COMP_SP", "COMP_AD"])
def test_the_image_type_tells_a_composed_series(token: str) -> None:
    facts = replace(STATION.facts, image_type=("DERIVED", "SECONDARY", "M", token))
    identity = recognise(facts)
    assert identity.role == "composed"
    assert f"ImageType {token}: composed of stations" in identity.evidence


def test_a_maximum_projection_of_a_composed_series_is_derived() -> None:
    facts = replace(STATION.facts, image_type=("DERIVED", "SECONDARY", "MIP", "COMPOSED"))
    assert recognise(facts).role == "derived"


def test_beside_its_stations_it_is_derived_and_says_so() -> None:
    station, composed, _ = compare_series([STATION, COMPOSED, BELOW])
    assert station == STATION
    assert composed.identity.role == "derived"
    assert composed.identity.evidence[-1].startswith("its stations were sent")


@pytest.mark.parametrize("unknown", ["organ", "plane", "gadolinium"])
def test_what_may_be_a_station_of_it_is_one(unknown: str) -> None:
    _, composed, _ = compare_series([other(**{unknown: "unknown"}), COMPOSED, BELOW])
    assert composed.identity.role == "derived"


def test_one_station_is_not_all_that_it_was_composed_of() -> None:
    assert compare_series([STATION, COMPOSED]) == (STATION, COMPOSED)


@pytest.mark.parametrize(
    "identity",
    [{"organ": "brain"}, {"weighting": "stir"}, {"plane": "axial"}, {"role": "derived"},
     {"gadolinium": "yes"}],
)  # fmt: skip
def test_no_other_series_is_a_station_of_it(identity: dict[str, str]) -> None:
    _, composed, _ = compare_series([other(**identity), COMPOSED, other(**identity)])
    assert composed == COMPOSED
