"""Judges the studies that changed, and puts into events what became different."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ofsep_node import __version__
from ofsep_node.domain.correction import NO_CORRECTIONS, Corrections
from ofsep_node.domain.events import Event, EventLevel, EventName
from ofsep_node.domain.lifecycle import judged_as
from ofsep_node.domain.study import Study, StudyFold
from ofsep_node.domain.typography import typeset
from ofsep_node.domain.verdict import (
    Cause,
    Finding,
    SeriesVerdict,
    Verdict,
    finding_changes,
)
from ofsep_node.intake.events import Origin, event, worded
from ofsep_node.intake.examination import Examination
from ofsep_node.protocol import Edition, judge
from ofsep_node.records import arrivals, verdicts
from ofsep_node.records.corrections import corrections_of
from ofsep_node.records.documents import (
    findings_from_json,
    findings_to_json,
    identity_to_json,
)
from ofsep_node.records.measurements import measurements_of
from ofsep_node.records.patients import previous_examinations
from ofsep_node.records.schema import StudyRow
from ofsep_node.records.steps import steps_of

PAUSE = 4.0
"""A large study is judged again only after so many times what judging it last took."""

_NOTED = ("organ", "weighting", "dimension", "plane", "gadolinium", "role")
"""What a series is, to a person; confidence and evidence change with every image."""


@dataclass(slots=True)
class Pace:
    """When studies were judged last and at what cost, in seconds of a monotonic clock.

    A study of thousands of images takes long to judge, and must not be judged after each of them.
    """

    _due: dict[str, float] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)

    def ask_for(self, study_instance_uids: Iterable[str]) -> None:
        """Have studies judged again as soon as there is time, whatever judging them costs."""
        for uid in study_instance_uids:
            self._due.pop(uid, None)
            self.waiting.add(uid)

    def is_due(self, study_instance_uid: str) -> bool:
        """Whether judging the study now keeps judging a small part of all work."""
        return time.monotonic() >= self._due.get(study_instance_uid, 0.0)

    def judged(self, study_instance_uid: str, cost_s: float) -> None:
        """Note that a study has just been judged."""
        now = time.monotonic()
        # Another node may settle a study: what is due again needs no entry, and none stays for ever.
        self._due = {uid: due for uid, due in self._due.items() if due > now}
        self._due[study_instance_uid] = now + PAUSE * cost_s
        self.waiting.discard(study_instance_uid)

    def forget(self, study_instance_uid: str) -> None:
        """Stop pacing a study that is over."""
        self._due.pop(study_instance_uid, None)
        self.waiting.discard(study_instance_uid)

    def overdue(self) -> list[str]:
        """Studies that have waited long enough."""
        return [uid for uid in self.waiting if self.is_due(uid)]


@dataclass(frozen=True, slots=True)
class VerdictTold:
    """A study's verdict as the log tells it, to whomever: it is put into words once."""

    study: str
    level: EventLevel
    details: dict[str, Any]

    def event(self, name: EventName, origin: Origin, **details: Any) -> Event:
        """The event that tells it, with what only the one who is told needs."""
        about = details | self.details
        return event(name, origin, level=self.level, study=self.study, details=about)


