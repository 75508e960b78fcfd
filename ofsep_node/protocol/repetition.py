"""A sequence that was repeated: what a good repeat makes up for is no longer held against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ofsep_node.domain.measurement import head_foot_centre_mm
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Finding, Message
from ofsep_node.protocol.checks.observation import JudgedSeries, Key
from ofsep_node.protocol.selector import UNKNOWN

SeriesFindings = Mapping[Key, tuple[Finding, ...]]

SAME_STATION_MM = 100.0
"""A repeat after the patient moved is nearer than this to what it repeats; a station is further."""


def forgive_repeated(
    series: Sequence[JudgedSeries], findings: SeriesFindings
) -> dict[Key, tuple[Finding, ...]]:
    """Findings of each series, those of a series that was repeated well being informative only.

    Without this a technologist who repeats a spoilt sequence could never make the examination
    compliant.
    """
    good = [s for s in series if not _spoilt(s, findings)]
    forgiven = {}
    for one in series:
        found = findings[one.key]
        repeat = next((s for s in good if _repeats(s, one)), None)
        if repeat is not None and _spoilt(one, findings):
            found = tuple(_forgive(f, repeat) if f.troubles else f for f in found)
        forgiven[one.key] = found
    return forgiven


def _repeats(good: JudgedSeries, spoilt: JudgedSeries) -> bool:
    kind = _kind(spoilt.identity)
    if UNKNOWN in kind or kind != _kind(good.identity):
        return False
    if spoilt.identity.gadolinium != good.identity.gadolinium:
        return False
    return spoilt.identity.organ != "cord" or _same_station(good, spoilt)


def _same_station(a: JudgedSeries, b: JudgedSeries) -> bool:
    """The cord is imaged in two or three stations, none of which is a repeat of another.

    In two frames of reference nothing tells a repeat from a station.
    """
    if not a.facts.shares_frame_with(b.facts):
        return False
    first, second = (head_foot_centre_mm(s.facts.main_volume) for s in (a, b))
    if first is None or second is None:
        return False
    return abs(first - second) <= SAME_STATION_MM


def _kind(identity: SeriesIdentity) -> tuple[str, ...]:
    return (
        identity.organ,
        identity.weighting,
        identity.dimension,
        identity.plane,
        identity.role,
    )


def _spoilt(series: JudgedSeries, findings: SeriesFindings) -> bool:
    found = findings[series.key]
    return any(f.troubles and f.severity == "error" for f in found)


def _forgive(finding: Finding, repeat: JudgedSeries) -> Finding:
    number = repeat.facts.acquisition.series_number
    said = finding.message
    return replace(
        finding,
        severity="info",
        message=Message(
            fr=f"{said.fr} (séquence refaite : la série {number} est conforme)",
            en=f"{said.en} (sequence repeated: series {number} is good)",
        ),
    )
