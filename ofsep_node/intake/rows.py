"""The rows that one transaction works on, fetched or made once each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from ofsep_node.dicom.listing import read_listing
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.lifecycle import FIRST
from ofsep_node.domain.listing import Listing
from ofsep_node.domain.person_name import LONGEST_NAME, folded
from ofsep_node.intake.examination import Examination, Examinations
from ofsep_node.intake.objects import Readable
from ofsep_node.records import arrivals
from ofsep_node.records.base import Base
from ofsep_node.records.schema import (
    LONGEST_DATE,
    AssociationRow,
    InstanceRow,
    SeriesRow,
    StudyRow,
    VisitRow,
)
from ofsep_node.spool import AssociationOpened


class Rows:
    """Associations, studies, series and visits of one transaction; studies with their fold."""

    def __init__(
        self, session: Session, examinations: Examinations, now: Callable[[Session], datetime]
    ) -> None:
        self.studies: dict[str, StudyRow] = {}
        self.associations: dict[str, AssociationRow] = {}
        self._now = now
        self._session = session
        self._examinations = examinations
        self._held: dict[str, Examination] = {}
        self._series: dict[tuple[str, str], SeriesRow] = {}
        self._visits: dict[tuple[str, str], VisitRow] = {}
        self._to_mend: dict[str, AssociationRow] = {}

    @cached_property
    def at(self) -> datetime:
        """The transaction's time: that of its first change, when its locks are held.

        Another node's may have come in between while it waited for them: what is recorded later
        has a later time.
        """
        return self._now(self._session)

    def add_associations(self, opened: Mapping[str, AssociationOpened]) -> None:
        """Fetch associations, or record that they were opened; one taken for lost is open again.

        All at once, with their visits: a peer may open one for each image.
        """
        self.associations |= arrivals.associations_called(self._session, opened)
        for row in self.associations.values():
            if row.outcome == arrivals.LOST:
                row.closed_at = row.outcome = row.reason = None
        new = opened.keys() - self.associations
        self.associations |= {uid: _association_row(opened[uid]) for uid in sorted(new)}
        self._add(*(self.associations[uid] for uid in sorted(new)))
        for visit in arrivals.visits_of(self._session, opened.keys() - new):
            self._visits[visit.association_id, visit.study_instance_uid] = visit

    def association_to_mend(self, association_id: str) -> AssociationRow:
        """An association, any node's, that left one object less unread; locked once."""
        if association_id not in self._to_mend:
            self._session.flush()
            self._to_mend[association_id] = self._session.get_one(
                AssociationRow, association_id, with_for_update=True, populate_existing=True
            )
        return self._to_mend[association_id]

    def add_study(self, item: Readable) -> None:
        """Fetch the study that an instance belongs to, or record that it has begun."""
        facts = item.facts
        if facts.study_instance_uid in self.studies:
            return
        row = self._session.get(StudyRow, facts.study_instance_uid)
        if row is None:
            row = _study_row(facts, self.at)
            _list(row, read_listing(item.spooled.path))
            self._add(row)
        elif row.patient_name is None:  # its images so far had none, or were not asked for it
            _list(row, read_listing(item.spooled.path))
        self.hold(row)

    def hold(self, row: StudyRow) -> None:
        """Start changing a study: whoever has folded an earlier revision will fold it anew."""
        uid = row.study_instance_uid
        examination = self._examinations.get(self._session, uid, row.revision)
        row.revision += 1
        examination.revision = row.revision
        self.studies[uid], self._held[uid] = row, examination

    def hold_more(self, study_instance_uids: set[str]) -> None:
        """Hold studies that earlier transactions recorded, and that are locked already."""
        for uid in sorted(study_instance_uids - set(self.studies)):
            self.hold(self._session.get_one(StudyRow, uid, populate_existing=True))

    def examination(self, study_instance_uid: str) -> Examination:
        """The fold of a study that is held."""
        return self._held[study_instance_uid]

    def series(self, facts: InstanceFacts) -> SeriesRow:
        """The series that an instance belongs to, recorded now if it is new."""
        key = (facts.study_instance_uid, facts.series_instance_uid)
        if key not in self._series:
            row = self._session.get(SeriesRow, key)
            if row is None:
                row = _series_row(facts)
                self._add(row)
            self._series[key] = row
        return self._series[key]

    def visit(self, item: Readable) -> VisitRow:
        """That the object's association brings its study, recorded now if it is new."""
        key = (item.spooled.association_id, item.facts.study_instance_uid)
        if key not in self._visits:
            self._visits[key] = _visit_row(*key)
            self._session.add(self._visits[key])
        return self._visits[key]

    def instance(
        self, item: Readable, archived_as: str, *, conflict: bool, counted: bool
    ) -> InstanceRow:
        """Record an object that is new to the archive."""
        self.series(item.facts)
        row = InstanceRow(
            sop_instance_uid=item.facts.sop_instance_uid,
            digest=item.digest,
            sop_class_uid=item.facts.sop_class_uid,
            transfer_syntax_uid=item.facts.transfer_syntax_uid,
            study_instance_uid=item.facts.study_instance_uid,
            series_instance_uid=item.facts.series_instance_uid,
            association_id=item.spooled.association_id,
            archived_as=archived_as,
            size=item.size,
            facts=item.facts_json,
            conflict=conflict,
            counted=counted,
            received_at=self.at,
        )
        self._session.add(row)
        return row

    def recorded(self, row: InstanceRow) -> None:
        """An object has its number, and is in the fold of its study: it need not be looked for."""
        held = self._held.get(row.study_instance_uid)
        if held is not None:
            held.recorded = max(held.recorded, row.instance_id)

    def _add(self, *rows: Base) -> None:
        """Write rows that others will refer to before any of them: foreign keys hold at once."""
        self._session.add_all(rows)
        self._session.flush()


