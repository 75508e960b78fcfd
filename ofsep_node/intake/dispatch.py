"""Queues the reports that a verdict makes due, in the transaction of the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from ofsep_node.domain.events import Event
from ofsep_node.domain.routing import NOBODY, Routing, Sender, When
from ofsep_node.domain.verdict import Conclusion
from ofsep_node.intake.events import Origin, event
from ofsep_node.records import outbox
from ofsep_node.records.schema import StudyRow


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Knows who is told of what. A provisional report waits a while for a newer one."""

    routing: Routing
    provisional_after_s: float = 0.0

    def settled(self, session: Session, row: StudyRow, at: datetime) -> list[Event]:
        """Queue what a settled verdict makes due, to all who are told of the study's senders."""
        outbox.drop_outdated(
            session, row.study_instance_uid, at
        )  # also where nobody is told any more
        if not self.routing.senders:
            return []
        senders = outbox.senders_of(session, row.study_instance_uid)
        return self._queue(session, row, senders, "settled", at)

    def provisional(
        self, session: Session, row: StudyRow, sender: Sender, at: datetime
    ) -> list[Event]:
        """Queue what a verdict so far makes due, as an association of this sender ends."""
        if not self.routing.senders:
            return []
        outbox.drop_provisional(session, row.study_instance_uid, sender.ae_title, at)
        return self._queue(session, row, [sender], "provisional", at)

    def _queue(
        self, session: Session, row: StudyRow, senders: Iterable[Sender], when: When, at: datetime
    ) -> list[Event]:
        if row.conclusion is None:
            return []
        provisional = when == "provisional"
        told = outbox.told(session, row.study_instance_uid)
        entries = outbox.queue(
            session,
            row,
            self.routing.due(senders, cast("Conclusion", row.conclusion), when, told),
            at=at,
            provisional=provisional,
            delay=timedelta(seconds=self.provisional_after_s if provisional else 0.0),
        )
        return [
            event(
                "report.queued",
                Origin(peer=entry.sender.ae_title, address=entry.sender.address),
                level="debug" if provisional else "info",
                study=entry.study_instance_uid,
                details={
                    "report": entry.entry_id,
                    "destination": entry.destination,
                    "kind": entry.kind,
                    "version": entry.version,
                    "provisional": provisional,
                },
            )
            for entry in entries
        ]


TELLS_NOBODY = Dispatch(NOBODY)
