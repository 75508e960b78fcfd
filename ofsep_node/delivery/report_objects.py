"""Reports that are DICOM objects, made from the records and the archive when they are due."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Literal, cast

from sqlalchemy.orm import Session

from ofsep_node.delivery.document import Document, Draft
from ofsep_node.domain.verdict import Verdict
from ofsep_node.records.outbox import OutboxEntry
from ofsep_node.reporting import Kind, Report, ReportContext
from ofsep_node.reporting.gathering import Recorded, context_of, recorded

_WITH_PICTURES = ("pdf", "sc")


@dataclass(frozen=True, slots=True)
class ReportObjects:
    """Drafts the objects of entries, the same at every attempt, whatever came in between.

    They are made one at a time: pictures and pages of an examination are large.
    """

    archive: Path
    language: Literal["en", "fr"]
    zone: tzinfo
    _making: threading.Lock = field(default_factory=threading.Lock)

    def draft(self, session: Session, entry: OutboxEntry) -> Draft:
        """What makes the object of an entry; raises as `reporting.gathering.recorded`."""
        study = recorded(session, entry.study_instance_uid, entry.version, entry.target)
        kind = cast("Kind", entry.kind)
        return lambda: _document(self.report(kind, study))

    def report(self, kind: Kind, study: Recorded) -> Report:
        """Make one. Raises NothingToReport, UnreadableObject, OSError."""
        with self._making:
            shown = kind in _WITH_PICTURES
            context = context_of(study, self.archive, self.language, self.zone, pictures=shown)
            return _maker()(kind, study.verdict, context)


def _document(report: Report) -> Document:
    return Document(report.content, report.media_type, sop_instance_uid=report.sop_instance_uid)


def _maker() -> Callable[[Kind, Verdict, ReportContext], Report]:
    """What makes documents is imported by the process that makes some: it takes a second."""
    made: Callable[[Kind, Verdict, ReportContext], Report]
    made = importlib.import_module("ofsep_node.reporting.making").report
    return made
