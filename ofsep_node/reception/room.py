"""Whether the disk has room for what a new association may bring."""

from __future__ import annotations

import threading
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from ofsep_node.disk import space_at

_MEGABYTE = 1 << 20


class Room:
    """Watches the disk of the spool, below a watermark of megabytes that must stay free.

    What is told to the log is told when it changes, once by each receiver.
    """

    def __init__(self, spool: Path, minimum_free_mb: int, log: FilteringBoundLogger) -> None:
        self._spool = spool
        self._minimum_mb = minimum_free_mb
        self._log = log
        self._low = False
        self._lock = threading.Lock()

    def is_low(self) -> bool:
        """Whether less is free than must stay free; asked for each association."""
        free_mb = _free_mb(self._spool)
        low = free_mb is not None and free_mb < self._minimum_mb
        with self._lock:
            changed, self._low = low != self._low, low
        if changed:
            self._tell(free_mb, low=low)
        return low

    def _tell(self, free_mb: int | None, *, low: bool) -> None:
        facts = {"free_mb": free_mb, "minimum_free_mb": self._minimum_mb, "spool": str(self._spool)}
        if low:
            self._log.warning("spool.low", **facts)
        else:
            self._log.info("spool.roomy", **facts)


def _free_mb(folder: Path) -> int | None:
    """What the node may still write; None when the disk does not say, and writing will tell."""
    try:
        return space_at(folder).free // _MEGABYTE
    except OSError:
        return None
