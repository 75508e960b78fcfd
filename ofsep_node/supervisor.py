"""The processes of one node: started together, replaced when they die, stopped in order."""

from __future__ import annotations

import contextlib
import fcntl
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from ofsep_node import __version__
from ofsep_node.errors import NodeError, OfsepNodeError
from ofsep_node.logs import configure_logs
from ofsep_node.protocol import Edition, load_edition
from ofsep_node.reception import listening_socket
from ofsep_node.records.database import DatabaseUnavailable
from ofsep_node.records.migration import upgrade
from ofsep_node.settings import Settings
from ofsep_node.spool import close_orphans
from ofsep_node.wiring import NudgePipe, run_intake, run_receiver

# Fork, so that listening socket, pipe and lock are simply there, and N receivers share memory.
# The supervisor has one thread and no database connection when it forks.
_FORK = multiprocessing.get_context("fork")

PARENT_LOOKED_AFTER_EVERY_S = 0.2
LONGEST_PAUSE_S = 10.0
KILLED_AFTER_S = 10.0
WAIT_FOR_THE_LAST_NODE_S = 10.0
HEALTHY_AFTER_S = 60.0
ORPHANS_CLOSED_EVERY_S = 30.0


@dataclass(slots=True)
class _Child:
    name: str
    work: Callable[[threading.Event], None]
    process: ForkProcess | None = None
    deaths: int = 0
    due: float = 0.0
    started_at: float = 0.0

    def start(self) -> None:
        """Raises OSError when there is no room for another process."""
        self.started_at = time.monotonic()
        process = _FORK.Process(target=_run_child, args=(self.work,), name=self.name)
        process.start()
        self.process = process

    def bury(self, now: float) -> None:
        """Count the death and wait the longer for it, unless the last one is long ago."""
        if now - self.started_at > HEALTHY_AFTER_S:
            self.deaths = 0
        self.deaths += 1
        self.due = now + min(LONGEST_PAUSE_S, 0.1 * 2 ** min(self.deaths - 1, 10))
        if self.process is not None:
            self.process.join()
        self.process = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.is_alive()


def _run_child(work: Callable[[threading.Event], None]) -> None:
    """Run one part until the supervisor says stop, or is gone.

    Ctrl-C reaches every process of the terminal; only the supervisor acts on it, so that the
    parts stop in order.
    """
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_stop_with_parent, args=(stop, os.getppid()), daemon=True).start()
    try:
        work(stop)
    except OfsepNodeError as error:
        structlog.get_logger().error("node.process_failed", reason=str(error))
        raise SystemExit(1) from None


def _stop_with_parent(stop: threading.Event, parent: int) -> None:
    """A killed supervisor takes its parts with it: they hold its port and its folder."""
    while os.getppid() == parent:
        time.sleep(PARENT_LOOKED_AFTER_EVERY_S)
    stop.set()
    time.sleep(PARENT_LOOKED_AFTER_EVERY_S * 10)
    os._exit(1)