class Unjudged(Exception):
    """Recognition or the judge failed on a study: its recorded verdict is not that of its images."""


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges by one edition and speaks one language."""

    edition: Edition
    language: str
    quiet: timedelta
    patient_id_in_events: bool = False

    def judge(
        self,
        session: Session,
        row: StudyRow,
        examination: Examination,
        *,
        origin: Origin,
        at: datetime,
        complete: bool,
        cause: Cause | None = None,
    ) -> list[Event]:
        """Judge a study, record the verdict, and return what has become different.

        What people said of the study, what was measured on its pixels and what the records know
        of the patient's earlier examinations are read in the same transaction. `complete` says
        that nothing more is on its way at the moment, so that series that could not be recognised
        are told of as well. Raises Unjudged, and leaves the verdict as it was, when recognition
        or the judge has a defect.
        """
        unreadable = arrivals.unreadable_with(session, row.study_instance_uid, self.quiet)
        try:
            study = self._study(session, row, examination.fold, unreadable)
            verdict = judge(
                study,
                self.edition,
                corrections=_corrections(session, row),
                state=judged_as(row.state),
                software=__version__,
                cause=cause,
                memory=examination.memory,
            )
        except SQLAlchemyError:
            raise
        except Exception as error:
            raise Unjudged(row.study_instance_uid) from error
        kept = verdicts.keep(session, row, verdict, at)
        recognised = self._recognised(session, kept, origin, complete=complete)
        return [*recognised, *self._changes(row, kept, origin)]

    def _study(self, session: Session, row: StudyRow, fold: StudyFold, unreadable: int) -> Study:
        """The examination with what is known of it beside its images."""
        study = fold.study(unreadable)
        previous = previous_examinations(session, study)
        measured = measurements_of(session, row.study_instance_uid) if row.annotated else ()
        return replace(
            study.performed_in(steps_of(session, row.study_instance_uid)),
            previous=previous,
            imaging=measured,
        )

    def verdict_event(
        self,
        session: Session,
        name: EventName,
        row: StudyRow,
        origin: Origin,
        **details: Any,
    ) -> Iterator[Event]:
        """The event that tells a study's verdict as it stands; none before its first one."""
        told = self.told(session, row)
        if told is not None:
            yield told.event(name, origin, **details)

    def told(self, session: Session, row: StudyRow) -> VerdictTold | None:
        """A study's verdict as it stands, in words; None before its first one."""
        verdict = verdicts.newest(session, row)
        if verdict is None:
            return None
        details = _summary(verdict) | worded(self.language, partial(_said, verdict))
        details |= {"images": row.images} | self.patient(row)
        return VerdictTold(row.study_instance_uid, _verdict_level(verdict), details)

    def patient(self, row: StudyRow) -> dict[str, Any]:
        """The patient id, where the site wants it in the log."""
        return {"patient_id": row.patient_id} if self.patient_id_in_events else {}

    def _recognised(
        self, session: Session, verdict: Verdict, origin: Origin, *, complete: bool
    ) -> Iterator[Event]:
        uid = verdict.study.study_instance_uid
        rows = arrivals.series_rows(session, uid)
        for series in verdict.series:
            row = rows[series.series_instance_uid]
            identity = identity_to_json(series.identity)
            if not _is_news(row.identity, identity, complete=complete):
                continue
            row.identity = identity
            details = {"number": series.number, "description": series.description}
            details |= {name: identity[name] for name in (*_NOTED, "confidence")}
            details |= worded(self.language, partial(_recognition_said, series, verdict))
            yield event(
                "series.recognised",
                origin,
                study=uid,
                series=series.series_instance_uid,
                details=details,
            )

    def _changes(self, row: StudyRow, after: Verdict, origin: Origin) -> Iterator[Event]:
        changes = finding_changes(findings_from_json(row.told), after.findings)
        row.told = findings_to_json(changes.standing)
        for finding in (*changes.raised, *(new for _, new in changes.regraded)):
            yield self._finding("finding.raised", finding, after, origin, finding.severity)
        for finding in changes.cleared:
            yield self._finding("finding.cleared", finding, after, origin, "info")

    def _finding(
        self, name: EventName, finding: Finding, verdict: Verdict, origin: Origin, level: EventLevel
    ) -> Event:
        series = verdict.series_called(finding.series)
        about = (
            {} if series is None else {"number": series.number, "description": series.description}
        )
        details = about | {
            "rule": finding.rule,
            "sentence": finding.sentence,
            "severity": finding.severity,
            "outcome": finding.outcome,
            "measured": finding.measured,
            "expected": finding.expected,
            "unit": finding.unit,
            **worded(
                self.language, lambda spoken: {"message": finding.message.in_language(spoken)}
            ),
        }
        study = verdict.study.study_instance_uid
        return event(name, origin, level=level, study=study, series=finding.series, details=details)


def _summary(verdict: Verdict) -> dict[str, Any]:
    return {
        "conclusion": verdict.verdict,
        "worst": _worst(_told(verdict)),
        "version": verdict.version,
    }


def _said(verdict: Verdict, language: str) -> dict[str, Any]:
    """What is missing, on its way, wrong and good."""
    return {
        "missing": _missing(verdict, language),
        "awaited": [_problem(verdict, f, language) for f in _awaited(verdict)],
        "problems": [_problem(verdict, f, language) for f in _told(verdict)],
        "met": [r.label.in_language(language) for r in verdict.met],
    }


def _told(verdict: Verdict) -> list[Finding]:
    return [f for f in verdict.troubles if not f.pending]


def _problem(verdict: Verdict, finding: Finding, language: str) -> str:
    """A finding in words, with the series it is about."""
    said = finding.message.in_language(language)
    series = verdict.series_called(finding.series)
    if series is None:
        return said
    word, colon = ("série", typeset(" :")) if language == "fr" else ("series", ":")
    return f"{word} {series.named(language)}{colon} {said}"


def _recognition_said(series: SeriesVerdict, verdict: Verdict, language: str) -> dict[str, Any]:
    return {
        "evidence": [*series.identity.evidence_in(language)],
        "still_missing": _missing(verdict, language),
    }


def _missing(verdict: Verdict, language: str) -> list[str]:
    return [r.label.in_language(language) for r in verdict.missing]


def _corrections(session: Session, row: StudyRow) -> Corrections:
    return corrections_of(session, row.study_instance_uid) if row.annotated else NO_CORRECTIONS


def _awaited(verdict: Verdict) -> list[Finding]:
    """Series that are not all there yet, while more may come."""
    return [f for f in verdict.troubles if f.pending and f.outcome == "fail" and f.series]


def _worst(findings: list[Finding]) -> str | None:
    """The gravest of what failed, else that something could not be told."""
    found = {f.severity if f.outcome == "fail" else f.outcome for f in findings}
    return next((w for w in ("error", "warning", "undetermined", "info") if w in found), None)


def _verdict_level(verdict: Verdict) -> EventLevel:
    good = verdict.verdict in ("compliant", "compliant_with_remarks")
    pending = all(f.pending for f in verdict.troubles)
    return "info" if good or pending else "warning"


def _is_news(told: dict[str, Any] | None, now: dict[str, Any], *, complete: bool) -> bool:
    if told is None:
        return complete or now["weighting"] != "unknown"
    if told["role"] == now["role"] == "localizer":
        return False  # its planes come one after the other, and matter to nobody
    return any(told[key] != now[key] for key in _NOTED)
