"""Storage SCPs to measure, each started as its own documentation says and given TCP_NODELAY=1.

Without TCP_NODELAY, DCMTK 3.6.7 and Orthanc 1.10 answer 15 to 20 images a second on the loopback:
Nagle's algorithm waits for a delayed acknowledgement.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.node import RunningNode
from tests.ports import free_port

ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}

Peer = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Running:
    """A receiver that listens, and the process its others descend from."""

    port: int
    process: int
    ae_title: str = "OFSEP_NODE"
    node: RunningNode | None = None

    def processes(self) -> list[psutil.Process]:
        """All of its processes, forked ones included."""
        first = psutil.Process(self.process)
        return [first, *first.children(recursive=True)]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A kind of receiver: `start` runs one in a new folder."""

    name: str
    start: Callable[[Path], contextlib.AbstractContextManager[Running]]


def ofsep_node() -> Receiver:
    """This node as it comes: synced, recorded, judged."""
    return Receiver("ofsep-node", _ofsep_node)


def storescp(peer: Peer, *options: str) -> Receiver:
    """DCMTK's receiver: parses and writes each object, neither syncs nor indexes."""
    name = " ".join(("storescp", *options))
    return Receiver(
        name, lambda folder: _program(folder, peer("storescp"), *options, "-od", str(folder))
    )


def orthanc(peer: Peer) -> Receiver:
    """A PACS with an index in SQLite, in its default configuration but for names and ports."""
    return Receiver("Orthanc", lambda folder: _orthanc(folder, peer("Orthanc")))


def plain_pynetdicom() -> Receiver:
    """pynetdicom's AE with a handler that writes the bytes as they came."""
    program = Path(__file__).with_name("plain_pynetdicom.py")
    return Receiver(
        "pynetdicom", lambda folder: _program(folder, sys.executable, str(program), str(folder))
    )


@contextlib.contextmanager
def _ofsep_node(folder: Path) -> Iterator[Running]:
    with RunningNode(folder) as node:
        yield Running(node.port, node.process.pid, node=node)


@contextlib.contextmanager
def _orthanc(folder: Path, program: str) -> Iterator[Running]:
    folder.mkdir()
    port = free_port()
    configuration = folder / "orthanc.json"
    settings = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "DicomAet": "OFSEP_NODE",
        "DicomPort": port,
        "HttpServerEnabled": False,
        "DicomAlwaysAllowStore": True,
    }
    configuration.write_text(json.dumps(settings), encoding="utf-8")
    with _listening(folder, port, program, str(configuration)) as running:
        yield running


@contextlib.contextmanager
def _program(folder: Path, *command: str) -> Iterator[Running]:
    """A program that takes its port as its last argument."""
    folder.mkdir()
    port = free_port()
    with _listening(folder, port, *command, str(port)) as running:
        yield running


@contextlib.contextmanager
def _listening(folder: Path, port: int, *command: str) -> Iterator[Running]:
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=said, stderr=said)
    try:
        _wait_for(port, process)
        yield Running(port, process.pid)
    finally:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.02)
    raise AssertionError(f"{process.args!r} does not listen on {port}")
