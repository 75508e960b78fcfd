"""Which studies are over their time now, and which go beside them to make room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ofsep_node.disk import Space, space_at
from ofsep_node.domain.retention import Rule, Watermark
from ofsep_node.records.retention import ArchivedStudy
from ofsep_node.retention.dropping import Outcome, Retention
from ofsep_node.settings import RetentionSection

Act = Callable[[ArchivedStudy, Rule], Outcome | None]
"""Drops the images of a study, or says what would become of them; None when that failed."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which images go: by a rule, and above a watermark those of a certain age."""

    rule: Rule | None = None
    watermark: Watermark | None = None
    at_least: timedelta = timedelta()

    @classmethod
    def of(cls, settings: RetentionSection) -> Schedule:
        """What the settings say."""
        high, low = settings.high_percent, settings.low_percent
        return cls(
            rule=Rule("age", timedelta(days=settings.days)) if settings.days else None,
            watermark=Watermark(high, low) if high else None,
            at_least=timedelta(days=settings.at_least_days),
        )


class Look:
    """One look through the archive.

    `excess` is how many bytes the disk holds too many, as far as is known: it is looked at when
    the first studies have gone. Where a file system gives room back late, no more is dropped for
    that. A look that drops nothing is `dry`, and counts what would have gone.
    """

    def __init__(
        self,
        retention: Retention,
        schedule: Schedule,
        archive: Path,
        *,
        dry: bool = False,
        space: Callable[[Path], Space] = space_at,
    ) -> None:
        self.excess = 0
        self._retention = retention
        self._schedule = schedule
        self._archive = archive
        self._dry = dry
        self._space = space

    def through(self, act: Act) -> Iterator[Outcome]:
        """What becomes of each study, one after the other. Raises RecordsError and OSError."""
        past, freed = None, 0
        if self._schedule.rule is not None:
            for past in self._retention.over_time(self._schedule.rule):
                outcome = act(past, self._schedule.rule)
                if outcome is not None:
                    freed += outcome.size
                    yield outcome
        if self._schedule.watermark is not None:
            self.excess = self.measured() - (freed if self._dry else 0)
            yield from self._for_room(past, act)

    def measured(self) -> int:
        """How many bytes the disk holds too many now."""
        if self._schedule.watermark is None:
            return 0
        space = self._space(self._archive)
        return self._schedule.watermark.excess(free=space.free, total=space.total)

    def _for_room(self, past: ArchivedStudy | None, act: Act) -> Iterator[Outcome]:
        """Until no byte is too many, those of longest ago first."""
        rule = Rule("watermark", self._schedule.at_least)
        studies = self._retention.over_time(rule, past)
        while self.excess > 0:
            study = next(studies, None)
            if study is None:
                return
            outcome = act(study, rule)
            if outcome is not None:
                self.excess -= outcome.size
                yield outcome
