"""Whether the parts of a node live and work: a few numbers in memory that all of them share.

The supervisor makes the memory before it starts its parts, which inherit it. It needs no file, so
that a full disk hides nothing, and no message, so that a part that hangs cannot keep anyone waiting.
"""

from __future__ import annotations

import contextlib
import mmap
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

BEATS_EVERY_S = 5.0
"""A part that has nothing to do says so at least this often."""

STUCK_AFTER_S = 120.0
"""A part that has not beaten for so long hangs: its longest single step takes some ten seconds."""

WEB_STUCK_AFTER_S = 20.0
"""It is started again before a probe that it leaves without an answer has the whole node ended."""

SUPERVISOR = "supervisor"

Condition = Literal["well", "dead", "stuck"]

Beat = Callable[[], None]
"""Says that a part is at work."""

_CELL = 8
_PROCESS, _BEAT, _DEATHS = range(3)
_CELLS_A_PART = 3


class Phase(IntEnum):
    """Where the node is in its life."""

    STARTING = 0
    RUNNING = 1
    DRAINING = 2


@dataclass(frozen=True, slots=True)
class Sign:
    """What is known of a part: `silent_s` since its last beat, `deaths` since the node started."""

    part: str
    condition: Condition
    silent_s: float
    deaths: int

    @property
    def receives(self) -> bool:
        return self.part.startswith("receiver")

    @property
    def is_vital(self) -> bool:
        """Whether only a restart of the whole node mends it, or nothing is received meanwhile."""
        return self.receives or self.part == SUPERVISOR


class Pulses:
    """One row of numbers for each part, and the node's phase."""

    def __init__(self, parts: Sequence[str]) -> None:
        self.parts = tuple(parts)
        cells = 2 + _CELLS_A_PART * len(parts)
        self._cells = memoryview(mmap.mmap(-1, cells * _CELL)).cast("d")

    @property
    def phase(self) -> Phase:
        return Phase(int(self._cells[0]))

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self._cells[0] = phase

    @property
    def orphans(self) -> int:
        """Associations that were closed for a receiver that could not do it."""
        return int(self._cells[1])

    def orphaned(self, associations: int) -> None:
        """Count associations that were closed for a receiver. The supervisor's to call."""
        self._cells[1] += associations

    def born(self, part: str, process: int) -> None:
        """A part has been started; it has a while for its first beat."""
        row = self._row(part)
        self._cells[row + _BEAT] = time.monotonic()
        self._cells[row + _PROCESS] = process

    def died(self, part: str) -> None:
        """A part has ended without having been asked to."""
        row = self._row(part)
        self._cells[row + _PROCESS] = 0
        self._cells[row + _DEATHS] += 1

    def beat(self, part: str) -> None:
        """The part is at work."""
        self._cells[self._row(part) + _BEAT] = time.monotonic()

    def signs(self) -> Iterator[Sign]:
        """What is known of each part, in their order."""
        now = time.monotonic()
        for part in self.parts:
            process, beat, deaths = self._cells[(row := self._row(part)) : row + _CELLS_A_PART]
            silent_s = max(0.0, now - beat)
            yield Sign(part, _condition(part, process, silent_s), silent_s, int(deaths))

    def are_vital_parts_well(self) -> bool:
        """Whether the node receives, and is watched; what else fails it starts again by itself."""
        return all(sign.condition == "well" for sign in self.signs() if sign.is_vital)

    def _row(self, part: str) -> int:
        return 2 + _CELLS_A_PART * self.parts.index(part)


@contextlib.contextmanager
def beating(beat: Beat) -> Iterator[None]:
    """Beat through a step that may take minutes, and that nothing is heard of meanwhile."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(BEATS_EVERY_S):
            beat()

    beat()
    thread = threading.Thread(target=go_on, name="beating", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _condition(part: str, process: float, silent_s: float) -> Condition:
    if not process:
        return "dead"
    allowed_s = WEB_STUCK_AFTER_S if part == "web" else STUCK_AFTER_S
    return "stuck" if silent_s > allowed_s else "well"
