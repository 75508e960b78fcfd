"""Which studies are over: what the records, the spool and the other nodes say of it together."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ofsep_node.domain.lifecycle import Act, Occurrence, ending, states_where
from ofsep_node.intake.backlog import Backlog
from ofsep_node.intake.presence import Now, Presence
from ofsep_node.intake.settings import IntakeSettings
from ofsep_node.records import arrivals
from ofsep_node.records.schema import StudyRow
from ofsep_node.records.steps import performed_among


class Settling:
    """Looks for studies that may be over, and says of each whether it is."""

    def __init__(
        self, settings: IntakeSettings, backlog: Backlog, presence: Presence, now: Now
    ) -> None:
        self._quiet = timedelta(seconds=settings.quiet_period_s)
        self._longest = timedelta(seconds=settings.longest_s)
        self._backlog = backlog
        self._presence = presence
        self._now = now

    def recorded_until(self, session: Session) -> datetime | None:
        """Until when everything that came to this node is recorded; None when that is not known."""
        since = self._backlog.waiting_since()
        if since == -math.inf:
            return None
        return self._now(session) - timedelta(seconds=time.monotonic() - since)

    def candidates(self, session: Session, here_until: datetime) -> list[str]:
        """Studies that may be over, by Study Instance UID; all that came before is recorded here."""
        known = self._presence.others_recorded_until(session, here_until)
        due = arrivals.ending_studies(
            session, quiet_since=known - self._quiet, capped_since=known - self._longest
        )
        return list(dict.fromkeys([*due, *self._performed(session, here_until)]))

    def _performed(self, session: Session, here_until: datetime) -> Iterator[str]:
        """Studies that are over by what steps tell: where images are missing, none is locked for it."""
        settles = states_where(Occurrence.PROCEDURE_COMPLETED, Act.SETTLE)
        for uid in performed_among(session, arrivals.studies_in(session, settles)):
            if self.why(session, session.get_one(StudyRow, uid), here_until) is not None:
                yield uid

    def why(self, session: Session, row: StudyRow, here_until: datetime) -> Occurrence | None:
        """Why a study that is being received is over; None when it is not.

        What waits to be recorded, here or at another node, may belong to any study.
        """
        known = self._presence.others_recorded_until(session, here_until)
        return ending(
            arrivals.coming(session, row),
            known_until=known,
            quiet_since=known - self._quiet,
            capped_since=known - self._longest,
        )