def _association_row(opened: AssociationOpened) -> AssociationRow:
    return AssociationRow(
        association_id=opened.association_id,
        node=opened.node,
        calling_ae_title=opened.calling_ae_title,
        called_ae_title=opened.called_ae_title,
        address=opened.address,
        port=opened.port,
        implementation_class_uid=opened.implementation_class_uid or None,
        implementation_version_name=opened.implementation_version_name or None,
        opened_at=datetime.fromisoformat(opened.opened_at),
        unreadable=0,
    )


def _study_row(facts: InstanceFacts, at: datetime) -> StudyRow:
    return StudyRow(
        study_instance_uid=facts.study_instance_uid,
        patient_id=facts.patient_id,
        study_date=facts.study_date and facts.study_date[:LONGEST_DATE],
        study_time=facts.study_time,
        study_description=facts.study_description,
        accession_number=facts.accession_number,
        state=FIRST,
        version=0,
        revision=0,
        images=0,
        first_received_at=at,
        last_received_at=at,
        receiving_since=at,
        archived_bytes=0,
        dropping=False,
    )


def _list(row: StudyRow, listing: Listing) -> None:
    for name, value in asdict(listing).items():
        if getattr(row, name) is None:
            setattr(row, name, value)
    if row.patient_name is not None:
        row.patient_name_folded = folded(row.patient_name)[:LONGEST_NAME]


def _series_row(facts: InstanceFacts) -> SeriesRow:
    acquisition = facts.acquisition
    return SeriesRow(
        study_instance_uid=facts.study_instance_uid,
        series_instance_uid=facts.series_instance_uid,
        series_number=acquisition.series_number,
        series_description=acquisition.series_description or acquisition.protocol_name,
        modality=acquisition.modality,
        images=0,
    )


def _visit_row(association_id: str, study_instance_uid: str) -> VisitRow:
    return VisitRow(
        association_id=association_id,
        study_instance_uid=study_instance_uid,
        stored=0,
        duplicates=0,
        conflicts=0,
    )
