"""Which associations have something waiting in the spool, and what to take next.

Only the names of associations are held: what waits in each is read from its folder when its turn
comes, so that a spool of any size is emptied in the same small memory.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ofsep_node import spool
from ofsep_node.errors import NodeError
from ofsep_node.intake.objects import Spooled
from ofsep_node.intake.rhythm import Setbacks
from ofsep_node.spool import AssociationClosed, AssociationOpened

log = structlog.get_logger()

UNKNOWN_PEER = "UNKNOWN"
NAMES_KEPT = 4_096
"""Of an association's objects, so many names are kept from one listing of its folder."""


@dataclass(slots=True)
class Waiting:
    """What was found in one association's folder; `closed` only when `objects` are all.

    `more` says that the folder is to be looked at again.
    """

    association_id: str
    objects: list[Spooled] = field(default_factory=list)
    closed: AssociationClosed | None = None
    more: bool = False


class Backlog:
    """A queue of associations to look at, each of them in it once."""

    def __init__(self, folder: Path, node: str) -> None:
        self._folder = folder
        self._node = node
        self._queue: OrderedDict[str, float] = OrderedDict()  # since when, in monotonic seconds
        self._opened: OrderedDict[str, AssociationOpened] = OrderedDict()
        self._listed: dict[str, list[Path]] = {}  # the last object first
        self._setbacks = Setbacks()

    def __bool__(self) -> bool:
        return bool(self._queue)

    def add(self, association_ids: Iterable[str], since: float | None = None) -> None:
        """Queue associations that were heard of, at `since` in monotonic seconds or now."""
        heard_at = time.monotonic() if since is None else since
        for association_id in sorted(association_ids):
            self._queue.setdefault(association_id, heard_at)

    def give_back(self, objects: Iterable[Spooled]) -> None:
        """Objects that were taken and not recorded: the next to be taken, in the same order."""
        for spooled in sorted(objects, key=lambda s: s.sequence, reverse=True):
            self._listed.setdefault(spooled.association_id, []).append(spooled.path)
            self._queue.setdefault(spooled.association_id, time.monotonic())

    def hold_back(self, spooled: Spooled) -> bool:
        """Leave an object in the spool for a while; True when it is the first time."""
        return self._setbacks.add(str(spooled.path))

    def recorded(self, spooled: Spooled) -> None:
        """Forget what held an object back."""
        self._setbacks.discard(str(spooled.path))

    def add_all(self, since: float | None = None) -> list[str]:
        """Queue every association in the spool, oldest first, and return them."""
        found = self.present()
        self.add(found, since)
        return found

    def present(self) -> list[str]:
        """The associations that have a folder in the spool, oldest first. Raises OSError."""
        return spool.associations(self._folder)

    def waiting_since(self) -> float:
        """When the one heard of was queued that has waited longest, in monotonic seconds."""
        return min(self._queue.values(), default=time.monotonic())

    def take(self, most: int) -> Iterator[Waiting]:
        """What waits, association by association, up to so many objects in all.

        Takes an association out of the queue; one with more objects than fit goes to its end, so
        that no sender waits for another's backlog.
        """
        for _ in range(len(self._queue)):
            if most <= 0:
                return
            association_id, _since = self._queue.popitem(last=False)
            if not self._is_present(association_id):
                self._listed.pop(association_id, None)
                continue
            waiting = self._look(association_id, most)
            if waiting.more:
                self._queue[association_id] = time.monotonic()
            most -= max(1, len(waiting.objects))
            yield waiting

    def opened(self, association_id: str) -> AssociationOpened:
        """Who connected; an unknown peer when the spool does not say."""
        known = self._opened.get(association_id)
        if known is None:
            known = self._opened[association_id] = self._read_opened(association_id)
        return known

    def done(self, association_id: str) -> None:
        """Remove what a closed association leaves in the spool. Raises OSError."""
        if spool.remove_if_done(self._folder, association_id):
            self._opened.pop(association_id, None)

    def _is_present(self, association_id: str) -> bool:
        """False for a nudge that was read after its association had been recorded and removed."""
        if Path(association_id).name != association_id or association_id.startswith("."):
            return False  # a nudge is text from a pipe: it leads nowhere but into the spool
        return bool(association_id) and (self._folder / association_id).is_dir()

    def _look(self, association_id: str, most: int) -> Waiting:
        # Closed first, objects second: nothing is added to an association after it is closed.
        listed = self._listed.pop(association_id, [])
        anew = not listed
        closed = self._read_closed(association_id) if anew else None
        if anew:
            listed = spool.stored_objects(self._folder, association_id)[::-1]
        free = [path for path in listed if str(path) not in self._setbacks]
        taken, rest = free[-most:][::-1], free[:-most][-NAMES_KEPT:]
        if rest:
            self._listed[association_id] = rest
        return Waiting(
            association_id,
            [Spooled(association_id, int(path.stem), path) for path in taken],
            None if len(taken) < len(listed) else closed,
            more=bool(rest) or not anew,
        )

    def _read_opened(self, association_id: str) -> AssociationOpened:
        try:
            return spool.read_opened(self._folder, association_id)
        except NodeError as error:
            log.warning("association.unknown", association=association_id, reason=str(error))
            return _unknown(association_id, self._node)

    def _read_closed(self, association_id: str) -> AssociationClosed | None:
        try:
            return spool.read_closed(self._folder, association_id)
        except NodeError as error:
            log.warning("association.unknown", association=association_id, reason=str(error))
            now = spool.timestamp()
            return AssociationClosed(outcome="aborted", closed_at=now, objects=0, reason=str(error))


def _unknown(association_id: str, node: str) -> AssociationOpened:
    return AssociationOpened(
        association_id=association_id,
        node=node,
        calling_ae_title=UNKNOWN_PEER,
        called_ae_title=UNKNOWN_PEER,
        address=UNKNOWN_PEER,
        port=0,
        implementation_class_uid="",
        implementation_version_name="",
        opened_at=spool.timestamp(datetime.now(UTC)),
    )
