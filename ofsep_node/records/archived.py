"""Where the objects of a study lie in the archive."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ofsep_node.records.schema import InstanceRow


def archived_files(session: Session, study_instance_uid: str) -> dict[str, list[str]]:
    """The names, relative to the archive, of the objects that are judged, by series."""
    rows = session.execute(
        select(InstanceRow.series_instance_uid, InstanceRow.archived_as)
        .where(InstanceRow.study_instance_uid == study_instance_uid, InstanceRow.counted)
        .order_by(InstanceRow.instance_id)
    )
    found: dict[str, list[str]] = {}
    for series, name in rows:
        found.setdefault(series, []).append(name)
    return found
