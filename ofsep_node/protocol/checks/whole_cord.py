"""The whole cord, in two or three acquisitions (AQ-4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ofsep_node.domain.measurement import head_foot_span_mm
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome, Severity
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
    bilingual,
    in_frames,
    mm,
    unframed,
)
from ofsep_node.protocol.selector import Selector


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
    extent_mm: Annotated[float, Field(ge=100, le=1000)]
    hole_mm: Annotated[float, Field(ge=0, le=100)]
    station_mm: Annotated[float, Field(ge=1, le=500)]
    acquisitions: tuple[Annotated[int, Field(ge=1, le=20)], Annotated[int, Field(ge=1, le=20)]]
    acquisitions_severity: Severity

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing without a series of the cord of the kind asked for."""
        found = [s for s in study.series if self.series.accepts(s.identity)]
        likeness = frozenset(s.key for s in found)
        return (replace(seen, likeness=likeness) for seen in self._observe(study, found))

    def _observe(self, study: JudgedStudy, found: Sequence[JudgedSeries]) -> Iterator[Observation]:
        if not found:
            return
        acquired = [s for s in found if s.identity.role != "composed"]
        shown = acquired or found
        unplaced = [s for s in shown if not _spans(s.facts)]
        unplaced += [s for s in study.series if self._may_be_one(s)]
        groups = in_frames(shown)
        stations = [self._stations(group) for group in groups]
        yield self._extent(stations, shown, unplaced)
        if not acquired:
            yield self._uncounted()
        elif not unplaced:
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

    def _extent(
        self,
        frames: Sequence[Sequence[Station]],
        shown: Sequence[JudgedSeries],
        unplaced: Sequence[JudgedSeries],
    ) -> Observation:
        """Stations are held against each other within one frame of reference.

        Of several, no more can be covered than all of them laid end to end.
        """
        whole = next((f for f in frames if self._is_whole(f)), None)
        if whole is not None:
            return self._covered([whole], "pass")
        if unplaced:
            return self._unplaced(unplaced)
        if len(frames) > 1 and sum(map(_union_mm, frames)) >= self.extent_mm:
            return self._in_frames(shown)
        return self._covered(frames, "fail")

    def _is_whole(self, stations: Sequence[Station]) -> bool:
        return _union_mm(stations) >= self.extent_mm and not self._holes(stations)

    def _covered(self, frames: Sequence[Sequence[Station]], outcome: Outcome) -> Observation:
        covered = round(sum(map(_union_mm, frames)))
        fr = f"Moelle couverte sur {mm(covered)} mm, attendu {mm(self.extent_mm)} mm au moins"
        en = f"Cord covered over {mm(covered)} mm, expected at least {mm(self.extent_mm)} mm"
        for upper, lower, wide in (hole for stations in frames for hole in self._holes(stations)):
            fr += f" ; {mm(wide)} mm manquent entre les séries {upper} et {lower}"
            en += f"; {mm(wide)} mm are missing between series {upper} and {lower}"
        return Observation(
            outcome=outcome,
            measured=float(covered),
            expected=self.extent_mm,
            unit="mm",
            message=bilingual(fr=fr, en=en),
        )

    def _in_frames(self, shown: Sequence[JudgedSeries]) -> Observation:
        why, names = unframed(shown), ", ".join(s.name for s in shown)
        return Observation(
            outcome="undetermined",
            expected=self.extent_mm,
            unit="mm",
            message=Message(
                fr=f"Étendue de la moelle : {why.fr} ({names}), étendue et recouvrement non "
                "vérifiables",
                en=f"Extent of the cord: {why.en} ({names}), extent and overlap cannot be checked",
            ),
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

    def _count(self, frames: Sequence[Sequence[Station]]) -> Observation:
        """What is a station in one frame of reference may be a repeat of one in another."""
        least, most = self.acquisitions
        fewest, count = max(map(len, frames)), sum(map(len, frames))
        outcome: Outcome = "pass" if least <= fewest and count <= most else "fail"
        if outcome == "fail" and fewest <= most and least <= count:
            outcome = "undetermined" if len(frames) > 1 else "fail"
        counted = f"{count}" if fewest == count else f"{fewest}-{count}"
        plural = "" if counted == "1" else "s"
        return Observation(
            outcome=outcome,
            severity=self.acquisitions_severity,
            measured=None if outcome == "undetermined" else float(count),
            expected=f"{least}-{most}",
            unit="acquisitions",
            message=Message(
                fr=f"Moelle en {counted} acquisition{plural}, attendu {least} ou {most}",
                en=f"Cord in {counted} acquisition{plural}, expected {least} or {most}",
            ),
        )

    def _uncounted(self) -> Observation:
        least, most = self.acquisitions
        return Observation(
            outcome="undetermined",
            severity=self.acquisitions_severity,
            expected=f"{least}-{most}",
            unit="acquisitions",
            message=Message(
                fr="Nombre d'acquisitions de la moelle : seule la série composée a été envoyée, "
                "sans ses stations, non vérifiable",
                en="Number of acquisitions of the cord: only the composed series was sent, without "
                "its stations, cannot be checked",
            ),
        )


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
