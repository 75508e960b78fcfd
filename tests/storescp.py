"""Storage SCPs to send reports to: DCMTK's, with faults on demand, and one that answers any status."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.presentation import build_context

from tests.ports import free_port
from tests.reception_node import wait_until

AE_TITLE = "PACS"


@dataclass(frozen=True)
class StoreScp:
    """One that listens: its port, and the folder of what it took."""

    port: int
    folder: Path

    def names(self) -> list[str]:
        """The files it took, named by their SOP Instance UIDs."""
        return sorted(path.name for path in self.folder.iterdir())


@contextlib.contextmanager
def storescp(program: str, folder: Path, *faults: str, port: int = 0) -> Iterator[StoreScp]:
    """DCMTK's storescp, for instance with "--refuse"."""
    folder.mkdir(exist_ok=True)
    port = port or free_port()
    process = subprocess.Popen(
        [program, "-od", str(folder), "-aet", AE_TITLE, *faults, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _listens(port), timeout_s=30)
        yield StoreScp(port, folder)
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        time.sleep(0.05)
        return False
    return True


@contextlib.contextmanager
def answering(
    status: int,
    *sop_classes: str,
    comment: str = "",
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, list[UID]]]:
    """A Storage SCP that answers one status to everything; its port, and the UIDs that came.

    `meanwhile` is called while the other side waits for each answer.
    """
    answer = Dataset()
    answer.Status, answer.ErrorComment = status, comment
    came: list[UID] = []

    def store(event: evt.Event) -> Dataset:
        came.append(cast("UID", cast("Any", event.request).AffectedSOPInstanceUID))
        meanwhile()
        return answer

    ae = AE(ae_title=AE_TITLE)
    ae.supported_contexts = [build_context(uid) for uid in sop_classes]
    handlers: list[Any] = [(evt.EVT_C_STORE, store)]
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        yield server.socket.getsockname()[1], came
    finally:
        server.shutdown()
