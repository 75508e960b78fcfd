"""A supervisor whose parts, terminal, disk or machine fail it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from structlog.testing import capture_logs

from ofsep_node import parts, spool, supervisor
from ofsep_node.ownership import ArchiveLock
from ofsep_node.parts import Part
from ofsep_node.pulse import STUCK_AFTER_S, SUPERVISOR, Pulses
from ofsep_node.reception import Entrance
from ofsep_node.reception.places import Places
from ofsep_node.reloading import Current, Orders, Reloadable
from ofsep_node.settings import load_settings
from ofsep_node.supervisor import Supervisor
from ofsep_node.wiring import NudgePipe, Shared
from tests.node import CLEAN, PROGRAM, RunningNode, fall_silent, run
from tests.reception_node import wait_until
from tests.unit.test_spool import opened
from tests.upper_layer import RawSender

ACCESS_MODE = os.O_RDONLY | os.O_WRONLY | os.O_RDWR


def of(folder: Path) -> Supervisor:
    return Supervisor(load_settings(flags={"node": {"data": folder}}), lambda _entrance: None)


# --- starting ---


def test_a_spool_that_cannot_be_looked_through_is_said(tmp_path: Path) -> None:
    (tmp_path / "spool").touch()
    refused = run("serve", "--data", tmp_path, "--port", "0", RECEPTION__HOST="127.0.0.1")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert f"{tmp_path / 'spool'}: cannot be written: Not a directory" in refused.stderr


def test_a_node_that_nobody_listens_to_stops_its_parts_and_ends(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [*PROGRAM, "serve", "--data", str(tmp_path), "--port", "0"],
            env=CLEAN | {"OFSEP_NODE_RECEPTION__HOST": "127.0.0.1", "OFSEP_NODE_WEB__PORT": "0"},
            stdout=writing,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert ended.returncode != 0
    assert "node.stopped" in (tmp_path / "log" / "ofsep-node.jsonl").read_text()


# --- watching ---


def test_a_process_that_cannot_be_started_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    watching, child = of(tmp_path), Part("receiver-1", lambda _orders: None, Pulses(["receiver-1"]))
    with monkeypatch.context() as patched, capture_logs() as log:
        patched.setattr(os, "fork", no_room)
        watching._revive(child)
        child.due = 0.0
        watching._revive(child)
    assert [line["event"] for line in log] == ["node.process_failed"] * 2
    assert (child.alive, child.deaths) == (False, 2)
    assert child.due > time.monotonic()


def test_a_death_after_a_healthy_minute_is_the_first() -> None:
    child = Part("intake", lambda _orders: None, Pulses(["intake"]))
    for _ in range(9):
        child.started_at = 1000.0
        child.bury(1001.0)
    assert child.due == 1001.0 + parts.LONGEST_PAUSE_S
    child.started_at = 1000.0
    child.bury(1000.0 + parts.HEALTHY_AFTER_S + 1)
    assert child.deaths == 1
    assert child.due < 1062.0


def test_a_spool_that_cannot_be_written_stops_no_supervisor(tmp_path: Path) -> None:
    (tmp_path / "spool").touch()
    watching = of(tmp_path)
    with capture_logs() as log:
        watching._close_orphans()
    (line,) = log
    assert line["event"] == "spool.unwritable"
    assert line["reason"] == "Not a directory"


IMPATIENT = """
import sys
from pathlib import Path
from ofsep_node import pulse, supervisor
from ofsep_node.reception import receiver
from ofsep_node.settings import load_settings
supervisor.ORPHANS_CLOSED_EVERY_S = 0.2
supervisor.BEATS_EVERY_S = receiver.BEATS_EVERY_S = 0.2
pulse.STUCK_AFTER_S = 20.0
flags = {
    "node": {"data": Path(sys.argv[1])},
    "reception": {"host": "127.0.0.1", "port": 0},
    "web": {"port": 0},
}
announce = lambda entrance: print(entrance.port, flush=True)
supervisor.Supervisor(load_settings(flags=flags), announce).run()
"""


@dataclass
class Impatient:
    process: int
    port: int
    log: Path

    def parts(self) -> list[int]:
        """The process numbers of the receiver, the intake and the web process."""
        return [child.pid for child in psutil.Process(self.process).children()]

    def said(self, event: str) -> list[dict[str, Any]]:
        whole = self.log.read_text().split("\n")[:-1]  # the last may still be being written
        lines = map(json.loads, whole)
        return [line for line in lines if line["event"] == event]


@contextmanager
def impatient_node(data: Path) -> Iterator[Impatient]:
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, str(data)],
        env=CLEAN,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield Impatient(process.pid, port, data / "log" / "ofsep-node.jsonl")
        finally:
            process.terminate()
            process.wait(60)


def test_an_association_whose_end_could_not_be_written_is_closed_while_the_node_runs(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "spool"
    with impatient_node(tmp_path):
        spool.AssociationFolder.open(folder, opened()).abandon()
        assert spool.associations(folder)
        wait_until(lambda: not spool.associations(folder), timeout_s=60)


def test_an_intake_that_hangs_is_started_again_and_the_association_goes_on(
    tmp_path: Path,
) -> None:
    with impatient_node(tmp_path) as node, RawSender(node.port) as sender:
        sender.associate()
        receiver, intake, web = node.parts()
        os.kill(intake, signal.SIGSTOP)
        assert sender.store(b"1") == 0
        wait_until(lambda: bool(node.said("node.process_died")), timeout_s=120)
        wait_until(lambda: len(node.parts()) == 3, timeout_s=60)
        assert {receiver, web} < set(node.parts())
        wait_until(lambda: bool(node.said("instance.unreadable")), timeout_s=60)
        assert sender.store(b"2") == 0
        sender.release()
        (hung,), (died,) = node.said("node.process_stuck"), node.said("node.process_died")
    assert (hung["part"], died["part"], died["status"]) == ("intake", "intake", -signal.SIGKILL)
    assert hung["silent_s"] >= 20


def test_what_hangs_and_cannot_be_ended_is_told_once(tmp_path: Path) -> None:
    watching, pulses = of(tmp_path), Pulses([SUPERVISOR, "intake", "web"])
    child = Part("intake", lambda _orders: time.sleep(60), pulses)
    watching._pulses, watching._parts = pulses, [child]
    child.start()
    with capture_logs() as log:
        watching._kill_what_hangs()
        assert child.alive
        fall_silent(pulses, "intake", STUCK_AFTER_S)
        watching._kill_what_hangs()
        watching._kill_what_hangs()
    assert [(line["event"], line["part"]) for line in log] == [("node.process_stuck", "intake")]
    assert child.process is not None
    child.process.join(30)
    assert child.process.exitcode == -signal.SIGKILL
    child.start()
    assert not child.killed
    child.kill()
    child.process.join(30)


def test_a_part_ends_wherever_the_order_to_stop_interrupts_it() -> None:
    def work(orders: Orders) -> None:
        with vars(orders.stop)["_cond"]:  # as where it begins or ends to wait for the event
            signal.raise_signal(signal.SIGTERM)
        orders.stop.wait(60)

    child = Part("intake", work, Pulses(["intake"]))
    child.start()
    assert child.process is not None
    child.process.join(60)
    ended = child.process.exitcode
    child.kill()
    assert ended == 0


def test_a_supervisor_that_waits_for_its_parts_to_end_is_well() -> None:
    def work(orders: Orders) -> None:
        orders.stop.wait(60)

    pulses = Pulses([SUPERVISOR, "intake"])
    child = Part("intake", work, pulses)
    child.start()
    pulses.born(SUPERVISOR, os.getpid())
    fall_silent(pulses, SUPERVISOR, STUCK_AFTER_S)
    assert not pulses.are_vital_parts_well()
    parts.end([child], 30, pulses)
    assert pulses.are_vital_parts_well()


# --- processes and their terminal ---


def nudge_pipe(node: RunningNode) -> list[set[int]]:
    """The ends of the one pipe of which the supervisor holds both, process by process."""
    held = [_pipes(process) for process in node.processes()]
    (pipe,) = (name for name, ends in held[0].items() if len(ends) == 2)
    return [ends.get(pipe, set()) for ends in held]


def _pipes(process: int) -> dict[str, set[int]]:
    pipes: dict[str, set[int]] = {}
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            name = str(descriptor.readlink())
            if name.startswith("pipe:"):
                information = Path(f"/proc/{process}/fdinfo/{descriptor.name}").read_text()
                flags = int(information.split("flags:")[1].split()[0], 8)
                pipes.setdefault(name, set()).add(flags & ACCESS_MODE)
    return pipes


def test_receivers_only_tell_and_the_intake_only_hears(tmp_path: Path) -> None:
    both, told, heard = {os.O_RDONLY, os.O_WRONLY}, {os.O_WRONLY}, {os.O_RDONLY}
    with RunningNode(tmp_path / "node", RECEPTION__RECEIVERS="2") as node:
        wait_until(lambda: nudge_pipe(node) == [both, told, told, heard, set()])


def test_a_closed_terminal_stops_the_node_in_order(tmp_path: Path) -> None:
    window, terminal = pty.openpty()
    with RunningNode(tmp_path / "node", terminal=terminal) as node:
        os.close(terminal)
        os.close(window)
        assert node.process.wait(timeout=60) == 0
        assert node.events("node.stopped")
        assert not node.events("node.reloaded")


def test_a_hangup_takes_back_no_order_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = of(tmp_path)
    watching._terminal = watching._stopping = True
    monkeypatch.setattr(supervisor, "_has_terminal", lambda: True)
    shared = Shared(
        Entrance(None, None, Places(1, 1)),
        NudgePipe.make(),
        Current(Reloadable.read(watching.settings)),
        Pulses(["intake"]),
        None,
        ArchiveLock(tmp_path / "archive", shared=False),
    )
    watching._answer_hangup(shared)
    shared.nudges.close()
    assert watching._stopping


def test_a_hangup_while_the_terminal_is_there_means_reload(tmp_path: Path) -> None:
    window, terminal = pty.openpty()
    with RunningNode(tmp_path / "node", terminal=terminal) as node:
        node.process.send_signal(signal.SIGHUP)
        node.wait_for(lambda e: e["event"] == "node.reloaded")
        assert node.stop() == 0
    os.close(terminal)
    os.close(window)


def test_a_node_that_was_told_to_ignore_its_terminal_goes_on(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        node = RunningNode(tmp_path / "node")
    finally:
        signal.signal(signal.SIGHUP, before)
    with node:
        node.process.send_signal(signal.SIGHUP)
        node.wait_for(lambda e: e["event"] == "node.reloaded")
        assert not node.events("node.draining")
        assert node.stop() == 0
