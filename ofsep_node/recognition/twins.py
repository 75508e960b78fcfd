"""Gadolinium by comparison: one T1 of an examination names an agent that its earlier twin lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ofsep_node.domain.evidence import noted
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.study import RecognisedSeries
from ofsep_node.recognition.said import said

ECHO_TIME_WITHIN_MS = 1.0
"""Twins are the same programme run twice; consoles alter the echo time by less than this."""


def compare_twins(series: Sequence[RecognisedSeries]) -> tuple[RecognisedSeries, ...]:
    """The series of one examination, post-gadolinium T1 made out by their earlier twins.

    Only what `recognise` left unknown is touched: an agent named in one series but not in an
    earlier one of the same organ, dimension, plane and times was given between the two.
    """
    return tuple(_compared(one, series) for one in series)


def _compared(one: RecognisedSeries, series: Sequence[RecognisedSeries]) -> RecognisedSeries:
    identity = one.identity
    if identity.weighting != "t1" or identity.gadolinium != "unknown":
        return one
    if not one.facts.contrast.names_agent:
        return one
    twin = next((s for s in series if _is_earlier_twin(s, one)), None)
    if twin is None:
        return one
    return replace(one, identity=_with_gadolinium(identity, one, twin))


def _with_gadolinium(
    identity: SeriesIdentity, one: RecognisedSeries, twin: RecognisedSeries
) -> SeriesIdentity:
    number = twin.facts.acquisition.series_number
    which = (
        said("an earlier twin") if number is None else said("its earlier twin, series {},", number)
    )
    because = said("names {}, which {} does not", one.facts.contrast.agent or "", which)
    return noted(replace(identity, gadolinium="yes"), because)


def _is_earlier_twin(other: RecognisedSeries, one: RecognisedSeries) -> bool:
    a, b = other.identity, one.identity
    if (a.organ, a.weighting, a.dimension, a.plane) != (b.organ, b.weighting, b.dimension, b.plane):
        return False
    if a.role != "original" or a.gadolinium == "yes" or other.facts.contrast.names_agent:
        return False
    return _earlier(other, one) and _same_echo_time(other, one)


def _earlier(other: RecognisedSeries, one: RecognisedSeries) -> bool:
    first, second = other.facts.acquired_at, one.facts.acquired_at
    return first is not None and second is not None and first[0] < second[0]


def _same_echo_time(other: RecognisedSeries, one: RecognisedSeries) -> bool:
    first, second = other.facts.echo_times_ms, one.facts.echo_times_ms
    return bool(first and second) and abs(first[0] - second[0]) <= ECHO_TIME_WITHIN_MS
