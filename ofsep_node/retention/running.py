"""Drops images unasked, while the node runs."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from ofsep_node.domain.retention import Hold, Rule
from ofsep_node.errors import RecordsError
from ofsep_node.metrics import RetentionMeter
from ofsep_node.pulse import BEATS_EVERY_S, Beat
from ofsep_node.records.database import StatementFailed
from ofsep_node.records.retention import ArchivedStudy
from ofsep_node.retention.dropping import Outcome, Retention
from ofsep_node.retention.files import NotOfTheArchive
from ofsep_node.retention.looking import Look, Schedule

log = structlog.get_logger()

Result = TypeVar("Result")


class Stopped(Exception):
    """The node stops: what is being dropped is gone on with at its next start."""


class Rounds:
    """Looks through the archive again and again. One process, one thread.

    What it is given to drop images must pause by `pause`.
    """

    def __init__(
        self,
        schedule: Schedule,
        archive: Path,
        every_s: float,
        stop: threading.Event,
        beat: Beat = lambda: None,
        meter: RetentionMeter | None = None,
    ) -> None:
        self._schedule = schedule
        self._archive = archive
        self._every_s = every_s
        self._stop = stop
        self._beat = beat
        self._meter = meter or RetentionMeter()
        self._down = False
        self._full = False
        self._refused: set[str] = set()

    def run(self, retention: Retention) -> None:
        """Work until told to stop."""
        with suppress(Stopped):
            while True:
                self.pause(0.0)
                self._attempt(retention)
                self.pause(self._every_s)

    def pause(self, seconds: float) -> None:
        """Wait so long, beating. Raises Stopped."""
        until = time.monotonic() + seconds
        while True:
            self._beat()
            left_s = until - time.monotonic()
            if self._stop.wait(max(0.0, min(left_s, BEATS_EVERY_S))):
                raise Stopped
            if left_s <= BEATS_EVERY_S:
                return

    def _attempt(self, retention: Retention) -> None:
        try:
            self.round(retention)
        except (RecordsError, StatementFailed, OSError) as error:
            if not self._down:
                log.warning("retention.waiting", reason=str(error))
            self._down = True
        else:
            self._down = False

    def round(self, retention: Retention) -> None:
        """Look through the archive once. Raises RecordsError, OSError and Stopped."""
        for uid in retention.unfinished():
            dropped = self._apart(uid, partial(retention.finish, uid))
            if dropped is not None:
                self._meter.dropped(dropped.because, dropped.objects, dropped.size)
        look, held = Look(retention, self._schedule, self._archive), Counter[Hold]()
        for outcome in look.through(partial(self._drop, retention)):
            held.update(outcome.holds)
            if outcome.size:
                self._meter.dropped(outcome.rule.cause, outcome.objects, outcome.size)
        self._say_full(look.measured() if look.excess > 0 else 0, held)
        self._meter.looked(held)

    def _say_full(self, excess: int, held: Counter[Hold]) -> None:
        self._meter.above_watermark(full=excess > 0)
        if excess > 0 and not self._full:
            kept = {hold.value: count for hold, count in held.items()}
            log.warning("archive.full", archive=str(self._archive), excess_bytes=excess, kept=kept)
        self._full = excess > 0

    def _drop(self, retention: Retention, study: ArchivedStudy, rule: Rule) -> Outcome | None:
        self.pause(0.0)
        return self._apart(study.study_instance_uid, partial(retention.drop, study, rule))

    def _apart(self, uid: str, work: Callable[[], Result]) -> Result | None:
        """Work on one study; what is wrong with it alone is said once, and stops no other."""
        try:
            done = work()
        except (RecordsError, OSError, Stopped):
            raise
        except Exception as error:
            if uid not in self._refused and isinstance(error, NotOfTheArchive):
                log.warning("retention.refused", study=uid, reason=str(error))
            elif uid not in self._refused:
                log.exception("retention.unexpected", study=uid)
            self._refused.add(uid)
            return None
        self._refused.discard(uid)
        return done
