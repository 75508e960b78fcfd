"""What the records know of a patient's other examinations."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from ofsep_node.domain.study import PreviousExamination, Study
from ofsep_node.domain.verdict import Verdict
from ofsep_node.records.schema import INDEXED_CHARACTERS, PATIENT_ID, StudyRow

WHOLE_CORD_RULE = "whole-cord"
"""The rule whose pass says that a cord was imaged from end to end."""

EXAMINATIONS_LOOKED_AT = 100
"""The newest so many: enough for a lifetime, and a bound for an identifier that many share."""


def remember(row: StudyRow, verdict: Verdict) -> None:
    """Keep with the study what its verdict says was imaged."""
    row.parts, row.whole_cord = [*verdict.study.parts], _shows_whole_cord(verdict)


def is_of(patient_id: str) -> ColumnElement[bool]:
    """The condition that a study has this PatientID, of which the index holds the beginning."""
    beginning = PATIENT_ID
    return and_(beginning == patient_id[:INDEXED_CHARACTERS], StudyRow.patient_id == patient_id)


def previous_examinations(session: Session, study: Study) -> tuple[PreviousExamination, ...]:
    """The patient's earlier examinations of brain or cord, the newest first.

    The same PatientID, an earlier StudyDate. None when the study itself leaves open whose it is,
    or when.
    """
    if len(study.patient_ids) != 1 or study.unidentified or study.study_date is None:
        return ()
    found = session.execute(
        select(
            StudyRow.study_instance_uid, StudyRow.study_date, StudyRow.parts, StudyRow.whole_cord
        )
        .where(is_of(study.patient_ids[0]))
        .where(StudyRow.study_date < study.study_date)
        .order_by(StudyRow.study_date.desc(), StudyRow.study_instance_uid)
        .limit(EXAMINATIONS_LOOKED_AT)
    )
    return tuple(
        PreviousExamination(uid, str(date), cast("Any", tuple(parts)), whole_cord)
        for uid, date, parts, whole_cord in found
        if parts and uid != study.study_instance_uid
    )


def _shows_whole_cord(verdict: Verdict) -> bool:
    """Its extent passed, which is in mm; the rule also counts the acquisitions."""
    extents = (f for f in verdict.findings if f.rule == WHOLE_CORD_RULE and f.unit == "mm")
    return any(f.outcome == "pass" for f in extents)
