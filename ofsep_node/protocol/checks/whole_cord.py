"""The whole cord, in two or three acquisitions (AQ-4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from ofsep_node.domain.measurement import head_foot_span_mm
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity
from ofsep_node.domain.verdict import Message, Severity
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
    bilingual,
    mm,
)
from ofsep_node.protocol.selector import Selector

_COMPOSED = frozenset({"COMPOSED", "COMP_SP", "COMP_AD"})


@dataclass(frozen=True, slots=True)
class Station:
    """One stretch of the cord, and the series that first showed it; mm along the long axis."""

    foot_mm: float
    head_mm: float
    name: str

    @property
    def centre_mm(self) -> float:
        return (self.foot_mm + self.head_mm) / 2


class WholeCord(CheckNumbers):
    """The stations reach over `extent_mm` from foot to head without a hole, in so many acquisitions.

    Stations whose middles are nearer than `station_mm` are repeats of one. A composed series is
    made of stations: it counts only where they were not sent.
    """

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["whole-cord"]
    series: Selector
    extent_mm: PositiveFloat
    hole_mm: NonNegativeFloat
    station_mm: PositiveFloat
    acquisitions: tuple[PositiveInt, PositiveInt]
    acquisitions_severity: Severity

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing without a series of the cord of the kind asked for."""
        found = [s for s in study.series if self.series.accepts(s.identity)]
        if not found:
            return
        acquired = [s for s in found if not _is_composed(s)]
        shown = acquired or found
        unplaced = [s for s in shown if not _spans(s.facts)]
        unplaced += [s for s in study.series if self._may_be_one(s)]
        stations = self._stations(shown)
        yield self._extent(stations, unplaced)
        if acquired and not unplaced:
            yield self._count(stations)

    def asks(self, _: SeriesIdentity) -> Message:
        extent, (fewest, most) = mm(self.extent_mm), self.acquisitions
        return bilingual(
            fr=f"moelle sur {extent} mm au moins, sans lacune, en {fewest} ou {most} acquisitions",
            en=f"cord over at least {extent} mm, without a hole, in {fewest} or {most} acquisitions",
        )

    def _stations(self, series: Sequence[JudgedSeries]) -> list[Station]:
        """From head to foot; a repeat reaches no further than what it repeats and itself."""
        stations: list[Station] = []
        for one in series:
            for foot, head in _spans(one.facts):
                station = Station(foot, head, one.name)
                alike = (n for n, s in enumerate(stations) if self._repeats(s, station))
                at = next(alike, None)
                if at is None:
                    stations.append(station)
                else:
                    old = stations[at]
                    stations[at] = Station(min(old.foot_mm, foot), max(old.head_mm, head), old.name)
        return sorted(stations, key=lambda s: -s.head_mm)

    def _repeats(self, one: Station, other: Station) -> bool:
        overlap = one.foot_mm <= other.head_mm and other.foot_mm <= one.head_mm
        return overlap and abs(one.centre_mm - other.centre_mm) <= self.station_mm

    def _may_be_one(self, series: JudgedSeries) -> bool:
        """Whether it may be a station, but for what its header leaves open."""
        identity = series.identity
        alike = identity.weighting in self.series.weighting
        return alike and self.series.allows(identity) and not self.series.accepts(identity)

    def _extent(self, stations: Sequence[Station], unplaced: Sequence[JudgedSeries]) -> Observation:
        covered, holes = _union_mm(stations), self._holes(stations)
        whole = covered >= self.extent_mm and not holes
        if unplaced and not whole:
            return self._unplaced(unplaced)
        fr = (
            f"Moelle couverte sur {mm(round(covered))} mm, attendu {mm(self.extent_mm)} mm au moins"
        )
        en = f"Cord covered over {mm(round(covered))} mm, expected at least {mm(self.extent_mm)} mm"
        for upper, lower, wide in holes:
            fr += f" ; {mm(wide)} mm manquent entre les séries {upper} et {lower}"
            en += f"; {mm(wide)} mm are missing between series {upper} and {lower}"
        return Observation(
            outcome="pass" if whole else "fail",
            measured=float(round(covered)),
            expected=self.extent_mm,
            unit="mm",
            message=bilingual(fr=fr, en=en),
        )

    def _holes(self, stations: Sequence[Station]) -> list[tuple[str, str, float]]:
        """Stations, the higher first, that leave so many mm between them."""
        holes, reached = [], stations[0] if stations else None
        for lower in stations[1:]:
            if reached is not None and reached.foot_mm - lower.head_mm > self.hole_mm:
                holes.append((reached.name, lower.name, reached.foot_mm - lower.head_mm))
            if reached is None or lower.foot_mm < reached.foot_mm:
                reached = lower
        return holes

    def _unplaced(self, series: Sequence[JudgedSeries]) -> Observation:
        names = ", ".join(s.name for s in series)
        needed = "ImagePositionPatient, ImageOrientationPatient, PixelSpacing"
        return Observation(
            outcome="undetermined",
            expected=self.extent_mm,
            unit="mm",
            message=Message(
                fr=f"Étendue de la moelle : {needed} ou la région explorée manque dans "
                f"l'en-tête ({names}), non vérifiable",
                en=f"Extent of the cord: {needed} or the part of the body is not in "
                f"the header ({names}), cannot be checked",
            ),
        )

    def _count(self, stations: Sequence[Station]) -> Observation:
        least, most = self.acquisitions
        count = len(stations)
        return Observation(
            outcome="pass" if least <= count <= most else "fail",
            severity=self.acquisitions_severity,
            measured=float(count),
            expected=f"{least}-{most}",
            unit="acquisitions",
            message=Message(
                fr=f"Moelle en {count} acquisition(s), attendu {least} ou {most}",
                en=f"Cord in {count} acquisition(s), expected {least} or {most}",
            ),
        )


def _is_composed(series: JudgedSeries) -> bool:
    return series.identity.role == "derived" or bool(_COMPOSED & {*series.facts.image_type})


def _spans(facts: SeriesFacts) -> list[tuple[float, float]]:
    """The stretch each volume shows; a series may hold several stations."""
    found = (head_foot_span_mm(v) for v in facts.volumes)
    return [span for span in found if span is not None]


def _union_mm(stations: Sequence[Station]) -> float:
    total, reached = 0.0, float("inf")
    for station in stations:
        top = min(station.head_mm, reached)
        total += max(0.0, top - station.foot_mm)
        reached = min(reached, station.foot_mm)
    return total
