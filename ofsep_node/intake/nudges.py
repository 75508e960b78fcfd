"""The pipe through which receivers say that something waits in the spool."""

from __future__ import annotations

import fcntl
import math
import os
import select
import threading
import time

_STOP_SEEN_WITHIN_S = 0.2
_LONGEST_LINE = 4_096


class Nudges:
    """Reads the lines `<association-id>/<NNNNNN>.dcm` and `<association-id>`.

    When the pipe is full, receivers go on without a nudge. `overflowed` becomes true when nudges
    may have been lost; whoever sees it looks through the whole spool and sets it back. `until` is
    the time up to which every nudge was read and none was lost, in monotonic seconds.
    """

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.overflowed = False
        self.until = -math.inf
        self._size = fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ)
        self._descriptor: int | None = descriptor
        self._rest = b""

    def wait(self, seconds: float, stop: threading.Event) -> set[str]:
        """The associations named within so many seconds; comes back early with the first."""
        wait_s = min(seconds, _STOP_SEEN_WITHIN_S)
        if self._descriptor is None:
            stop.wait(wait_s)
            return set()
        select.select([self._descriptor], [], [], wait_s)
        at = time.monotonic()
        named = self._read(self._descriptor)
        if self._descriptor is not None and not self.overflowed:
            self.until = at
        return named

    def _read(self, descriptor: int) -> set[str]:
        try:
            data = os.read(descriptor, self._size)
        except BlockingIOError:
            return set()
        if not data:  # every receiver has gone; the spool is still looked through now and then
            self._descriptor = None
            return set()
        # No line is split between two pages: full is a pipe long before it holds its size.
        if len(data) > self._size // 2:
            self.overflowed = True
        return self._associations(data)

    def _associations(self, data: bytes) -> set[str]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            self._rest, self.overflowed = b"", True
        names = (line.partition(b"/")[0].decode("utf-8", "replace") for line in lines)
        return {name for name in names if name}
