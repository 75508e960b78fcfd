"""What all nodes on one database recorded, as lines of a log: `tail --all-nodes`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from ofsep_node.domain.events import Event, written_at
from ofsep_node.records import events
from ofsep_node.records.database import Records

LOOK_AGAIN_AFTER_S = 0.5
EVENTS_AT_A_TIME = 500

Line = Mapping[str, Any]


class EventStream:
    """The events of every node: each node's in their order, and all of a moment's by their time.

    Numbers are given in the order of commits for each node alone, so that each has a place of its
    own up to which it has been read.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._read: dict[str, int] = {}

    def written(self, most: int, wanted: Callable[[Line], bool]) -> list[Line]:
        """The last lines that are wanted. Raises RecordsError."""
        with self._records.reading() as session:
            self._read = {node: events.newest_of(session, node) for node in events.nodes(session)}
            lines = (
                _line(node, at, event)
                for position, node, at, event in events.backwards(session)
                if position <= self._read.get(node, 0)
            )
            return [*islice(filter(wanted, lines), most)][::-1]

    def coming(self) -> Iterator[Line]:
        """Lines as they are recorded, without end. Raises RecordsError."""
        while True:
            found = self._next()
            yield from found
            if not found:
                time.sleep(LOOK_AGAIN_AFTER_S)

    def _next(self) -> list[Line]:
        found = []
        with self._records.reading() as session:
            for node in events.nodes(session):
                after = events.after(session, node, self._read.get(node, 0), EVENTS_AT_A_TIME)
                found += [(at, node, event) for _, at, event in after]
                if after:
                    self._read[node] = after[-1][0]
        return [_line(node, at, event) for at, node, event in sorted(found, key=lambda f: f[0])]


def _line(node: str, at: datetime, event: Event) -> Line:
    told = {"at": written_at(at), "level": event.level, "event": event.name, "node": node}
    return told | event.fields
