"""What an association leaves in the spool and in the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from structlog.typing import FilteringBoundLogger

from ofsep_node.domain.sop_classes import STORAGE_COMMITMENT
from ofsep_node.metrics import ReceptionMeter
from ofsep_node.reception.command import Command
from ofsep_node.reception.inquiries import Ending, Operation, outcome_of
from ofsep_node.reception.storing import Outcome
from ofsep_node.spool import AssociationClosed, AssociationFolder, AssociationOpened, timestamp


class AssociationRecord:
    """Writes the association's folder, tells the log, and nudges whoever takes from the spool.

    The folder is made for the first object: an association that brings none, as a C-ECHO does,
    leaves its lines in the log and nothing else. An association is accepted even when the spool
    cannot be written: its peer is then told so for each object, with a status it can act upon, and
    everything is tried again for the next one.
    """

    def __init__(
        self,
        spool: Path,
        opened: AssociationOpened,
        nudge: Callable[[str], None],
        log: FilteringBoundLogger,
        meter: ReceptionMeter,
    ) -> None:
        self._spool = spool
        self._opened = opened
        self._nudge_receiver = nudge
        self._meter = meter
        self._folder: AssociationFolder | None = None
        self._objects_refused = 0
        self._closed = False
        self.log = log.bind(
            association=opened.association_id,
            peer=opened.calling_ae_title,
            called=opened.called_ae_title,
        )

    def open(self, **credentials: str) -> None:
        """Say that the association was accepted, and what its peer showed of itself."""
        self.log.info("association.opened", port=self._opened.port, **credentials)
        self._meter.accepted(self._opened.calling_ae_title)

    @property
    def association_id(self) -> str:
        return self._opened.association_id

    def folder(self) -> AssociationFolder:
        """The association's folder. Raises OSError while the spool cannot be written."""
        if self._folder is None:
            self._folder = AssociationFolder.open(self._spool, self._opened)
            self._nudge(self._opened.association_id)
        return self._folder

    def stored(self, name: str, size: int) -> None:
        """An object of so many bytes is in the spool."""
        self._meter.stored(self._opened.calling_ae_title, size)
        self._nudge(f"{self._opened.association_id}/{name}")

    def answered(self, seconds: float) -> None:
        """An object that is in the spool was answered, so long after its last byte."""
        self._meter.answered(seconds)

    def refused(self, command: Command, outcome: Outcome) -> None:
        """An object was refused."""
        self._objects_refused += 1
        self._meter.refused(outcome.status)
        self.log.warning(
            "instance.refused",
            status=f"{outcome.status:04X}",
            reason=outcome.reason,
            sop_class=command.sop_class_uid,
            instance=command.sop_instance_uid,
        )

    def request_kept(self, name: str) -> None:
        """A request of an N service is in the spool."""
        self._nudge(f"{self._opened.association_id}/{name}")

    def request_refused(self, service: str, command: Command, outcome: Outcome) -> None:
        """A request of an N service was refused."""
        self.log.warning(
            "commitment.refused" if service == STORAGE_COMMITMENT else "mpps.refused",
            status=f"{outcome.status:04X}",
            reason=outcome.reason,
            instance=command.sop_instance_uid,
        )

    def inquiry_answered(self, operation: Operation, ending: Ending) -> None:
        """A query or a retrieval had its last response."""
        outcome = outcome_of(ending)
        self._meter.inquired(operation, outcome)
        if ending.counts is not None:
            done = ending.counts
            self._meter.gave(operation, done.completed + done.warning, done.failed)
        fields = {"operation": f"C-{operation.upper()}", **_counted(ending), **ending.told}
        if ending.reason:
            fields["reason"] = ending.reason
        if outcome == "refused":
            self.log.warning("query.refused", status=f"{ending.status:04X}", **fields)
        elif operation == Operation.FIND:
            self.log.info("query.answered", outcome=outcome, **fields)
        else:
            event = "retrieve.failed" if outcome == "failed" else "retrieve.done"
            level = self.log.warning if outcome == "failed" else self.log.info
            level(event, outcome=outcome, status=f"{ending.status:04X}", **fields)

    def close(self, outcome: Literal["released", "aborted"], reason: str) -> None:
        """Say how the association ended; only the first word counts."""
        if self._closed:
            return
        self._closed = True
        self._meter.ended(outcome)
        objects = 0 if self._folder is None else self._folder.objects
        event = "association.released" if outcome == "released" else "association.aborted"
        self.log.info(event, reason=reason, objects=objects, refused=self._objects_refused)
        if self._folder is not None:
            self._write_end(self._folder, outcome, reason)

    def _write_end(
        self, folder: AssociationFolder, outcome: Literal["released", "aborted"], reason: str
    ) -> None:
        closed = AssociationClosed(
            outcome=outcome, closed_at=timestamp(), objects=folder.objects, reason=reason
        )
        try:
            folder.close(closed)
        except OSError as error:
            # The folder is an orphan now, which close_orphans closes once there is room again.
            self.log.warning("spool.unwritable", reason=error.strerror, spool=str(self._spool))
        self._nudge(self._opened.association_id)

    def _nudge(self, what: str) -> None:
        try:
            self._nudge_receiver(what)
        except OSError as error:
            # Nothing is lost: whoever takes from the spool looks through it when it starts.
            self.log.warning("spool.nudge_failed", reason=str(error), object=what)


def _counted(ending: Ending) -> dict[str, int]:
    if ending.counts is None:
        return {}
    counts = ending.counts
    return {"sent": counts.completed + counts.warning, "failed": counts.failed}
