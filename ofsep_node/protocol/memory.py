"""What was found of each series of one examination when it was judged last.

The same facts and the same rules give the same findings: of a growing examination only the series
that grew has to be looked at again. What is remembered never changes a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ofsep_node.domain.verdict import Finding
from ofsep_node.protocol.checks import JudgedSeries
from ofsep_node.protocol.checks.observation import Key
from ofsep_node.protocol.corrections import CorrectedSeries
from ofsep_node.protocol.edition import Edition


@dataclass(frozen=True, slots=True)
class SeriesJudgement:
    """A series with all that is measured of it, and what the rules find of each thing it holds."""

    series: JudgedSeries
    findings: Mapping[Key, tuple[Finding, ...]]


Look = Callable[[], SeriesJudgement]


@dataclass(frozen=True, slots=True)
class _Remembered:
    seen: CorrectedSeries
    edition: Edition
    receiving: bool
    judgement: SeriesJudgement

    def holds_for(self, series: CorrectedSeries, edition: Edition, *, receiving: bool) -> bool:
        """Whether nothing is different: facts are the same object until their series grows."""
        return (
            self.seen.facts is series.facts
            and self.edition is edition
            and self.receiving == receiving
            and self.seen.identity == series.identity
            and self.seen.applied == series.applied
            and self.seen.announced == series.announced
        )


class SeriesMemory:
    """Judgements of the series of one examination, by Series Instance UID."""

    def __init__(self) -> None:
        self._remembered: dict[str, _Remembered] = {}

    def recall(
        self, series: CorrectedSeries, edition: Edition, look: Look, *, receiving: bool
    ) -> SeriesJudgement:
        """What was found before, if it still holds; else what `look` finds."""
        uid = series.facts.series_instance_uid
        known = self._remembered.get(uid)
        if known is not None and known.holds_for(series, edition, receiving=receiving):
            return known.judgement
        judgement = look()
        self._remembered[uid] = _Remembered(series, edition, receiving, judgement)
        return judgement
