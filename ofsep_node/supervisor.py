"""The processes of one node: started together, replaced when they die, stopped in order."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from ofsep_node import __version__
from ofsep_node.data_folder import folder_of_its_own, keep_to_ourselves
from ofsep_node.disk import WAIT_FOR_THE_LAST_NODE_S
from ofsep_node.errors import NodeError
from ofsep_node.logs.configuration import configure_logs
from ofsep_node.metrics import counting
from ofsep_node.ownership import ArchiveLock
from ofsep_node.parts import Part, end
from ofsep_node.pulse import BEATS_EVERY_S, SUPERVISOR, Phase, Pulses
from ofsep_node.reception import Entrance
from ofsep_node.reception.listening import listening_socket
from ofsep_node.records.database import DatabaseUnavailable, database_url
from ofsep_node.records.migration import upgrade
from ofsep_node.reloading import Current, Reloadable, tell_outcome, warn, warn_of_expiry
from ofsep_node.settings import Settings, WebSection
from ofsep_node.spool import close_orphans
from ofsep_node.systemd import ServiceNotices
from ofsep_node.wiring import (
    NudgePipe,
    Shared,
    announce,
    owes_answers,
    run_commitments,
    run_delivery,
    run_intake,
    run_receiver,
    run_retention,
    run_web,
)

_SINGLE = {
    "intake": run_intake,
    "delivery": run_delivery,
    "commitment": run_commitments,
    "retention": run_retention,
    "web": run_web,
}
"""What the parts do of which there is one; all others receive."""

_TERMINAL_GONE_WITHIN_S = 0.1  # the signal comes a moment before, when the session's leader ends
KILLED_AFTER_S = 10.0
ORPHANS_CLOSED_EVERY_S = 30.0
EXPIRY_LOOKED_AT_EVERY_S = 86_400.0
LOOKED_AGAIN_AFTER_S = 1.0  # a part that is being started again is no reason to be killed


@dataclass(slots=True)
class Supervisor:
    """Runs a node from settings; `run` returns when it has been told to stop.

    `announce` is called once the node listens, with where it does.
    """

    settings: Settings
    announce: Callable[[Entrance], None]
    _parts: list[Part] = field(default_factory=list)
    _pulses: Pulses = field(default_factory=lambda: Pulses([SUPERVISOR]))
    _notices: ServiceNotices = field(default_factory=lambda: ServiceNotices.of(os.environ))
    _stopping: bool = False
    _hung_up: bool = False
    _terminal: bool = False
    _expiry_due: float = 0.0
    _orphans_due: float = 0.0
    _heartbeat_due: float = 0.0
    _wake: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def run(self) -> None:
        """Start, watch, stop.

        Raises NodeError (folder, port), RecordsError (schema), EditionError (protocol).
        """
        settings = self.settings
        others = database_url(settings.records_url).get_backend_name() == "postgresql"
        with folder_of_its_own(settings.data):
            keep_to_ourselves()
            configure_logs(settings, "supervisor")
            current = Current(Reloadable.read(settings))
            with contextlib.ExitStack() as ends:
                entrance = Entrance.open(settings.reception, settings.tls)
                ends.callback(entrance.close)
                pages = _web_socket(settings.web)
                ends.enter_context(pages or contextlib.nullcontext())
                archive = ArchiveLock(settings.archive, shared=others)
                ends.callback(archive.release)
                _hold(archive, settings.archive)
                nudges = NudgePipe.make()
                ends.callback(nudges.close)
                _prepare_records(settings)
                _require_spool(settings.spool)
                ends.enter_context(self._signals())
                names = _names(settings, with_pages=pages is not None)
                self._pulses = Pulses([SUPERVISOR, *names])
                self._pulses.born(SUPERVISOR, os.getpid())
                shared = Shared(entrance, nudges, current, self._pulses, pages, archive)
                self._run_parts(names, shared)

    def _run_parts(self, names: Sequence[str], shared: Shared) -> None:
        """Whatever goes wrong here, the parts do not go on with nobody to watch them."""
        try:
            self._start(names, shared)
            self._say_started(shared)
            self._watch(shared)
        finally:
            self._stop()

    def _start(self, names: Sequence[str], shared: Shared) -> None:
        if shared.pages is not None:
            _clear_metrics(self.settings)
        for name in names:
            part = self._part(name, shared)
            self._parts.append(part)
            self._try_to_start(part)
        self._pulses.phase = Phase.RUNNING

    def _part(self, name: str, shared: Shared) -> Part:
        if name in _SINGLE:
            return Part(name, partial(_SINGLE[name], self.settings, shared), self._pulses)

        def after_death(process: int) -> None:
            shared.entrance.places.clear(process)
            with contextlib.suppress(OSError):
                counting.forget_what_ran(name, self.settings.metrics)

        work = partial(run_receiver, self.settings, shared, name)
        return Part(name, work, self._pulses, after_death)

    def _say_started(self, shared: Shared) -> None:
        entrance, edition = shared.entrance, shared.current.content.edition
        structlog.get_logger().info(
            "node.started",
            ae_title=self.settings.reception.ae_title,
            host=self.settings.reception.host,
            port=entrance.port,
            tls_port=entrance.tls_port,
            web_port=None if shared.pages is None else shared.pages.getsockname()[1],
            data=str(self.settings.data),
            protocol=f"{edition.name} {edition.edition}",
            digest=edition.digest,
            version=__version__,
            pid=os.getpid(),
        )
        warn(self.settings, shared.current.content)
        self.announce(entrance)
        self._notices.ready(self._status(shared))

    def _status(self, shared: Shared) -> str:
        """In one line, for who asks the service manager."""
        ports = (shared.entrance.port, shared.entrance.tls_port)
        listening = ", ".join(str(port) for port in ports if port is not None)
        return f"{self.settings.reception.ae_title} listens on port {listening}"

    def _watch(self, shared: Shared) -> None:
        """Wait for the signal to stop; start again what died, a little later each time."""
        while not self._stopping:
            self._pulses.beat(SUPERVISOR)
            living = [p.process.sentinel for p in self._parts if p.process and p.alive]
            if self._wake[1] in wait([*living, self._wake[1]], timeout=self._pause()):
                self._wake[1].recv(4096)
            if self._hung_up:
                self._answer_hangup(shared)
            if time.monotonic() >= self._expiry_due:
                self._expiry_due = time.monotonic() + EXPIRY_LOOKED_AT_EVERY_S
                warn_of_expiry(self.settings)
            if time.monotonic() >= self._orphans_due:
                self._close_orphans()
            for part in self._parts:
                if not self._stopping and not part.alive:
                    self._revive(part)
            self._kill_what_hangs()
            self._tell_that_all_is_well()

    def _kill_what_hangs(self) -> None:
        """Started again by itself it may get on, and nothing that is being received is lost."""
        silent = {s.part: s.silent_s for s in self._pulses.signs() if s.condition == "stuck"}
        for part in self._parts:
            if part.name in silent and part.alive and not part.killed:
                structlog.get_logger().error(
                    "node.process_stuck", part=part.name, silent_s=round(silent[part.name])
                )
                part.kill()

    def _tell_that_all_is_well(self) -> None:
        """Silence is what a watchdog hears of a receiver that is dead or hangs."""
        if self._notices.heartbeat_s and time.monotonic() >= self._heartbeat_due:
            well = self._pulses.are_vital_parts_well()
            wait_s = self._notices.heartbeat_s if well else LOOKED_AGAIN_AFTER_S
            self._heartbeat_due = time.monotonic() + wait_s
            if well:
                self._notices.well()

    def _pause(self) -> float:
        due = [part.due for part in self._parts if not part.alive]
        beat = [self._heartbeat_due] if self._notices.heartbeat_s else []
        left_s = min([self._orphans_due, *beat, *due]) - time.monotonic()
        return max(0.0, min(left_s, BEATS_EVERY_S))

    def _answer_hangup(self, shared: Shared) -> None:
        """A terminal that has gone stops the node that was started from it; else: reload."""
        self._hung_up = False
        if self._terminal:
            time.sleep(_TERMINAL_GONE_WITHIN_S)
            self._stopping = self._stopping or not _has_terminal()
        if not self._stopping:
            self._notices.reloading()
            self._reload(shared.current)
            self._notices.ready()

    def _reload(self, current: Current) -> None:
        """Try what the files say now, then have every part read them."""
        refusal = current.renew(self.settings)
        if not refusal:
            warn(self.settings, current.content)
            for part in self._parts:
                part.signal(signal.SIGHUP)
        tell_outcome(self.settings.data, refusal)

    def _close_orphans(self) -> None:
        """Close what a killed receiver, or one with a full disk, left open.

        A disk that is still full is tried again with the next look.
        """
        self._orphans_due = time.monotonic() + ORPHANS_CLOSED_EVERY_S
        spool = self.settings.spool
        try:
            self._pulses.orphaned(len(close_orphans(spool)))
        except OSError as error:
            structlog.get_logger().warning(
                "spool.unwritable", reason=error.strerror, spool=str(spool)
            )

    def _revive(self, part: Part) -> None:
        now = time.monotonic()
        if part.process is not None:
            structlog.get_logger().error(
                "node.process_died", part=part.name, status=part.process.exitcode
            )
            part.bury(now)
            self._close_orphans()
        if now >= part.due:
            self._try_to_start(part)

    def _try_to_start(self, part: Part) -> None:
        try:
            part.start()
        except OSError as error:  # no memory, or too many processes, at this moment
            part.bury(time.monotonic())
            structlog.get_logger().error(
                "node.process_failed", part=part.name, reason=error.strerror
            )

    def _stop(self) -> None:
        """Receivers first, so that the intake can finish what they took; the web sees it all.

        What tells others ends together: each may be waiting for a peer.
        """
        structlog.get_logger().info("node.draining")
        self._notices.stopping()
        self._pulses.phase = Phase.DRAINING
        bound = self.settings.reception.drain_timeout_s + KILLED_AFTER_S
        last = (("intake",), ("delivery", "commitment"), ("web",))
        others = {name for names in last for name in names}
        end([part for part in self._parts if part.name not in others], bound, self._pulses)
        self._close_orphans()
        for names in last:
            end([part for part in self._parts if part.name in names], bound, self._pulses)
        structlog.get_logger().info("node.stopped")

    def _kill(self) -> None:
        for part in self._parts:
            part.kill()

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


def _names(settings: Settings, *, with_pages: bool) -> list[str]:
    """What the node consists of, in the order it is started."""
    receivers = [f"receiver-{n}" for n in range(1, settings.reception.receivers + 1)]
    delivery = ["delivery"] if settings.destinations else []
    # Without a list of peers nobody may ask; who has asked before that is still to be answered.
    commitment = ["commitment"] if settings.reception.peers or owes_answers(settings) else []
    retention = ["retention"] if settings.retention.is_on else []
    web = ["web"] if with_pages else []
    return [*receivers, "intake", *delivery, *commitment, *retention, *web]


def _web_socket(web: WebSection) -> socket.socket | None:
    """Where pages are asked for, if anywhere.

    Raises NodeError when somebody asked for a port that cannot be had. The one that is ours by
    default is not worth a scanner's images: the node then goes without.
    """
    if web.port is None:
        return None
    try:
        return listening_socket(web.host, web.port, "web")
    except NodeError as error:
        if web.port_was_asked_for:
            raise
        structlog.get_logger().error("web.unavailable", reason=str(error))
        return None


def _clear_metrics(settings: Settings) -> None:
    try:
        counting.clear(settings.metrics)
    except OSError as error:
        structlog.get_logger().error(
            "metrics.unavailable", folder=str(settings.metrics), reason=error.strerror
        )


def _require_spool(spool: Path) -> None:
    """Close what the last run left open. Raises NodeError when the spool cannot be written."""
    try:
        close_orphans(spool)
    except OSError as error:
        raise NodeError(
            f"{spool}: cannot be written: {error.strerror}; make room, or mend its permissions"
        ) from None


def _hold(lock: ArchiveLock, archive: Path) -> None:
    """An archive that is down keeps nobody from receiving: the intake locks it when it is back.

    Raises NodeError when it is that of a node with other records.
    """
    try:
        lock.hold(WAIT_FOR_THE_LAST_NODE_S)
    except OSError as error:
        structlog.get_logger().error(
            "archive.unavailable", archive=str(archive), reason=error.strerror
        )


def _prepare_records(settings: Settings) -> None:
    """Upgrade the schema, and take the node's place among those on the same database.

    A database that is down does not keep the node from receiving; nor does an archive.
    """
    try:
        upgrade(settings.records_url)
        announce(settings)
    except OSError:
        return  # said as the archive was to be locked
    except DatabaseUnavailable as error:
        if not settings.records.url:
            raise  # our own SQLite file: a folder or a disk that someone must mend
        structlog.get_logger().error("records.unavailable", reason=str(error))
