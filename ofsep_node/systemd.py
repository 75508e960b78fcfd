"""What the node tells the service manager that started it (sd_notify(3), sd_watchdog_enabled(3)).

One datagram each to the socket that the environment names; without one, nothing is told.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from typing import Self

_MICROSECONDS = 1_000_000


class ServiceNotices:
    """Tells that the node is ready, reloads, stops, and still is well."""

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.heartbeat_s = watchdog_s / 2  # half of what is allowed, as sd_watchdog_enabled advises
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """As the environment of a service says; WATCHDOG_PID names the process it is for."""
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        allowed = environment.get("WATCHDOG_USEC", "") if ours else ""
        watchdog_s = int(allowed) / _MICROSECONDS if allowed.isdecimal() else 0.0
        return cls(environment.get("NOTIFY_SOCKET", ""), watchdog_s)

    def ready(self, status: str = "") -> None:
        """The node has started, or has reloaded; without a new status the last one stands."""
        self._tell("READY=1", *([f"STATUS={status}"] if status else []))

    def reloading(self) -> None:
        """The node reads its files anew; `ready` says when it has."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={now}")

    def stopping(self) -> None:
        """The node drains."""
        self._tell("STOPPING=1", "STATUS=Finishing what is arriving")

    def well(self) -> None:
        """All parts of the node live and work."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if self._address:
            with contextlib.suppress(OSError):  # nobody hears it: the node goes on
                self._socket.sendto("\n".join(lines).encode(), self._address)
