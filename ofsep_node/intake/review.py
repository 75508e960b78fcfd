"""Studies judged again because a person asked for it, not because images came.

Who says what, and why, is recorded with the version of the verdict that follows from it. This
works beside a running intake: both lock the study, and see what the other has recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy.orm import Session

from ofsep_node.domain.correction import UNKNOWN_INDICATION, Corrections
from ofsep_node.domain.events import Event
from ofsep_node.domain.geometry import Plane
from ofsep_node.domain.lifecycle import Act, Occurrence, after
from ofsep_node.domain.series import Dimension, Gadolinium, Organ, Role, Weighting
from ofsep_node.domain.study import ImagingMeasurement
from ofsep_node.domain.verdict import Cause, Verdict
from ofsep_node.errors import CorrectionError, JudgingFailed, StudyNotFound
from ofsep_node.intake.clock import Clock
from ofsep_node.intake.dispatch import TELLS_NOBODY, Dispatch
from ofsep_node.intake.events import Origin, event, worded
from ofsep_node.intake.examination import Examinations
from ofsep_node.intake.judging import Judging, Unjudged
from ofsep_node.records import arrivals, corrections, database, events, measurements, verdicts
from ofsep_node.records.corrections import INDICATION, corrections_of
from ofsep_node.records.database import Records, repeated
from ofsep_node.records.documents import UnreadableDocument
from ofsep_node.records.locks import lock_studies
from ofsep_node.records.schema import StudyRow
from ofsep_node.records.series import SeriesEntry

Said = Mapping[str, str | None]
"""Attributes and what they are said to be; None takes back what was said."""

PINNABLE: Mapping[str, tuple[str, ...]] = {
    "organ": get_args(Organ),
    "weighting": get_args(Weighting),
    "dimension": get_args(Dimension),
    "plane": get_args(Plane),
    "gadolinium": get_args(Gadolinium),
    "role": get_args(Role),
}
"""What a person can say of a series, with the values there are."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and why."""

    by: str
    reason: str = ""

    def cause(self, kind: Literal["pin", "indication", "rejudge", "imaging"]) -> Cause:
        """What the version of the verdict says of why it exists."""
        return Cause(kind, self.by, self.reason)


@dataclass(frozen=True, slots=True)
class Review:
    """A study's verdict as it stood, and as it stands now; `before` is None where none could be read."""

    before: Verdict | None
    after: Verdict

    @property
    def changed(self) -> bool:
        """Whether there is a new version."""
        return self.before is None or self.before.version != self.after.version


Recording = Callable[[Session, StudyRow], list[Event] | None]
"""Records something of a locked study; None when there is nothing to judge again for."""


