"""When the intake looks about itself unasked."""

from __future__ import annotations

import time

RETRY_FIRST_S, RETRY_LAST_S = 0.1, 5.0
SCAN_WHEN_IDLE_S = 2.0
HOUSEKEEPING_S = 1.0
GATHER_S = 0.05
"""Every commit syncs the disk that the receivers sync too: while a study streams in, a batch is
gathered for so long, which nobody waits for and which leaves the disk to the scanner.
"""


class Rhythm:
    """When to look through the spool, when to settle, and how long to wait after a failure."""

    def __init__(self, quiet_period_s: float) -> None:
        self._every_s = min(HOUSEKEEPING_S, quiet_period_s / 4)
        self._next_scan = 0.0
        self._next_settling = 0.0
        self._retry_s = RETRY_FIRST_S
        self._worked_at = 0.0

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

    def gathering_s(self) -> float:
        """How long objects may still be gathered before the next batch, in seconds."""
        return max(0.0, self._worked_at + GATHER_S - time.monotonic())

    def retry_s(self) -> float:
        """How long to wait after a failure, in seconds: a little longer each time."""
        wait_s = self._retry_s
        self._retry_s = min(2 * self._retry_s, RETRY_LAST_S)
        return wait_s

    def worked(self) -> None:
        """A batch is over: the next failure is a first one again."""
        self._retry_s = RETRY_FIRST_S
        self._worked_at = time.monotonic()
