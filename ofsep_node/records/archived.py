"""Where the objects of a study lie in the archive, and whether that is there."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ofsep_node.disk import require_contents
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.records.documents import facts_from_json
from ofsep_node.records.schema import IS_ARCHIVED, InstanceRow, StudyRow

_STUDIES_ASKED, _OBJECTS_ASKED = 10, 5
"""Of how many studies, and how many objects of each, one must be in an archive that is there."""


@dataclass(frozen=True, slots=True)
class ArchivedObject:
    """An object that is judged: its facts, its name relative to the archive, when it came.

    One that was dropped from the archive has no name there.
    """

    facts: InstanceFacts
    archived_as: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class KnownArchive:
    """The folder of the archive, and names of objects in it, relative to it, of what came last."""

    path: Path
    newest: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, path: Path) -> KnownArchive:
        """What the records say of it."""
        studies = session.scalars(
            select(StudyRow.study_instance_uid)
            .where(IS_ARCHIVED)
            .order_by(StudyRow.last_received_at.desc(), StudyRow.study_instance_uid.desc())
            .limit(_STUDIES_ASKED)
        ).all()
        return cls(path, tuple(name for uid in studies for name in _some_of(session, uid)))

    def require(self) -> None:
        """Raises FileNotFoundError where none of these objects lies, and OSError.

        What is there in the place of a file system that is not mounted may be empty, or of long ago.
        """
        require_contents(self.path)
        if self.newest and not any((self.path / name).exists() for name in self.newest):
            said = "the archive is not there, or another one: it has nothing of what came last"
            raise FileNotFoundError(errno.ENOENT, said, str(self.path))


def _some_of(session: Session, study_instance_uid: str) -> Sequence[str]:
    return session.scalars(
        select(InstanceRow.archived_as)
        .where(InstanceRow.study_instance_uid == study_instance_uid)
        .where(InstanceRow.dropped_at.is_(None))
        .limit(_OBJECTS_ASKED)
    ).all()


def archived_files(session: Session, study_instance_uid: str) -> dict[str, list[str]]:
    """The names, relative to the archive, of the objects that are judged, by series.

    A series of which an object was dropped is left out: what is left of it is not the series.
    """
    rows = session.execute(
        select(InstanceRow.series_instance_uid, InstanceRow.archived_as, InstanceRow.dropped_at)
        .where(InstanceRow.study_instance_uid == study_instance_uid, InstanceRow.counted)
        .order_by(InstanceRow.instance_id)
    )
    found: dict[str, list[str]] = {}
    dropped: set[str] = set()
    for series, name, dropped_at in rows:
        found.setdefault(series, []).append(name)
        if dropped_at is not None:
            dropped.add(series)
    return {series: names for series, names in found.items() if series not in dropped}


def archived_objects(session: Session, study_instance_uid: str) -> list[ArchivedObject]:
    """The objects of a study that are judged, as they came. Raises UnreadableDocument."""
    rows = session.execute(
        select(
            InstanceRow.facts,
            InstanceRow.archived_as,
            InstanceRow.received_at,
            InstanceRow.dropped_at,
        )
        .where(InstanceRow.study_instance_uid == study_instance_uid, InstanceRow.counted)
        .order_by(InstanceRow.instance_id)
    )
    return [
        ArchivedObject(facts_from_json(facts), None if dropped_at else name, at)
        for facts, name, at, dropped_at in rows
    ]