class Reviewing:
    """Judges studies again, each in a transaction of its own. Holds one study in memory.

    All times are the database's, as those of the intakes are, unless a clock is given.
    """

    def __init__(
        self,
        records: Records,
        judging: Judging,
        node: str,
        dispatch: Dispatch = TELLS_NOBODY,
        clock: Clock | None = None,
    ) -> None:
        self._records = records
        self._judging = judging
        self._node = node
        self._dispatch = dispatch
        self._now = database.now if clock is None else lambda _: clock()
        self._examinations = Examinations(most=1)

    def indicate(self, study_instance_uid: str, indication: str, person: Person) -> Review:
        """Record why the examination was asked for; `unknown` takes back what was said.

        Raises CorrectionError for an indication the edition does not have, StudyNotFound,
        JudgingFailed, and RecordsError.
        """
        known = [i.id for i in self._judging.edition.indications]
        if indication not in (*known, UNKNOWN_INDICATION):
            raise CorrectionError(
                f"indication {indication!r} is not one of {', '.join(known)}, {UNKNOWN_INDICATION}"
            )
        said = {INDICATION: None if indication == UNKNOWN_INDICATION else indication}
        record = self._correction(None, said, person)
        return self._review(study_instance_uid, person.cause("indication"), record)

    def pin(self, series: SeriesEntry, said: Said, person: Person) -> Review:
        """Record what a series is; None takes back what was said of an attribute.

        Raises CorrectionError for what cannot be said, StudyNotFound, JudgingFailed, and
        RecordsError.
        """
        for attribute, value in said.items():
            _refuse_unknown(attribute, value)
        record = self._correction(series, said, person)
        return self._review(series.study_instance_uid, person.cause("pin"), record)

    def rejudge(self, study_instance_uid: str, person: Person) -> Review:
        """Judge the recorded facts by the edition at hand; the same verdict keeps its version.

        Raises StudyNotFound, JudgingFailed, and RecordsError.
        """
        return self._review(study_instance_uid, person.cause("rejudge"), lambda *_: [])

    def measured(
        self, study_instance_uid: str, found: Iterable[ImagingMeasurement], person: Person
    ) -> Review:
        """Record what was measured on a study's pixels.

        Raises StudyNotFound, JudgingFailed, and RecordsError.
        """

        def record(session: Session, row: StudyRow) -> list[Event]:
            measurements.record(session, row, found, self._now(session))
            return []

        return self._review(study_instance_uid, person.cause("imaging"), record)

    def _correction(self, series: SeriesEntry | None, said: Said, person: Person) -> Recording:
        def record(session: Session, row: StudyRow) -> list[Event] | None:
            uid = None if series is None else series.series_instance_uid
            new = _news(corrections_of(session, row.study_instance_uid), uid, said)
            if not new:
                return None
            at, by, reason = self._now(session), person.by, person.reason
            corrections.record(session, row, uid, new, by=by, reason=reason, at=at)
            details = {"by": by, "reason": reason, "said": new} | _described(series)
            label = self._judging.edition.indication_label(new.get(INDICATION) or "")
            if label is not None:
                details |= worded(
                    self._judging.language,
                    lambda spoken: {"indication": label.in_language(spoken)},
                )
            origin = Origin.of(arrivals.last_association(session, row.study_instance_uid))
            study = row.study_instance_uid
            return [event("study.corrected", origin, study=study, series=uid, details=details)]

        return record

    def _review(self, study_instance_uid: str, cause: Cause, record: Recording) -> Review:
        try:
            return repeated(lambda: self._review_once(study_instance_uid, cause, record))
        except (Unjudged, UnreadableDocument) as error:
            found = error if isinstance(error, UnreadableDocument) else error.__cause__
            kind = str(error) if isinstance(error, UnreadableDocument) else type(found).__name__
            raise JudgingFailed(
                f"study {study_instance_uid} could not be judged ({kind}); its verdict stands, "
                "and nothing was recorded"
            ) from error

    def _review_once(self, study_instance_uid: str, cause: Cause, record: Recording) -> Review:
        self._fold_ahead(study_instance_uid)
        with self._records.writing() as session:
            return self._transact(session, study_instance_uid, cause, record)

    def _fold_ahead(self, study_instance_uid: str) -> None:
        """Read the facts while others may write; the transaction sees whether they are the newest."""
        with self._records.reading() as session:
            row = _row(session, study_instance_uid)
            self._examinations.get(session, study_instance_uid, row.revision)

    def _transact(
        self, session: Session, study_instance_uid: str, cause: Cause, record: Recording
    ) -> Review:
        lock_studies(session, [study_instance_uid])
        row = _row(session, study_instance_uid)
        before = verdicts.newest(session, row)
        told = record(session, row)
        if told is None and before is not None:
            return Review(before, before)
        told = [*(told or ()), *self._judge(session, row, cause)]
        review = Review(before, _standing(session, row))
        if review.changed:
            step = after(row.state, Occurrence.REVISED)
            row.state = step.state
            if Act.TELL_VERDICT in step.acts:
                told += self._told_again(session, row, review, cause)
            if Act.REPORT in step.acts:
                told += self._dispatch.settled(session, row, self._now(session))
        node = arrivals.node_of(session, study_instance_uid) or self._node
        events.append(session, told, node=node, at=self._now(session))
        return review

    def _judge(self, session: Session, row: StudyRow, cause: Cause) -> list[Event]:
        uid = row.study_instance_uid
        examination = self._examinations.get(session, uid, row.revision)
        return self._judging.judge(
            session,
            row,
            examination,
            origin=Origin.of(arrivals.last_association(session, uid)),
            at=self._now(session),
            complete=False,
            cause=cause,
        )

    def _told_again(
        self, session: Session, row: StudyRow, review: Review, cause: Cause
    ) -> Iterable[Event]:
        origin = Origin.of(arrivals.last_association(session, row.study_instance_uid))
        return self._judging.verdict_event(
            session,
            "study.rejudged",
            row,
            origin,
            cause=cause.kind,
            by=cause.by,
            reason=cause.reason,
            before=None if review.before is None else review.before.verdict,
        )


def _refuse_unknown(attribute: str, value: str | None) -> None:
    if attribute not in PINNABLE:
        raise CorrectionError(f"{attribute!r} is not one of {', '.join(PINNABLE)}")
    if value is not None and value not in PINNABLE[attribute]:
        known = ", ".join(PINNABLE[attribute])
        raise CorrectionError(f"{attribute}={value}: {attribute} is one of {known}")


def _news(standing: Corrections, series: str | None, said: Said) -> Said:
    """What is said, but for taking back what nobody said."""
    pinned = {p.attribute for p in standing.pins if p.series_instance_uid == series}
    known = pinned | ({INDICATION} if series is None and standing.indication else set())
    return {name: value for name, value in said.items() if value is not None or name in known}


def _described(series: SeriesEntry | None) -> dict[str, int | str | None]:
    if series is None:
        return {}
    return {"number": series.series_number, "description": series.series_description}


def _row(session: Session, study_instance_uid: str) -> StudyRow:
    row = session.get(StudyRow, study_instance_uid)
    if row is None:
        raise StudyNotFound(f"no study {study_instance_uid} in the records")
    return row


def _standing(session: Session, row: StudyRow) -> Verdict:
    session.flush()
    verdict = verdicts.newest(session, row)
    if verdict is None:  # it was written a moment ago
        raise Unjudged(row.study_instance_uid)
    return verdict
