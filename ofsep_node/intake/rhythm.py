"""When the intake looks about itself unasked."""

from __future__ import annotations

import time

RETRY_FIRST_S, RETRY_LAST_S = 0.1, 5.0
SCAN_WHEN_IDLE_S = 2.0
HOUSEKEEPING_S = 1.0


class Rhythm:
    """When to look through the spool, when to settle, and how long to wait after a failure."""

    def __init__(self, quiet_period_s: float) -> None:
        self._every_s = min(HOUSEKEEPING_S, quiet_period_s / 4)
        self._next_scan = 0.0
        self._next_settling = 0.0
        self._retry_s = RETRY_FIRST_S

    def scan_now(self) -> None:
        """Nudges may have been lost."""
        self._next_scan = 0.0

    def scan_is_due(self, *, busy: bool) -> bool:
        """Whether to look through the spool: at first, and whenever nothing else is to do."""
        now = time.monotonic()
        if self._next_scan and (busy or now < self._next_scan):
            return False
        self._next_scan = now + SCAN_WHEN_IDLE_S
        return True

    def settling_is_due(self, *, busy: bool) -> bool:
        """Whether to look for studies that have been quiet; not while objects wait."""
        now = time.monotonic()
        if busy or now < self._next_settling:
            return False
        self._next_settling = now + self._every_s
        return True

    def rest_s(self, *, busy: bool) -> float:
        """How long to wait for a nudge, in seconds."""
        return 0.0 if busy else self._every_s

    def retry_s(self) -> float:
        """How long to wait after a failure, in seconds: a little longer each time."""
        wait_s = self._retry_s
        self._retry_s = min(2 * self._retry_s, RETRY_LAST_S)
        return wait_s

    def worked(self) -> None:
        """The next failure is a first one again."""
        self._retry_s = RETRY_FIRST_S
