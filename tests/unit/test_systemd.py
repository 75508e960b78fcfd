from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ofsep_node.parts import Part
from ofsep_node.pulse import Pulses
from ofsep_node.settings import load_settings
from ofsep_node.supervisor import Supervisor
from ofsep_node.systemd import ServiceNotices


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    """What systemd listens on, in the abstract namespace."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("")  # the kernel picks a name
        listening.settimeout(10)
        yield listening


def name_of(listening: socket.socket) -> str:
    address: bytes = listening.getsockname()
    return "@" + address[1:].decode()


def heard(listening: socket.socket) -> list[str]:
    return listening.recv(4096).decode().splitlines()


def test_each_notice_is_one_datagram(manager: socket.socket) -> None:
    notices = ServiceNotices.of({"NOTIFY_SOCKET": name_of(manager)})
    notices.ready("listens")
    assert heard(manager) == ["READY=1", "STATUS=listens"]
    notices.reloading()
    reloading, moment = heard(manager)
    assert reloading == "RELOADING=1"
    assert moment.removeprefix("MONOTONIC_USEC=").isdecimal()
    notices.well()
    assert heard(manager) == ["WATCHDOG=1"]
    notices.stopping()
    assert heard(manager)[0] == "STOPPING=1"


def test_a_socket_with_a_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a name in full may be too long for a socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("notify")
        ServiceNotices("notify").well()
        assert heard(listening) == ["WATCHDOG=1"]


def test_nobody_there_or_nobody_left_is_no_trouble(tmp_path: Path) -> None:
    ServiceNotices.of({}).ready("listens")
    ServiceNotices.of({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("listens")


@pytest.mark.parametrize(
    ("environment", "heartbeat_s"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "often"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_watchdog_wants_to_hear_twice_in_its_time(
    environment: dict[str, str], heartbeat_s: float
) -> None:
    assert ServiceNotices.of(environment).heartbeat_s == heartbeat_s


def test_the_watchdog_hears_nothing_while_a_receiver_is_dead(
    tmp_path: Path, manager: socket.socket
) -> None:
    node = Supervisor(load_settings(flags={"node": {"data": tmp_path}}), lambda _: None)
    node._notices = ServiceNotices(name_of(manager), watchdog_s=0.0001)
    node._pulses = Pulses(["receiver-1", "intake"])
    node._parts = [Part("receiver-1", lambda _orders: None, node._pulses)]
    manager.setblocking(False)
    node._tell_that_all_is_well()
    with pytest.raises(BlockingIOError):
        heard(manager)
    node._pulses.born("receiver-1", 1)  # the intake is dead, and started again by itself
    node._heartbeat_due = 0.0
    node._tell_that_all_is_well()
    assert heard(manager) == ["WATCHDOG=1"]
