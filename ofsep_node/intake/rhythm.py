"""When the intake looks about itself unasked."""

from __future__ import annotations

import time

RETRY_FIRST_S, RETRY_LAST_S = 0.1, 5.0
SCAN_WHEN_IDLE_S = 2.0
HOUSEKEEPING_S = 1.0
BUSY_AT_MOST_S = 10.0
"""Under a load that never ends, the spool is looked through and studies settle all the same."""

SETBACK_FIRST_S, SETBACK_LAST_S = 1.0, 300.0
GATHER_S = 0.05
"""Every commit syncs the disk that the receivers sync too: while a study streams in, a batch is
gathered for so long, which nobody waits for and which leaves the disk to the scanner. After a
batch that took longer, as long as that: in a burst, half of the time is the scanner's alone.
"""

BEHIND_AT_MOST_S = 1.0
"""Who falls further behind gathers no more: a spool that fills for hours is emptied at full speed."""


class Setbacks:
    """What failed for a reason of its own: left alone for a while, longer each time."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, float]] = {}  # until when; for how long, in seconds

    def __contains__(self, name: str) -> bool:
        """Whether it is to be left alone now."""
        until, _ = self._held.get(name, (0.0, 0.0))
        return time.monotonic() < until

    def add(self, name: str) -> bool:
        """Leave it alone for a while; True at the first time, when it is worth a line."""
        now = time.monotonic()
        _, last_s = self._held.get(name, (0.0, 0.0))
        wait_s = min(2 * last_s, SETBACK_LAST_S) or SETBACK_FIRST_S
        # What was not tried again for so long after its time is gone, and would be held for ever.
        self._held = {n: h for n, h in self._held.items() if now < h[0] + SETBACK_LAST_S}
        self._held[name] = (now + wait_s, wait_s)
        return not last_s

    def discard(self, name: str) -> None:
        """It went well."""
        self._held.pop(name, None)


class Rhythm:
    """When to look through the spool, when to settle, and how long to wait after a failure."""

    def __init__(self, quiet_period_s: float) -> None:
        self._every_s = min(HOUSEKEEPING_S, quiet_period_s / 4)
        self._next_scan = 0.0
        self._next_settling = 0.0
        self._retry_s = RETRY_FIRST_S
        self._began_at = self._worked_at = self._caught_up_at = 0.0

    def scan_is_due(self, *, busy: bool) -> bool:
        """Whether to look through the spool: at first, and whenever nothing else is to do."""
        now = time.monotonic()
        if self._next_scan and now < self._next_scan + (BUSY_AT_MOST_S if busy else 0.0):
            return False
        self._next_scan = now + SCAN_WHEN_IDLE_S
        return True

    def settling_is_due(self, *, busy: bool) -> bool:
        """Whether to look for studies that have been quiet; seldom while objects wait."""
        now = time.monotonic()
        if now < self._next_settling + (BUSY_AT_MOST_S if busy else 0.0):
            return False
        self._next_settling = now + self._every_s
        return True

    def rest_s(self, *, busy: bool) -> float:
        """How long to wait for a nudge, in seconds."""
        return 0.0 if busy else self._every_s

    def gathering_s(self, *, busy: bool) -> float:
        """How long objects may still be gathered before the next batch, in seconds."""
        now = time.monotonic()
        if not busy:
            self._caught_up_at = now
        if now > self._caught_up_at + BEHIND_AT_MOST_S:
            return 0.0
        pause_s = max(GATHER_S, self._worked_at - self._began_at)
        return max(0.0, self._worked_at + pause_s - now)

    def retry_s(self) -> float:
        """How long to wait after a failure, in seconds: a little longer each time."""
        wait_s = self._retry_s
        self._retry_s = min(2 * self._retry_s, RETRY_LAST_S)
        return wait_s

    def begins(self) -> None:
        """A batch begins."""
        self._began_at = time.monotonic()

    def worked(self) -> None:
        """The batch is over: the next failure is a first one again."""
        self._retry_s = RETRY_FIRST_S
        self._worked_at = time.monotonic()
