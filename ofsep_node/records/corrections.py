"""What people said of the examinations, kept as a list that only grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ofsep_node.domain.correction import Corrections, Indicated, Pin, PinnedAttribute
from ofsep_node.records.schema import CorrectionRow, StudyRow

INDICATION = "indication"
"""The attribute of a correction that is about the whole study."""


@dataclass(frozen=True, slots=True)
class CorrectionEntry:
    """One thing that was said, withdrawn ones and replaced ones as well; None withdraws."""

    series_instance_uid: str | None
    attribute: str
    value: str | None
    by: str
    reason: str
    at: datetime


def record(
    session: Session,
    study: StudyRow,
    series_instance_uid: str | None,
    said: Mapping[str, str | None],
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Write down what a person said: attributes with their values, None to withdraw one.

    The study must be locked. It is not judged by this.
    """
    session.add_all(
        CorrectionRow(
            study_instance_uid=study.study_instance_uid,
            series_instance_uid=series_instance_uid,
            attribute=attribute,
            value=value,
            by=by,
            reason=reason,
            at=at,
        )
        for attribute, value in said.items()
    )
    study.annotated = True
    session.flush()


def corrections_of(session: Session, study_instance_uid: str) -> Corrections:
    """What stands of all that was said of a study, in the order in which it was said."""
    standing: dict[tuple[str | None, str], CorrectionRow] = {}
    for row in session.scalars(_said_of(study_instance_uid)):
        key = (row.series_instance_uid, row.attribute)
        standing.pop(key, None)
        if row.value is not None:
            standing[key] = row
    indicated = standing.pop((None, INDICATION), None)
    return Corrections(
        indication=None if indicated is None else _indicated(indicated),
        pins=tuple(_pin(series, row) for (series, _), row in standing.items() if series),
    )


def correction_history(session: Session, study_instance_uid: str) -> list[CorrectionEntry]:
    """All that was ever said of a study, the first one first."""
    return [
        CorrectionEntry(r.series_instance_uid, r.attribute, r.value, r.by, r.reason, r.at)
        for r in session.scalars(_said_of(study_instance_uid))
    ]


def _said_of(study_instance_uid: str) -> Select[CorrectionRow]:
    return (
        select(CorrectionRow)
        .where(CorrectionRow.study_instance_uid == study_instance_uid)
        .order_by(CorrectionRow.correction_id)
    )


def _indicated(row: CorrectionRow) -> Indicated:
    return Indicated(str(row.value), row.by, row.reason, row.at.isoformat())


def _pin(series_instance_uid: str, row: CorrectionRow) -> Pin:
    attribute = cast("PinnedAttribute", row.attribute)
    at = row.at.isoformat()
    return Pin(series_instance_uid, attribute, str(row.value), row.by, row.reason, at)
