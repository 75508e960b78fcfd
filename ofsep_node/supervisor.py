"""The processes of one node: started together, replaced when they die, stopped in order."""

from __future__ import annotations

import contextlib
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
from ofsep_node.data_folder import folder_of_its_own, keep_to_ourselves
from ofsep_node.errors import NodeError, OfsepNodeError
from ofsep_node.logs import configure_logs
from ofsep_node.reception import Entrance
from ofsep_node.records.database import DatabaseUnavailable
from ofsep_node.records.migration import upgrade
from ofsep_node.reloading import Current, Orders, Reloadable, tell_outcome, warn, warn_of_expiry
from ofsep_node.settings import Settings
from ofsep_node.spool import close_orphans
from ofsep_node.wiring import NudgePipe, Shared, run_intake, run_receiver

# Fork, so that listening socket, pipe and lock are simply there, and N receivers share memory.
# The supervisor has one thread and no database connection when it forks.
_FORK = multiprocessing.get_context("fork")

_ORDERS = {signal.SIGTERM, signal.SIGHUP}
_TERMINAL_GONE_WITHIN_S = 0.1  # the signal comes a moment before, when the session's leader ends
PARENT_LOOKED_AFTER_EVERY_S = 0.2
LONGEST_PAUSE_S = 10.0
KILLED_AFTER_S = 10.0
HEALTHY_AFTER_S = 60.0
ORPHANS_CLOSED_EVERY_S = 30.0
EXPIRY_LOOKED_AT_EVERY_S = 86_400.0


@dataclass(slots=True)
class _Child:
    name: str
    work: Callable[[Orders], None]
    after_death: Callable[[int], None] = lambda _process: None
    process: ForkProcess | None = None
    deaths: int = 0
    due: float = 0.0
    started_at: float = 0.0

    def start(self) -> None:
        """Raises OSError when there is no room for another process."""
        self.started_at = time.monotonic()
        process = _FORK.Process(target=_run_child, args=(self.work,), name=self.name)
        # Held back until the child has handlers of its own: it has inherited the supervisor's.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ORDERS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ORDERS)
        self.process = process

    def bury(self, now: float) -> None:
        """Count the death and wait the longer for it, unless the last one is long ago."""
        if now - self.started_at > HEALTHY_AFTER_S:
            self.deaths = 0
        self.deaths += 1
        self.due = now + min(LONGEST_PAUSE_S, 0.1 * 2 ** min(self.deaths - 1, 10))
        if self.process is not None:
            self.process.join()
            self.after_death(self.process.pid or 0)
        self.process = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.is_alive()


