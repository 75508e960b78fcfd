"""A batch of objects read, within a time, whatever the machine can read of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog

from ofsep_node.intake.backlog import Backlog
from ofsep_node.intake.objects import Spooled, read_object
from ofsep_node.intake.requests import Item, is_request, read_request
from ofsep_node.pulse import Beat

log = structlog.get_logger()


def read_for(
    taken: Sequence[Spooled], seconds: float, backlog: Backlog, beat: Beat
) -> tuple[list[Item], Sequence[Spooled], list[Spooled]]:
    """Read objects for so long, one at least: the first ones must not wait for the last.

    Returns those that were read, those there was no time for, and those that the machine
    could not read and that are tried again later.
    """
    until = time.monotonic() + seconds
    read: list[Item] = []
    held: list[Spooled] = []
    for number, spooled in enumerate(taken, 1):
        beat()
        try:
            item = read_request(spooled) if is_request(spooled) else read_object(spooled, beat)
        except (OSError, MemoryError) as error:
            _hold_back(spooled, error, backlog)
            held.append(spooled)
        else:
            read += [item] if item else []
        if time.monotonic() > until:
            return read, taken[number:], held
    return read, [], held


def _hold_back(spooled: Spooled, error: OSError | MemoryError, backlog: Backlog) -> None:
    if backlog.hold_back(spooled):
        reason = f"{spooled.path}: {error or type(error).__name__}; it is tried again"
        log.warning("intake.waiting", association=spooled.association_id, reason=reason)
