"""The versions of a study's verdict: one open version at most, all others frozen for ever."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ofsep_node.domain.verdict import Verdict
from ofsep_node.errors import RecordsError
from ofsep_node.records import patients
from ofsep_node.records.documents import UnreadableDocument, from_json, to_json
from ofsep_node.records.schema import StudyRow, VerdictRow

log = structlog.get_logger()

_SAYS_NOTHING_OF_THE_STUDY = ("version", "software", "cause")
"""What may differ between two verdicts that say the same; and the edition's digest."""


def newest(session: Session, study: StudyRow) -> Verdict | None:
    """The verdict as it stands; None when there is none, or none that this version can read."""
    row = _newest_row(session, study)
    if row is None:
        return None
    try:
        return from_json(row.document)
    except UnreadableDocument as error:  # of another version: the study is judged afresh
        uid = study.study_instance_uid
        log.warning("verdict.unreadable", study=uid, version=row.version, reason=str(error))
        return None


def version_called(session: Session, study_instance_uid: str, version: int) -> VerdictRow:
    """One version of a study's verdict. Raises RecordsError when there is none of this number."""
    row = session.get(VerdictRow, (study_instance_uid, version))
    if row is None:
        raise RecordsError(f"study {study_instance_uid} has no version {version} of its verdict")
    return row


def last_settled(session: Session, study_instance_uids: Collection[str]) -> dict[str, int]:
    """The newest version of each study's verdict that was given when the study was over.

    Studies of which no such version is frozen are left out.
    """
    rows = session.execute(
        select(VerdictRow.study_instance_uid, func.max(VerdictRow.version))
        .where(
            VerdictRow.study_instance_uid.in_(study_instance_uids),
            VerdictRow.frozen,
            VerdictRow.state != "receiving",
        )
        .group_by(VerdictRow.study_instance_uid)
    )
    return {str(uid): int(version) for uid, version in rows}


def keep(session: Session, study: StudyRow, verdict: Verdict, at: datetime) -> Verdict:
    """Record a verdict and return it with the number of its version.

    An open version is rewritten; a frozen one is followed by the next version, unless the new
    verdict says the same. A verdict with a cause of its own never takes the place of another: the
    open version is frozen as it is, and so is the new one, which shows what the cause changed.
    """
    row = _newest_row(session, study)
    caused = verdict.cause is not None
    if row is not None and (row.frozen or caused) and _same(row, verdict):
        return _noted(study, row, replace(verdict, cause=None))
    if row is not None and caused:
        row.frozen = True
    if row is None or row.frozen:
        row = VerdictRow(study_instance_uid=study.study_instance_uid, version=study.version + 1)
        session.add(row)
    kept = replace(verdict, version=row.version)
    row.state, row.conclusion, row.judged_at = verdict.state, verdict.verdict, at
    row.document, row.frozen = to_json(kept), caused
    return _noted(study, row, kept)


def freeze(session: Session, study: StudyRow) -> None:
    """Close the open version, if there is one: it will not be written again."""
    row = _newest_row(session, study)
    if row is not None:
        row.frozen = True


def _noted(study: StudyRow, row: VerdictRow, verdict: Verdict) -> Verdict:
    """The study says which verdict stands."""
    study.version, study.conclusion = row.version, verdict.verdict
    patients.remember(study, verdict)
    return replace(verdict, version=row.version)


def _newest_row(session: Session, study: StudyRow) -> VerdictRow | None:
    return session.get(VerdictRow, (study.study_instance_uid, study.version))


def _same(row: VerdictRow, verdict: Verdict) -> bool:
    return _said(to_json(verdict)) == _said(row.document)


def _said(document: dict[str, Any]) -> dict[str, Any]:
    said = {k: v for k, v in document.items() if k not in _SAYS_NOTHING_OF_THE_STUDY}
    protocol = said.get("protocol")
    if isinstance(protocol, dict):
        said["protocol"] = {k: v for k, v in protocol.items() if k != "digest"}
    return said
