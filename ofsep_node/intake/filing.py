"""Objects into the archive and the records: new ones, second copies, conflicts, unreadable ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy.orm import Session

from ofsep_node.domain.events import Event, EventLevel, EventName
from ofsep_node.domain.lifecycle import Act, Occurrence, after
from ofsep_node.domain.study import Conflict
from ofsep_node.intake.archive import Archive, Quarantine
from ofsep_node.intake.events import Origin, event
from ofsep_node.intake.objects import Readable, Unreadable
from ofsep_node.intake.requests import Item, Request
from ofsep_node.intake.rows import Rows
from ofsep_node.intake.services import Services
from ofsep_node.pulse import Beat
from ofsep_node.records import arrivals
from ofsep_node.records.base import ArrivalOutcome
from ofsep_node.records.documents import facts_from_json
from ofsep_node.records.schema import ArrivalRow, InstanceRow

_EVENTS: dict[ArrivalOutcome, tuple[EventName, EventLevel]] = {
    "stored": ("instance.stored", "debug"),
    "duplicate": ("instance.duplicate", "debug"),
    "conflict": ("instance.conflict", "warning"),
}


_FILE = ("digest", "transfer_syntax_uid", "facts", "archived_as", "size", "dropped_at")
"""What a row says of its file, rather than of its object."""


class Filing:
    """Files the objects of one transaction; `events` tells of each."""

    def __init__(
        self, session: Session, rows: Rows, archive: Archive, quarantine: Quarantine, beat: Beat
    ) -> None:
        self.events: list[Event] = []
        self.changed: set[str] = set()  # studies that the judge must see again
        self.reopened: dict[str, Origin] = {}
        self.origins: dict[str, Origin] = {}
        self._session = session
        self._rows = rows
        self.services = Services(session, rows)
        self._archive = archive
        self._quarantine = quarantine
        self._asked: list[Request] = []
        self._beat = beat
        self._known: dict[str, list[InstanceRow]] = defaultdict(list)
        self._broken: dict[str, list[ArrivalRow]] = defaultdict(list)  # announced, unreadable
        self._arrived: list[tuple[ArrivalRow, InstanceRow]] = []

    def file(self, objects: Sequence[Item]) -> None:
        """File all objects, and return when their files would survive a power loss.

        An object recorded before, which a crash left in the spool, is passed over. Raises OSError
        when the archive or the quarantine cannot be written.
        """
        fresh = self._not_recorded(objects)
        self._look_up(fresh)
        for item in fresh:
            self._beat()
            if isinstance(item, Readable):
                self._take(item)
            elif isinstance(item, Unreadable):
                self._set_aside(item)
            else:
                self._asked.append(item)
        self._take_requests()
        self._record_arrivals()
        self._archive.sync()
        self._quarantine.sync()

    def _not_recorded(self, objects: Sequence[Item]) -> list[Item]:
        numbered = {(o.spooled.association_id, o.spooled.sequence): o for o in objects}
        recorded = arrivals.recorded_before(self._session, numbered.keys()) if numbered else set()
        return [item for key, item in numbered.items() if key not in recorded]

    def _look_up(self, objects: list[Item]) -> None:
        """Fetch what is known of UIDs and studies before any of the objects is added."""
        uids = sorted({uid for item in objects if (uid := _uid(item))})
        for row in arrivals.instances_called(self._session, uids):
            self._known[row.sop_instance_uid].append(row)
        for arrival in arrivals.unreadable_called(self._session, uids):
            self._broken[str(arrival.sop_instance_uid)].append(arrival)
        for item in objects:
            if not isinstance(item, Readable):
                continue
            self._rows.add_study(item)
            self.origins[item.facts.study_instance_uid] = self._origin(item)

    # --- objects that could be read

    def _take(self, item: Readable) -> None:
        same_uid = self._known[item.facts.sop_instance_uid]
        twin = next((row for row in same_uid if row.digest == item.digest), None)
        if twin is not None:
            self._take_copy(item, self._first_of(twin))
        elif not same_uid:
            self._take_new(item)
        elif not _re_encoded(item, same_uid[0]):
            self._take_conflict(item, same_uid[0])
        elif same_uid[0].dropped_at is not None:
            self._take_back(item, same_uid[0])
        else:
            row = self._keep(item, conflict=False, counted=False)
            self._arrive(item, "duplicate", row)

    def _first_of(self, row: InstanceRow) -> InstanceRow:
        """The row by which an object is given to others, when it was dropped; else `row` itself.

        Of an object that came in several transfer syntaxes it stands for the one that is here.
        """
        first = self._known[row.sop_instance_uid][0]
        if row.conflict or row is first or first.dropped_at is None:
            return row
        self._exchange(first, row)
        return first

    def _exchange(self, first: InstanceRow, other: InstanceRow) -> None:
        """Let two rows of one object each have the file that the other had."""
        files = [{name: getattr(row, name) for name in _FILE} for row in (first, other)]
        other.digest = ""  # two rows never have the same, not even between two statements
        for row, file in ((first, files[1]), (other, files[0])):
            self._session.flush()
            for name, value in file.items():
                setattr(row, name, value)

    def _take_copy(self, item: Readable, twin: InstanceRow) -> None:
        if twin.dropped_at is not None:
            self._take_back(item, twin)
            return
        self._archive.restore(item.spooled.path, twin.archived_as)
        self._arrive(item, "duplicate", twin)

    def _take_back(self, item: Readable, row: InstanceRow) -> None:
        """An object that was dropped is in the archive again; nothing is new to the judge.

        It may have come in another transfer syntax: the file is what has come.
        """
        archived_as = self._place(item)
        if row.digest != item.digest:
            self._archive.remove(row.archived_as)
            row.digest, row.facts = item.digest, item.facts_json
            row.transfer_syntax_uid = item.facts.transfer_syntax_uid
        row.archived_as, row.size, row.dropped_at = archived_as, item.size, None
        self._rows.studies[item.facts.study_instance_uid].archived_bytes += item.size
        self._arrive(item, "stored", row, dropped_before=True)

    def _take_new(self, item: Readable) -> None:
        row = self._keep(item, conflict=False, counted=True)
        facts = item.facts
        self._rows.examination(facts.study_instance_uid).fold.add(facts)
        self._rows.studies[facts.study_instance_uid].images += 1
        self._rows.series(facts).images += 1
        self._change(item)
        self._arrive(item, "stored", row)

    def _take_conflict(self, item: Readable, first: InstanceRow) -> None:
        row = self._keep(item, conflict=True, counted=False)
        conflict = Conflict(item.facts.sop_instance_uid, item.facts.series_instance_uid)
        self._rows.examination(item.facts.study_instance_uid).fold.add_conflict(conflict)
        self._change(item)
        self._arrive(item, "conflict", row, first=first.archived_as)

    def _keep(self, item: Readable, *, conflict: bool, counted: bool) -> InstanceRow:
        row = self._rows.instance(item, self._place(item), conflict=conflict, counted=counted)
        self._rows.studies[item.facts.study_instance_uid].archived_bytes += item.size
        self._known[item.facts.sop_instance_uid].append(row)
        self._mend(row)
        return row

    def _place(self, item: Readable) -> str:
        others = self._known[item.facts.sop_instance_uid]
        taken = {row.archived_as for row in others if row.digest != item.digest}
        return self._archive.place(item.spooled.path, item.facts, item.digest, taken)

    def _change(self, item: Readable) -> None:
        """The study is not what it was: if it was over, it is being received again."""
        uid = item.facts.study_instance_uid
        study = self._rows.studies[uid]
        step = after(study.state, Occurrence.IMAGE)
        study.state = step.state
        if Act.JUDGE_IN_TURN in step.acts:
            self.changed.add(uid)
        if Act.REOPEN in step.acts:
            study.receiving_since, study.settled_at = self._rows.at, None
            self.reopened[uid] = self._origin(item)

    def _mend(self, row: InstanceRow) -> None:
        """What came broken has come whole: its association has left nothing unread of it."""
        for arrival in self._broken.pop(row.sop_instance_uid, ()):
            self._rows.association_to_mend(arrival.association_id).unreadable -= 1
            self._arrived.append((arrival, row))

    def _arrive(
        self, item: Readable, outcome: ArrivalOutcome, row: InstanceRow, **details: str | bool
    ) -> None:
        # Also of a copy: images that somebody sends again are kept for as long again.
        self._rows.studies[item.facts.study_instance_uid].last_received_at = self._rows.at
        visit = self._rows.visit(item)
        visit.stored += outcome == "stored"
        visit.duplicates += outcome == "duplicate"
        visit.conflicts += outcome == "conflict"
        self._arrived.append((self._arrival(item, outcome), row))
        name, level = _EVENTS[outcome]
        self.events.append(
            event(
                name,
                self._origin(item),
                level=level,
                study=item.facts.study_instance_uid,
                series=item.facts.series_instance_uid,
                instance=item.facts.sop_instance_uid,
                details={"archived_as": row.archived_as, "size": item.size, **details},
            )
        )

    # --- objects that could not

    def _set_aside(self, item: Unreadable) -> None:
        spooled = item.spooled
        kept_as = self._quarantine.place(spooled.path, spooled.association_id, item.reason)
        if item.read_as is not None:
            self._withdraw(item.read_as)
        arrival = self._arrival(item, "unreadable")
        arrival.kept_as, arrival.reason = kept_as, item.reason
        arrival.sop_instance_uid = item.sop_instance_uid
        self._session.add(arrival)
        self._count_unreadable(arrival)
        details = {"reason": item.reason, "quarantined_as": kept_as}
        origin = self._origin(item)
        self.events.append(event("instance.unreadable", origin, level="error", details=details))

    def _withdraw(self, item: Readable) -> None:
        """It got its name in the archive before the transaction failed. Nobody else files now."""
        same_uid = arrivals.instances_called(self._session, [item.facts.sop_instance_uid])
        recorded = {row.archived_as for row in same_uid if row.dropped_at is None}
        self._archive.withdraw(item.spooled.path, item.facts, item.digest, recorded)

    def _count_unreadable(self, arrival: ArrivalRow) -> None:
        """A broken copy of an object that is in the archive leaves nothing unread."""
        uid = arrival.sop_instance_uid
        if uid and self._known[uid]:
            self._arrived.append((arrival, self._known[uid][0]))
            return
        self._rows.associations[arrival.association_id].unreadable += 1
        if uid:
            self._broken[uid].append(arrival)

    # --- requests

    def _take_requests(self) -> None:
        """After the objects: what a request says is held against all that has come."""
        self._session.flush()
        for item in self._asked:
            self.services.take(item)
            self._session.add(self._arrival(item, "request"))
        self.events += self.services.events

    # --- arrivals

    def _arrival(self, item: Item, outcome: ArrivalOutcome) -> ArrivalRow:
        return ArrivalRow(
            association_id=item.spooled.association_id,
            sequence=item.spooled.sequence,
            outcome=outcome,
            at=self._rows.at,
        )

    def _record_arrivals(self) -> None:
        self._session.flush()  # numbers the instances
        for arrival, row in self._arrived:
            arrival.instance_id = row.instance_id
            self._rows.recorded(row)
            arrival.kept_as = arrival.kept_as or row.archived_as
            self._session.add(arrival)

    def _origin(self, item: Item) -> Origin:
        return Origin.of(self._rows.associations[item.spooled.association_id])


def _uid(item: Item) -> str | None:
    """The SOP Instance UID of an object; None for a request."""
    if isinstance(item, Readable):
        return item.facts.sop_instance_uid
    return item.sop_instance_uid if isinstance(item, Unreadable) else None


def _re_encoded(item: Readable, first: InstanceRow) -> bool:
    """Whether it is the first object again in another transfer syntax."""
    return facts_from_json(first.facts).is_re_encoded_as(item.facts)
