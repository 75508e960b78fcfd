"""The processes of a node one by one: each is started, watched, and started again by the supervisor."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.context import ForkProcess

import structlog

from ofsep_node.errors import OfsepNodeError
from ofsep_node.pulse import BEATS_EVERY_S, SUPERVISOR, Pulses
from ofsep_node.reloading import Orders

# Fork, so that listening socket, pipe and lock are simply there, and N receivers share memory.
# The supervisor has one thread and no database connection when it forks.
_FORK = multiprocessing.get_context("fork")

PARENT_LOOKED_AFTER_EVERY_S = 0.2
LONGEST_PAUSE_S = 10.0
HEALTHY_AFTER_S = 60.0

_ORDERS = {signal.SIGTERM, signal.SIGHUP}

Work = Callable[[Orders], None]
"""What a process does until it is told to stop."""


@dataclass(slots=True)
class Part:
    """One process of the node, or the gap where it is to be started again."""

    name: str
    work: Work
    pulses: Pulses
    after_death: Callable[[int], None] = lambda _process: None
    process: ForkProcess | None = None
    killed: bool = False
    deaths: int = 0
    due: float = 0.0
    started_at: float = 0.0

    def start(self) -> None:
        """Raises OSError when there is no room for another process."""
        self.started_at = time.monotonic()
        process = _FORK.Process(target=_run, args=(self.work,), name=self.name)
        # Held back until the part has handlers of its own: it has inherited the supervisor's.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ORDERS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ORDERS)
        self.process, self.killed = process, False
        self.pulses.born(self.name, process.pid or 0)

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
        self.pulses.died(self.name)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def signal(self, number: int) -> None:
        """Send a signal to the process, if there is one."""
        if self.process is not None and self.process.pid and self.alive:
            os.kill(self.process.pid, number)

    def kill(self) -> None:
        """End the process at once, without waiting: one that waits for a disk ends after that."""
        self.killed = True
        self.signal(signal.SIGKILL)


def end(parts: Iterable[Part], within_s: float, pulses: Pulses) -> None:
    """Ask all, wait for all, kill what does not listen."""
    living = [(part.name, part.process) for part in parts if part.process is not None]
    for _, process in living:
        process.terminate()
    deadline = time.monotonic() + within_s
    for name, process in living:
        while process.is_alive() and (left_s := deadline - time.monotonic()) > 0:
            pulses.beat(SUPERVISOR)
            process.join(min(left_s, BEATS_EVERY_S))
        if process.is_alive():
            structlog.get_logger().error("node.process_killed", part=name)
            process.kill()
            process.join()


def _run(work: Work) -> None:
    """Run one part until the supervisor says stop, or is gone.

    Ctrl-C reaches every process of the terminal; only the supervisor acts on it, so that the
    parts stop in order.
    """
    # What was loaded before the fork is no garbage. A collection that looked through all of it would
    # hold up a study for a fifth of a second, and copy the memory that the parts share.
    gc.freeze()
    orders = Orders()
    # The handler interrupts this thread anywhere, also in the event that it would set.
    asked_to_stop: queue.SimpleQueue[None] = queue.SimpleQueue()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.put(None))
    signal.signal(signal.SIGHUP, lambda *_: orders.reload.put(None))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ORDERS)
    threading.Thread(
        target=_stop_when_asked, args=(orders.stop, asked_to_stop, os.getppid()), daemon=True
    ).start()
    try:
        work(orders)
    except OfsepNodeError as error:
        structlog.get_logger().error("node.process_failed", reason=str(error))
        raise SystemExit(1) from None


def _stop_when_asked(stop: threading.Event, asked: queue.SimpleQueue[None], parent: int) -> None:
    """A killed supervisor takes its parts with it: they hold its port and its folder."""
    while os.getppid() == parent:
        with contextlib.suppress(queue.Empty):
            asked.get(timeout=PARENT_LOOKED_AFTER_EVERY_S)
            stop.set()
    stop.set()
    time.sleep(PARENT_LOOKED_AFTER_EVERY_S * 10)
    os._exit(1)
