"""Which associations have something waiting in the spool, and what to take next.

Only the names of associations are held: what waits in each is read from its folder when its turn
comes, so that a spool of any size is emptied in the same small memory.
"""

from __future__ import annotations

import math
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
from ofsep_node.intake.unavailable import ArchiveUnavailable, files
from ofsep_node.spool import AssociationClosed, AssociationOpened

log = structlog.get_logger()

UNKNOWN_PEER = "UNKNOWN"
NAMES_KEPT = 4_096
"""Of an association's objects, so many names are kept from one listing of its folder."""


@dataclass(slots=True)
class Waiting:
    """What was found in one association's folder; `closed` only when `objects` are all.

    `rest_since` is since when what else may be there has waited, in monotonic seconds; None when
    the folder need not be looked at again.
    """

    association_id: str
    objects: list[Spooled] = field(default_factory=list)
    closed: AssociationClosed | None = None
    rest_since: float | None = None


@dataclass(slots=True)
class _Listing:
    """Of a folder: its objects not taken yet, the last one first; others came after `at`."""

    paths: list[Path]
    at: float


class Backlog:
    """A queue of associations to look at, each of them in it once.

    What is heard of may have come at any moment since it was listened last: while a batch is
    recorded or the database is away nobody listens, and objects come all the same.
    """

    def __init__(self, folder: Path, node: str) -> None:
        self._folder = folder
        self._node = node
        self._heard_until = -math.inf  # of all that came before, in monotonic seconds
        self._queue: OrderedDict[str, float] = OrderedDict()  # since when, in monotonic seconds
        self._taken: dict[str, float] = {}  # what was taken last had waited since then
        self._opened: OrderedDict[str, AssociationOpened] = OrderedDict()
        self._listed: dict[str, _Listing] = {}
        self._setbacks = Setbacks()

    def __bool__(self) -> bool:
        return bool(self._queue)

    def add(self, association_ids: Iterable[str], until: float) -> None:
        """Queue associations, all those to which something came from the last time to `until`.

        In monotonic seconds: the time before they were asked for, or an earlier one when others
        may be missing.
        """
        for association_id in sorted(association_ids):
            self._queue.setdefault(association_id, self._heard_until)
        self._heard_until = max(until, self._heard_until)

    def give_back(self, objects: Iterable[Spooled]) -> None:
        """Objects that were taken and not recorded: the next to be taken, in the same order.

        They have waited since they were queued first.
        """
        for spooled in sorted(objects, key=lambda s: s.sequence, reverse=True):
            self._queue_again(spooled.association_id)
            listing = _Listing([], self._queue[spooled.association_id])
            self._listed.setdefault(spooled.association_id, listing).paths.append(spooled.path)

    def give_all_back(self, waiting: Iterable[Waiting]) -> None:
        """Nothing of what was taken last is recorded, nor of what failed while it was taken."""
        for association_id in self._taken:
            self._queue_again(association_id)
        self.give_back(spooled for w in waiting for spooled in w.objects)

    def _queue_again(self, association_id: str) -> None:
        since = self._taken.get(association_id, self._heard_until)
        self._queue[association_id] = min(since, self._queue.get(association_id, since))

    def hold_back(self, spooled: Spooled) -> bool:
        """Leave an object in the spool for a while; True when it is the first time."""
        return self._setbacks.add(str(spooled.path))

    def recorded(self, spooled: Spooled) -> None:
        """Forget what held an object back."""
        self._setbacks.discard(str(spooled.path))

    def add_all(self) -> list[str]:
        """Queue every association in the spool, oldest first, and return them.

        Raises ArchiveUnavailable.
        """
        at = time.monotonic()
        found = self.present()
        self.add(found, until=at)
        return found

    def begin_again(self) -> None:
        """Know nothing of how long anything has waited, as at the start. Raises ArchiveUnavailable."""
        self._queue.clear()
        self._heard_until = -math.inf
        self.add_all()

    def present(self) -> list[str]:
        """The associations that have a folder in the spool, oldest first.

        Raises ArchiveUnavailable.
        """
        with files("the spool cannot be read"):
            return spool.associations(self._folder)

    def left(self) -> int:
        """How many associations still have a folder; not none when nobody can say."""
        try:
            return len(self.present())
        except ArchiveUnavailable:
            return 1

    def waiting_since(self) -> float:
        """Since when something may wait: what came before is recorded. In monotonic seconds.

        Minus infinity from the start until everything is recorded that was found then.
        """
        return min((self._heard_until, *self._queue.values()))

    def take(self, most: int) -> Iterator[Waiting]:
        """What waits, association by association, up to so many objects in all.

        Takes an association out of the queue; one with more objects than fit goes to its end, so
        that no sender waits for another's backlog. Raises OSError.
        """
        self._taken.clear()
        for _ in range(len(self._queue)):
            if most <= 0:
                return
            association_id, since = self._queue.popitem(last=False)
            self._taken[association_id] = since
            if not self._is_present(association_id):
                self._listed.pop(association_id, None)
                continue
            waiting = self._look(association_id, since, most)
            if waiting.rest_since is not None:
                self._queue[association_id] = waiting.rest_since
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

    def _look(self, association_id: str, since: float, most: int) -> Waiting:
        # Closed first, objects second: nothing is added to an association after it is closed.
        listing = self._listed.pop(association_id, None)
        closed = self._read_closed(association_id) if listing is None else None
        found = listing or self._list(association_id)
        free = [path for path in found.paths if str(path) not in self._setbacks]
        taken, rest = free[-most:][::-1], free[:-most]
        rest_since = None if listing is None else listing.at
        if rest:
            rest_since, kept = since, rest[-NAMES_KEPT:]
            at = found.at if len(kept) == len(rest) else since
            self._listed[association_id] = _Listing(kept, at)
        return Waiting(
            association_id,
            [Spooled(association_id, int(path.stem), path) for path in taken],
            None if len(taken) < len(found.paths) else closed,
            rest_since,
        )

    def _list(self, association_id: str) -> _Listing:
        at = time.monotonic()
        return _Listing(spool.stored_objects(self._folder, association_id)[::-1], at)

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
