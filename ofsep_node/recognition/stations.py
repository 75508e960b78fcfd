"""A series that the console composed of stations, beside those stations or in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ofsep_node.domain.evidence import noted
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.study import RecognisedSeries
from ofsep_node.recognition.said import said

_FEWEST_STATIONS = 2
"""One alone cannot be all that a series was composed of: the others were not sent."""


def compare_stations(series: Sequence[RecognisedSeries]) -> tuple[RecognisedSeries, ...]:
    """The series of one examination, composed ones made out as derived where stations are there.

    A composed series shows nothing that its stations do not; where they were not all sent it is
    what was acquired of the part of the body.
    """
    return tuple(_compared(one, series) for one in series)


def _compared(one: RecognisedSeries, series: Sequence[RecognisedSeries]) -> RecognisedSeries:
    if one.identity.role != "composed":
        return one
    stations = [s for s in series if _may_be_station(s.identity, one.identity)]
    if len(stations) < _FEWEST_STATIONS:
        return one
    numbers = ", ".join(str(s.facts.acquisition.series_number or "?") for s in stations)
    because = said("its stations were sent (series {})", numbers)
    return replace(one, identity=noted(replace(one.identity, role="derived"), because))


def _may_be_station(station: SeriesIdentity, composed: SeriesIdentity) -> bool:
    if station.role != "original" or station.weighting != composed.weighting:
        return False
    return all(
        getattr(station, name) in (getattr(composed, name), "unknown")
        or getattr(composed, name) == "unknown"
        for name in ("organ", "plane", "gadolinium")
    )
