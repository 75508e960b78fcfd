"""What is looked up when somebody asks: spool, disks, database, the node's own parts."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from ofsep_node import __version__, spool
from ofsep_node.disk import nearest, space_at
from ofsep_node.errors import RecordsError
from ofsep_node.protocol import Edition
from ofsep_node.pulse import Phase, Pulses, Sign
from ofsep_node.records import nodes, outbox, queries, retention
from ofsep_node.records.commitments import commitment_counts
from ofsep_node.records.database import Records, StatementFailed, now
from ofsep_node.records.nodes import NodeEntry

_MEGABYTE = 1 << 20
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the node works."""

    spool: Path
    archive: Path
    metrics: Path
    minimum_free_bytes: int


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so; `found` says how it is. `ok` is None when nobody looked."""

    name: str
    ok: bool | None
    found: str


Finding = tuple[bool, str]
"""Whether it is so, and how it is."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is in the spool: `age_s` is that of the object that has waited longest."""

    objects: int = 0
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Outbox:
    """How many reports there are by destination and state; since when the oldest waits, in s."""

    reports: Mapping[tuple[str, str], int] = field(default_factory=dict)
    oldest_s: float = 0.0


class Facts:
    """Answers afresh each time it is asked. Safe to share between threads."""

    def __init__(
        self,
        place: Place,
        pulses: Pulses,
        records: Records,
        edition: Edition,
        certificate_ends: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.place = place
        self.pulses = pulses
        self._records = records
        self._edition = edition
        self.certificate_ends = certificate_ends
        self._checks: Mapping[str, Callable[[], Finding]] = {
            "listening": self._listening,
            "spool": self._spool_writable,
            "disk": self._disk,
            "intake": self._intake,
            "database": self._database,
        }

    def judge_by(self, edition: Edition) -> None:
        """The node judges by another edition from now on."""
        self._edition = edition

    @property
    def build(self) -> tuple[str, str, str]:
        """Version of the software, edition of the protocol, digest of edition and site file."""
        edition = self._edition
        return __version__, f"{edition.name} {edition.edition}", edition.digest

    # --- is it alive, is it ready

    def signs(self) -> list[Sign]:
        """What is known of each part of the node."""
        return list(self.pulses.signs())

    def checks(self, excluded: Collection[str] = ()) -> Iterator[Check]:
        """Everything that a node that is ready has, in the order of an image's way.

        An excluded check is not made: whoever leaves out the database does not wait for it.
        """
        for name, look in self._checks.items():
            if name in excluded:
                yield Check(name, None, "not looked at")
            else:
                yield Check(name, *look())

    @property
    def check_names(self) -> list[str]:
        return list(self._checks)

    def _listening(self) -> Finding:
        phase = self.pulses.phase
        well = [s.part for s in self._receivers() if s.condition == "well"]
        found = f"{len(well)} receivers" if phase is Phase.RUNNING else phase.name.lower()
        return phase is Phase.RUNNING and bool(well), found

    def _receivers(self) -> list[Sign]:
        return [s for s in self.pulses.signs() if s.receives]

    def _spool_writable(self) -> Finding:
        try:
            with tempfile.TemporaryFile(dir=nearest(self.place.spool)) as file:
                file.write(b"\0")
        except OSError as error:
            return False, f"cannot be written: {error.strerror}"
        return True, "can be written"

    def _disk(self) -> Finding:
        minimum = self.place.minimum_free_bytes
        try:
            free = space_at(self.place.spool).free
        except OSError as error:
            return False, f"does not say how much is free: {error.strerror}"
        return free >= minimum, f"{free // _MEGABYTE} MB free, {minimum // _MEGABYTE} MB wanted"

    def _intake(self) -> Finding:
        (sign,) = (s for s in self.pulses.signs() if s.part == "intake")
        return sign.condition == "well", sign.condition

    def _database(self) -> Finding:
        up = self.database_is_up()
        return up, "answers" if up else "does not answer"

    # --- numbers

    def database_is_up(self) -> bool:
        """Whether the database answers."""
        try:
            self._records.ping()
        except RecordsError:
            return False
        return True

    def studies(self) -> dict[tuple[str, str], int]:
        """How many studies the records hold by state and conclusion; none while they cannot say."""
        return self._looked_up(queries.study_counts, {})

    def outbox(self) -> Outbox:
        """What is in the outbox; nothing while the records cannot say."""
        return self._looked_up(_outbox, Outbox())

    def away(self) -> list[NodeEntry] | None:
        """Nodes of the database whose spools may hold objects; None while the records cannot say."""
        return self._looked_up(lambda session: nodes.away(nodes.entries(session)), None)

    def commitments(self) -> dict[str, int]:
        """How many requests for storage commitment have come how far; none while it is not known."""
        return self._looked_up(commitment_counts, {})

    def _looked_up(self, look: Callable[[Session], _Found], unknown: _Found) -> _Found:
        """What the records say, or `unknown` while they are down or their tables not made yet."""
        try:
            with self._records.reading() as session:
                return look(session)
        except (RecordsError, StatementFailed):
            return unknown

    def archived_bytes(self) -> int | None:
        """The size of all objects in the archive; None while it is not known."""
        return self._looked_up(retention.archived_bytes, None)

    def waiting(self) -> Waiting | None:
        """What waits in the spool; None when it cannot be read."""
        try:
            return self._waiting()
        except OSError:  # said by the intake, which waits for it
            return None

    def _waiting(self) -> Waiting:
        objects, oldest = 0, time.time()
        for association in spool.associations(self.place.spool):
            waiting = spool.stored_objects(self.place.spool, association)
            objects += len(waiting)
            if waiting:
                oldest = min(oldest, _modified(waiting[0]))
        return Waiting(objects, time.time() - oldest if objects else 0.0)

    def disks(self) -> Iterator[tuple[str, int, int]]:
        """For spool and archive: name, bytes free, bytes in all; nothing of one that is down."""
        for name, folder in (("spool", self.place.spool), ("archive", self.place.archive)):
            with contextlib.suppress(OSError):  # a network disk, most often
                space = space_at(folder)
                yield name, space.free, space.total


def _outbox(session: Session) -> Outbox:
    oldest = outbox.oldest_waiting(session)
    waited_s = 0.0 if oldest is None else (now(session) - oldest).total_seconds()
    return Outbox(outbox.counts(session), max(0.0, waited_s))


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # taken since it was listed
        return time.time()
