"""A receiver to test against, in a thread, on a free port of this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from structlog.testing import LogCapture

from ofsep_node import spool
from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.reception import Access, Entrance, Home, Receiver
from ofsep_node.settings import ReceptionSection, Settings, TLSSection
from tests.found import parts_below


class RunningReceiver:
    """A real `Receiver` and what it did: its spool, its nudges, its log."""

    def __init__(
        self, spool_folder: Path, entrance: Entrance | None = None, **settings: Any
    ) -> None:
        self.spool = spool_folder
        self.nudges: list[str] = []
        self._capture = LogCapture()
        log = structlog.wrap_logger(None, processors=[self._capture])
        tls = TLSSection(**{"port": 0, **settings.pop("tls", {})})
        section = ReceptionSection(**{"host": "127.0.0.1", "port": 0, **settings})
        self.settings = Settings(reception=section, tls=tls)
        self.entrance = entrance or Entrance.open(section, tls)
        self.receiver = Receiver(
            section,
            Home("node-1", spool_folder, spool_folder.with_name(f"{spool_folder.name}-steps")),
            self.entrance,
            Access.read(self.settings),
            nudge=self.nudges.append,
            log=log,
        )
        self.beats = 0
        self._thread = threading.Thread(
            target=self.receiver.serve_forever, args=(self._beat,), daemon=True
        )
        self._thread.start()

    def _beat(self) -> None:
        self.beats += 1

    def stop(self, timeout_s: float = 0.0) -> None:
        self.receiver.drain(timeout_s)
        self._thread.join(60)
        assert not self._thread.is_alive(), "the receiver did not stop"
        self.entrance.close()

    @property
    def port(self) -> int:
        port = self.entrance.port
        assert port is not None
        return port

    @property
    def tls_port(self) -> int:
        port = self.entrance.tls_port
        assert port is not None
        return port

    def is_running(self) -> bool:
        return self._thread.is_alive()

    def events(self, name: str) -> list[dict[str, Any]]:
        return [dict(entry) for entry in self._capture.entries if entry["event"] == name]

    def objects(self) -> list[Path]:
        """Stored objects of all associations, in order."""
        return [
            path
            for association in spool.associations(self.spool)
            for path in spool.stored_objects(self.spool, association)
        ]

    def parts(self) -> list[Path]:
        return parts_below(self.spool)

    def closed(self) -> list[spool.AssociationClosed]:
        """How each association ended; waits until all have."""
        wait_until(lambda: all(self._closed_or_none()))
        return [closed for closed in self._closed_or_none() if closed is not None]

    def _closed_or_none(self) -> list[spool.AssociationClosed | None]:
        return [spool.read_closed(self.spool, name) for name in spool.associations(self.spool)]


def wait_until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


def data_set(path: Path) -> bytes:
    """The bytes of a DICOM file's data set."""
    with path.open("rb") as file:
        file.seek(data_set_offset(file))
        return file.read()
