"""A node under a service manager."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests import node as nodes
from tests.node import RunningNode


def test_systemd_is_told_of_the_nodes_whole_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("")
        manager.settimeout(60)
        address: bytes = manager.getsockname()

        def heard(first: str) -> list[str]:
            while True:
                lines = manager.recv(4096).decode().splitlines()
                if lines[0] == first:
                    return lines
                assert lines == ["WATCHDOG=1"], "told out of turn"

        monkeypatch.setitem(nodes.CLEAN, "NOTIFY_SOCKET", "@" + address[1:].decode())
        monkeypatch.setitem(nodes.CLEAN, "WATCHDOG_USEC", "2000000")
        with RunningNode(tmp_path / "node") as node:
            ready = heard("READY=1")
            assert ready[1] == f"STATUS=OFSEP_NODE listens on port {node.port}"
            heard("WATCHDOG=1")
            heard("WATCHDOG=1")
            os.kill(node.process.pid, signal.SIGHUP)
            heard("RELOADING=1")
            heard("READY=1")
            assert node.stop() == 0
            heard("STOPPING=1")
