"""Reports that are DICOM objects, made from the records and the archive when they are due."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from sqlalchemy.orm import Session

from ofsep_node.delivery.document import Document
from ofsep_node.delivery.objects import MakeObject
from ofsep_node.domain.verdict import Verdict
from ofsep_node.records import outbox
from ofsep_node.records.archived import archived_objects
from ofsep_node.records.documents import from_json
from ofsep_node.records.outbox import OutboxEntry
from ofsep_node.records.verdicts import version_called
from ofsep_node.reporting import DocumentReference, Kind, Report, ReportContext
from ofsep_node.reporting.composite import FORMATS
from ofsep_node.reporting.gathering import Recorded, context_of
from ofsep_node.reporting.naming import series_uid

_WITH_PICTURES = ("pdf", "sc")


def object_of(archive: Path, language: Literal["en", "fr"]) -> MakeObject:
    """Makes the object of an entry; the same one at every attempt, whatever came in between."""

    def make(session: Session, entry: OutboxEntry) -> Document:
        study = _recorded(session, entry)
        context = context_of(study, archive, language, pictures=entry.kind in _WITH_PICTURES)
        context = replace(context, predecessor=_predecessor(session, entry))
        report = _maker()(cast("Kind", entry.kind), study.verdict, context)
        return Document(report.content, report.media_type, sop_instance_uid=report.sop_instance_uid)

    return make


def _maker() -> Callable[[Kind, Verdict, ReportContext], Report]:
    """What makes documents is imported by the process that makes some: it takes a second."""
    made: Callable[[Kind, Verdict, ReportContext], Report]
    made = importlib.import_module("ofsep_node.reporting.making").report
    return made


def _recorded(session: Session, entry: OutboxEntry) -> Recorded:
    """The version that is told, and the objects that it was judged by: later ones are not in it."""
    row = version_called(session, entry.study_instance_uid, entry.version)
    found = archived_objects(session, entry.study_instance_uid)
    return Recorded(
        verdict=from_json(row.document),
        judged_at=row.judged_at.astimezone(),
        before=None,
        objects=tuple(one for one in found if one.received_at <= row.judged_at),
    )


def _predecessor(session: Session, entry: OutboxEntry) -> DocumentReference | None:
    """The structured report that the destination has of the study, if it has one."""
    uid = outbox.sent_before(session, entry)
    if entry.kind != "sr" or uid is None:
        return None
    return DocumentReference(
        FORMATS["sr"].sop_class_uid, uid, series_uid(entry.study_instance_uid, "sr")
    )
