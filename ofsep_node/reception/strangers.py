"""What the log is told of addresses that may not come in: enough to see them, not all they try."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

TOLD_EVERY_S = 60.0
ADDRESSES_KEPT = 256


class Strangers:
    """Tells the log of an address once a minute, however often it is turned away meanwhile."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, tuple[float, int]] = OrderedDict()  # when; how often since
        self._lock = threading.Lock()

    def untold(self, address: str) -> int | None:
        """Count an address that is turned away; None when nothing is to be told of it yet.

        Otherwise how often it was turned away since the log was told of it.
        """
        now = time.monotonic()
        with self._lock:
            told_at, untold = self._told.pop(address, (now - TOLD_EVERY_S, 0))
            is_due = now >= told_at + TOLD_EVERY_S
            self._told[address] = (now, 0) if is_due else (told_at, untold + 1)
            if len(self._told) > ADDRESSES_KEPT:
                self._told.popitem(last=False)
        return untold if is_due else None