def _run_child(work: Callable[[Orders], None]) -> None:
    """Run one part until the supervisor says stop, or is gone.

    Ctrl-C reaches every process of the terminal; only the supervisor acts on it, so that the
    parts stop in order.
    """
    orders = Orders()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: orders.stop.set())
    signal.signal(signal.SIGHUP, lambda *_: orders.reload.put(None))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ORDERS)
    threading.Thread(
        target=_stop_with_parent, args=(orders.stop, os.getppid()), daemon=True
    ).start()
    try:
        work(orders)
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

    `announce` is called once the node listens, with where it does.
    """

    settings: Settings
    announce: Callable[[Entrance], None]
    _children: list[_Child] = field(default_factory=list)
    _stopping: bool = False
    _hung_up: bool = False
    _terminal: bool = False
    _expiry_due: float = 0.0
    _orphans_due: float = 0.0
    _wake: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def run(self) -> None:
        """Start, watch, stop.

        Raises NodeError (folder, port), RecordsError (schema), EditionError (protocol).
        """
        settings = self.settings
        with folder_of_its_own(settings.data):
            keep_to_ourselves()
            configure_logs(settings, "supervisor")
            current = Current(Reloadable.read(settings))
            entrance = Entrance.open(settings.reception, settings.tls)
            shared = Shared(entrance, NudgePipe.make(), current)
            try:
                _prepare_records(settings)
                _require_spool(settings.spool)
                with self._signals():
                    self._run_children(shared)
            finally:
                shared.close()

    def _run_children(self, shared: Shared) -> None:
        """Whatever goes wrong here, the children do not go on with nobody to watch them."""
        try:
            self._start(shared)
            self._say_started(shared)
            self._watch(shared)
        finally:
            self._stop()

    def _start(self, shared: Shared) -> None:
        settings = self.settings
        for number in range(1, settings.reception.receivers + 1):
            name = f"receiver-{number}"
            self._children.append(
                _Child(
                    name,
                    partial(run_receiver, settings, shared, name),
                    shared.entrance.places.clear,
                )
            )
        self._children.append(_Child("intake", partial(run_intake, settings, shared)))
        for child in self._children:
            self._try_to_start(child)

    def _say_started(self, shared: Shared) -> None:
        entrance, edition = shared.entrance, shared.current.content.edition
        structlog.get_logger().info(
            "node.started",
            ae_title=self.settings.reception.ae_title,
            host=self.settings.reception.host,
            port=entrance.port,
            tls_port=entrance.tls_port,
            data=str(self.settings.data),
            protocol=f"{edition.name} {edition.edition}",
            digest=edition.digest,
            version=__version__,
            pid=os.getpid(),
        )
        warn(self.settings, shared.current.content)
        self.announce(entrance)

    def _watch(self, shared: Shared) -> None:
        """Wait for the signal to stop; start again what died, a little later each time."""
        while not self._stopping:
            living = [c.process.sentinel for c in self._children if c.process and c.alive]
            if self._wake[1] in wait([*living, self._wake[1]], timeout=self._pause()):
                self._wake[1].recv(4096)
            if self._hung_up:
                self._answer_hangup(shared.current)
            if time.monotonic() >= self._expiry_due:
                self._expiry_due = time.monotonic() + EXPIRY_LOOKED_AT_EVERY_S
                warn_of_expiry(self.settings)
            if time.monotonic() >= self._orphans_due:
                self._close_orphans()
            for child in self._children:
                if not self._stopping and not child.alive:
                    self._revive(child)

    def _pause(self) -> float:
        due = [c.due for c in self._children if not c.alive]
        return max(0.0, min([self._orphans_due, *due]) - time.monotonic())

    def _answer_hangup(self, current: Current) -> None:
        """A terminal that has gone stops the node that was started from it; else: reload."""
        self._hung_up = False
        if self._terminal:
            time.sleep(_TERMINAL_GONE_WITHIN_S)
            self._stopping = not _has_terminal()
        if not self._stopping:
            self._reload(current)

    def _reload(self, current: Current) -> None:
        """Try what the files say now, then have every part read them."""
        refusal = current.renew(self.settings)
        if not refusal:
            warn(self.settings, current.content)
            for child in self._children:
                if child.process is not None and child.process.pid and child.alive:
                    os.kill(child.process.pid, signal.SIGHUP)
        tell_outcome(self.settings.data, refusal)

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
        # Under nohup the terminal does not matter.
        self._terminal = _has_terminal() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
        self._expiry_due = time.monotonic() + EXPIRY_LOOKED_AT_EVERY_S

        def hang_up(_number: int, _frame: FrameType | None) -> None:
            self._hung_up = True
            with contextlib.suppress(OSError):
                self._wake[0].send(b"\0")

        def stop(_number: int, _frame: FrameType | None) -> None:
            if self._stopping:  # asked twice: now, which costs nothing but a look at the spool
                self._kill()
            self._stopping = True
            with contextlib.suppress(OSError):
                self._wake[0].send(b"\0")

        heard = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: hang_up}
        before: dict[int, Any] = {s: signal.signal(s, act) for s, act in heard.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal that still is there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
    except OSError:
        return False
    return True


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
