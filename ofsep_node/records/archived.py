"""Where the objects of a study lie in the archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.records.documents import facts_from_json
from ofsep_node.records.schema import InstanceRow


@dataclass(frozen=True, slots=True)
class ArchivedObject:
    """An object that is judged: its facts, its name relative to the archive, when it came.

    One that was dropped from the archive has no name there.
    """

    facts: InstanceFacts
    archived_as: str | None
    received_at: datetime


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
