"""Drops the images of one study: the records say so, the files go, the records say it is done."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from ofsep_node.domain.events import Event
from ofsep_node.domain.retention import Hold, Rule
from ofsep_node.records import arrivals, database, events
from ofsep_node.records import retention as records_of
from ofsep_node.records.archived import KnownArchive
from ofsep_node.records.database import Records, repeated
from ofsep_node.records.locks import lock_studies, try_lock_study
from ofsep_node.records.retention import ArchivedStudy, Dropped
from ofsep_node.reporting import header
from ofsep_node.retention.files import remove, remove_empty_folders

STUDIES_AT_A_TIME = 100
FILES_A_TURN = 32
"""A SQLite file has one writer at a time: the intake waits for no more than so many removals."""

PAUSE_LEAST_S = 0.02
HEADERS_TRIED = 20

Pause = Callable[[float], None]
"""Leaves the disk and the records to others for so many seconds; raises what ends the work."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the images of a study that is over its time: `holds` keep them, or they go.

    Neither, and no bytes, where they are gone already, or somebody else is about it.
    """

    study: ArchivedStudy
    rule: Rule
    holds: tuple[Hold, ...] = ()
    objects: int = 0
    size: int = 0  # bytes


class Retention:
    """Drops images from the archive, a study at a time, beside a running node or without one.

    Any number of processes, of any node on the same records, may do so at the same time. `by` is
    who does it; all times are the database's, unless a clock is given. One that `waits` does so for
    whoever works on a study at that moment; another leaves it to the next look.
    """

    def __init__(
        self,
        records: Records,
        archive: Path,
        node: str,
        by: str,
        *,
        waits: bool = False,
        now: Callable[[Session], datetime] = database.now,
        pause: Pause = time.sleep,
    ) -> None:
        self._records = records
        self._archive = archive
        self._node = node
        self._by = by
        self._waits = waits
        self._now = now
        self._pause = pause

    # --- looking

    def over_time(self, rule: Rule, past: ArchivedStudy | None = None) -> Iterator[ArchivedStudy]:
        """The studies that a rule is about, those of longest ago first. Raises RecordsError.

        `past` is the last one that has been looked at. They are looked up a few at a time: what
        is dropped meanwhile is no longer among them.
        """
        while True:
            with self._records.reading() as session:
                before = rule.since(self._now(session))
                found = records_of.received_before(session, before, past, STUDIES_AT_A_TIME)
            yield from found
            if len(found) < STUDIES_AT_A_TIME:
                return
            past = found[-1]

    def study(self, study_instance_uid: str) -> ArchivedStudy:
        """One study, by its full UID. Raises RecordsError."""
        with self._records.reading() as session:
            return records_of.archived_study(session, study_instance_uid)

    def looked_at(self, study: ArchivedStudy, rule: Rule) -> Outcome:
        """What would become of the images of a study. Raises RecordsError."""
        with self._records.reading() as session:
            at = self._now(session)
            standing = records_of.standing_of(session, study.study_instance_uid, at)
        if standing.holds:
            return Outcome(study, rule, standing.holds)
        return Outcome(study, rule, objects=study.images, size=study.archived_bytes)

    # --- dropping

    def drop(self, study: ArchivedStudy, rule: Rule) -> Outcome:
        """Drop a study's images, unless something keeps them.

        Raises RecordsError and OSError, when it can be tried again later, and NotOfTheArchive.
        """
        outcome = self.looked_at(study, rule)
        if outcome.holds or not outcome.size:
            return outcome
        self._require_archive()
        self.finish(study.study_instance_uid)  # what was dropped before
        kept = self._header(study.study_instance_uid)
        marked = repeated(lambda: self._mark(study, rule, kept))
        if marked.holds:
            return marked
        dropped = self.finish(study.study_instance_uid)
        if dropped is None:
            return marked
        return Outcome(study, rule, objects=dropped.objects, size=dropped.size)

    def _require_archive(self) -> None:
        """Raises OSError: what cannot be removed is not to be told as dropped."""
        known = self._known_archive()
        while known.newest:  # otherwise others have dropped everything
            try:
                known.require()
                break
            except FileNotFoundError:
                before, known = known, self._known_archive()
                if known == before:  # and it is not that others have dropped it meanwhile
                    raise
        if not os.access(self._archive, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "the archive cannot be written", str(self._archive))

    def _known_archive(self) -> KnownArchive:
        with self._records.reading() as session:
            return KnownArchive.of(session, self._archive)

    def unfinished(self) -> list[str]:
        """Studies of which somebody was stopped dropping the images. Raises RecordsError."""
        with self._records.reading() as session:
            return records_of.being_dropped(session)

    def finish(self, study_instance_uid: str) -> Dropped | None:
        """Remove the files of what was dropped; None when that was done already, or is by others.

        Raises RecordsError, OSError and NotOfTheArchive.
        """
        with self._records.reading() as session:
            if not records_of.is_being_dropped(session, study_instance_uid):
                return None  # whoever begins it at this moment goes on with it
        removal = _Removal(self._known_archive(), study_instance_uid)
        while True:
            began = time.monotonic()
            dropped = repeated(lambda: self._turn(removal))
            if removal.is_over:
                return dropped
            self._pause(max(PAUSE_LEAST_S, time.monotonic() - began))

    def _header(self, study_instance_uid: str) -> bytes | None:
        """What later reports take from an image; None when it is kept, or none can be read any more."""
        with self._records.reading() as session:
            if records_of.kept_header(session, study_instance_uid) is not None:
                return None
            names = records_of.names_in_archive(session, study_instance_uid, HEADERS_TRIED)
        found = header.first_readable(self._archive / name for name in names)
        return None if found is None else header.as_kept(found)

    def _mark(self, study: ArchivedStudy, rule: Rule, kept: bytes | None) -> Outcome:
        """Nothing is asked of the archive here, which may keep whoever asks waiting."""
        uid = study.study_instance_uid
        with self._records.writing() as session:
            if self._waits:
                lock_studies(session, [uid])
            elif not try_lock_study(session, uid):
                return Outcome(study, rule)
            at = self._now(session)
            standing = records_of.standing_of(session, uid, at)
            archived = records_of.archived_study(session, uid).archived_bytes
            if not rule.drops(standing, at) or not archived:
                return Outcome(study, rule, standing.holds)
            if not records_of.is_being_dropped(session, uid):
                records_of.mark(session, uid, rule.cause, at)
                if kept is not None:
                    records_of.keep_header(session, uid, kept)
        return Outcome(study, rule)

    def _turn(self, removal: _Removal) -> Dropped | None:
        """Remove a few files, while nobody can bring one of them back; or say that all are gone."""
        uid = removal.study_instance_uid
        with self._records.writing() as session:
            lock_studies(session, [uid])
            if not records_of.is_being_dropped(session, uid):
                removal.is_over = True
                return None
            removal.go_on(records_of.files_to_remove(session, uid, removal.past, FILES_A_TURN))
            return self._done(session, uid) if removal.is_over else None

    def _done(self, session: Session, study_instance_uid: str) -> Dropped | None:
        records_of.done(session, study_instance_uid)
        dropped = records_of.dropped(session, study_instance_uid)
        if dropped is None:  # everything came again meanwhile
            return None
        node = arrivals.node_of(session, study_instance_uid) or self._node
        told = Event(
            name="study.images_dropped",
            study=study_instance_uid,
            details={
                "objects": dropped.objects,
                "bytes": dropped.size,
                "because": dropped.because,
                "by": self._by,
            },
        )
        events.append(session, [told], node=node, at=self._now(session))
        return dropped


class _Removal:
    """How far the files of one study are removed. What fails is done again from the same place."""

    def __init__(self, archive: KnownArchive, study_instance_uid: str) -> None:
        self.study_instance_uid = study_instance_uid
        self.past = 0
        self.is_over = False
        self._archive = archive
        self._folders: dict[str, str] = {}  # and a name that was in each

    def go_on(self, files: Sequence[tuple[int, str]]) -> None:
        """Remove some files; without any, the folders that are left."""
        names = [name for _, name in files]
        self._require_there(names)
        if not files:
            remove_empty_folders(self._archive.path, self._folders.values())
            self.is_over = True
            return
        remove(self._archive.path, names)
        self._folders |= {name.rpartition("/")[0]: name for name in names}
        self.past = files[-1][0]

    def _require_there(self, names: list[str]) -> None:
        """The last folder of a study goes last: where it is missing, perhaps everything is."""
        if names and not (self._archive.path / names[0].partition("/")[0]).is_dir():
            self._archive.require()