@dataclass(slots=True)
class Supervisor:
    """Runs a node from settings; `run` returns when it has been told to stop.

    `announce` is called once the node listens, with the host and port it listens on.
    """

    settings: Settings
    announce: Callable[[str, int], None]
    _children: list[_Child] = field(default_factory=list)
    _stopping: bool = False
    _orphans_due: float = 0.0
    _wake: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def run(self) -> None:
        """Start, watch, stop.

        Raises NodeError (folder, port), RecordsError (schema), EditionError (protocol).
        """
        settings = self.settings
        with _folder_of_its_own(settings.data):
            os.umask(0o077)  # images and records are patients' data: nobody else's to read
            configure_logs(settings, "supervisor")
            edition = load_edition(settings.protocol.edition, settings.protocol.site)
            listener = listening_socket(settings.reception.host, settings.reception.port)
            nudges = NudgePipe.make()
            try:
                _prepare_records(settings)
                _require_spool(settings.spool)
                with self._signals():
                    self._run_children(listener, nudges, edition)
            finally:
                listener.close()
                nudges.close()

    def _run_children(self, listener: socket.socket, nudges: NudgePipe, edition: Edition) -> None:
        """Whatever goes wrong here, the children do not go on with nobody to watch them."""
        try:
            self._start(listener, nudges)
            self._say_started(listener, edition)
            self._watch()
        finally:
            self._stop()

    def _start(self, listener: socket.socket, nudges: NudgePipe) -> None:
        settings = self.settings
        for number in range(1, settings.reception.receivers + 1):
            name = f"receiver-{number}"
            self._children.append(
                _Child(name, partial(run_receiver, settings, listener, nudges, name))
            )
        self._children.append(_Child("intake", partial(run_intake, settings, nudges)))
        for child in self._children:
            self._try_to_start(child)

    def _say_started(self, listener: socket.socket, edition: Edition) -> None:
        host, port = listener.getsockname()[:2]
        structlog.get_logger().info(
            "node.started",
            ae_title=self.settings.reception.ae_title,
            host=host,
            port=port,
            data=str(self.settings.data),
            protocol=f"{edition.name} {edition.edition}",
            digest=edition.digest,
            version=__version__,
            pid=os.getpid(),
        )
        self.announce(host, port)

    def _watch(self) -> None:
        """Wait for the signal to stop; start again what died, a little later each time."""
        while not self._stopping:
            living = [c.process.sentinel for c in self._children if c.process and c.alive]
            wait([*living, self._wake[1]], timeout=self._pause())
            if time.monotonic() >= self._orphans_due:
                self._close_orphans()
            for child in self._children:
                if not self._stopping and not child.alive:
                    self._revive(child)

    def _pause(self) -> float:
        due = [c.due for c in self._children if not c.alive]
        return max(0.0, min([self._orphans_due, *due]) - time.monotonic())

    def _close_orphans(self) -> None:
        """Close what a killed receiver, or one with a full disk, left open.

        A disk that is still full is tried again with the next look.
        """
        self._orphans_due = time.monotonic() + ORPHANS_CLOSED_EVERY_S
        spool = self.settings.spool
        try:
            close_orphans(spool)
        except OSError as error:
            structlog.get_logger().warning(
                "spool.unwritable", reason=error.strerror, spool=str(spool)
            )

    def _revive(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            structlog.get_logger().error(
                "node.process_died", part=child.name, status=child.process.exitcode
            )
            child.bury(now)
            self._close_orphans()
        if now >= child.due:
            self._try_to_start(child)

    def _try_to_start(self, child: _Child) -> None:
        try:
            child.start()
        except OSError as error:  # no memory, or too many processes, at this moment
            child.bury(time.monotonic())
            structlog.get_logger().error(
                "node.process_failed", part=child.name, reason=error.strerror
            )

    def _stop(self) -> None:
        """Receivers first, so that the intake can finish what they took."""
        structlog.get_logger().info("node.draining")
        bound = self.settings.reception.drain_timeout_s + KILLED_AFTER_S
        _end([c for c in self._children if c.name != "intake"], bound)
        self._close_orphans()
        _end([c for c in self._children if c.name == "intake"], bound)
        structlog.get_logger().info("node.stopped")

    def _kill(self) -> None:
        for child in self._children:
            if child.process is not None and child.alive:
                child.process.kill()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            if self._stopping:  # asked twice: now, which costs nothing but a look at the spool
                self._kill()
            self._stopping = True
            with contextlib.suppress(OSError):
                self._wake[0].send(b"\0")

        heard = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as it is under nohup
            heard.append(signal.SIGHUP)
        before: dict[int, Any] = {s: signal.signal(s, stop) for s in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _end(children: list[_Child], within_s: float) -> None:
    """Ask all, wait for all, kill what does not listen."""
    for child in children:
        if child.process is not None and child.alive:
            child.process.terminate()
    deadline = time.monotonic() + within_s
    for child in children:
        if child.process is not None:
            child.process.join(max(0.0, deadline - time.monotonic()))
            if child.process.is_alive():
                structlog.get_logger().error("node.process_killed", part=child.name)
                child.process.kill()
                child.process.join()


def _require_spool(spool: Path) -> None:
    """Close what the last run left open. Raises NodeError when the spool cannot be written."""
    try:
        close_orphans(spool)
    except OSError as error:
        raise NodeError(
            f"{spool}: cannot be written: {error.strerror}; make room, or mend its permissions"
        ) from None


def _prepare_records(settings: Settings) -> None:
    """Upgrade the schema. A database that is down does not keep the node from receiving."""
    try:
        upgrade(settings.records_url)
    except DatabaseUnavailable as error:
        if not settings.records.url:
            raise  # our own SQLite file: a folder or a disk that someone must mend
        structlog.get_logger().error("records.unavailable", reason=str(error))


@contextlib.contextmanager
def _folder_of_its_own(data: Path) -> Iterator[None]:
    """The data folder, locked: two nodes in one folder would take each other's objects.

    The lock also goes to the node's other processes; a node that was killed is waited for.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(data / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NodeError(
            f"{data}: cannot be written: {error.strerror}; give a folder with --data"
        ) from None
    try:
        _lock(lock, data)
        yield
    finally:
        os.close(lock)


def _lock(descriptor: int, data: Path) -> None:
    deadline = time.monotonic() + WAIT_FOR_THE_LAST_NODE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            if _runs(owner) or time.monotonic() > deadline:
                raise NodeError(
                    f"{data}: another node (process {owner or 'unknown'}) works in this folder; "
                    "stop it, or give another folder with --data"
                ) from None
            time.sleep(PARENT_LOOKED_AFTER_EVERY_S)
        else:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            return


def _runs(owner: str) -> bool:
    """Whether the supervisor that wrote its process number still lives."""
    try:
        os.kill(int(owner), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
