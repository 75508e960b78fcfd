"""The versions of a study's verdict: one open version at most, all others frozen for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy.orm import Session

from ofsep_node.domain.verdict import Verdict
from ofsep_node.records.documents import from_json, to_json
from ofsep_node.records.schema import StudyRow, VerdictRow


def newest(session: Session, study: StudyRow) -> Verdict | None:
    """The verdict as it stands; None when there is none, or none that this version can read."""
    row = _newest_row(session, study)
    if row is None:
        return None
    try:
        return from_json(row.document)
    except ValidationError:
        return None  # another version of the program wrote it: the study is judged afresh


def keep(session: Session, study: StudyRow, verdict: Verdict, at: datetime) -> Verdict:
    """Record a verdict and return it with the number of its version.

    An open version is rewritten; a frozen one is followed by the next version, unless the new
    verdict says the same.
    """
    row = _newest_row(session, study)
    if row is None or (row.frozen and not _same(row, verdict)):
        row = VerdictRow(study_instance_uid=study.study_instance_uid, version=study.version + 1)
        session.add(row)
    kept = replace(verdict, version=row.version)
    if not row.frozen:
        _write(row, kept, at)
    study.version, study.conclusion = row.version, verdict.verdict
    return kept


def freeze(session: Session, study: StudyRow) -> None:
    """Close the open version, if there is one: it will not be written again."""
    row = _newest_row(session, study)
    if row is not None:
        row.frozen = True


def _write(row: VerdictRow, verdict: Verdict, at: datetime) -> None:
    row.state, row.conclusion, row.frozen = verdict.state, verdict.verdict, False
    row.judged_at, row.document = at, to_json(verdict)


def _newest_row(session: Session, study: StudyRow) -> VerdictRow | None:
    return session.get(VerdictRow, (study.study_instance_uid, study.version))


def _same(row: VerdictRow, verdict: Verdict) -> bool:
    return to_json(replace(verdict, version=row.version)) == row.document
