"""C-FIND: what is held, as attributes, page after page (PS3.4 section C.4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ofsep_node.records import holdings
from ofsep_node.records.database import Records
from ofsep_node.records.documents import UnreadableDocument, facts_from_json
from ofsep_node.records.holdings import Extent, HeldObject
from ofsep_node.records.schema import SeriesRow, StudyRow
from ofsep_node.retrieval.identifier import Attributes, Identifier
from ofsep_node.retrieval.keys import KEYS, Level
from ofsep_node.retrieval.matching import matches
from ofsep_node.retrieval.narrowing import conditions
from ofsep_node.retrieval.reports import OfferedReport, Reports

STUDIES_AT_A_TIME = 500
"""Each page is a transaction of its own: none is open while a slow peer reads its answers."""

_OF_EXTENT = frozenset(
    {"ModalitiesInStudy", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Finds what an identifier asks for, the node's own reports included."""

    records: Records
    reports: Reports
    ae_title: str

    def matches(self, identifier: Identifier) -> Iterator[Attributes]:
        """Each match as an answer to be encoded. Raises DatabaseUnavailable."""
        for found in self._candidates(identifier):
            if all(
                matches(KEYS[keyword].matching, wanted, found.get(keyword, ""))
                for keyword, wanted in identifier.keys.items()
            ):
                yield self._answer(identifier, found)

    def _answer(self, identifier: Identifier, found: Attributes) -> Attributes:
        return {
            **{keyword: found.get(keyword, "") for keyword in identifier.keys},
            "QueryRetrieveLevel": identifier.level,
            "RetrieveAETitle": self.ae_title,
            "InstanceAvailability": "ONLINE",
        }

    def _candidates(self, identifier: Identifier) -> Iterator[Attributes]:
        for page in self._studies(identifier):
            for study in page:
                if identifier.level is Level.STUDY:
                    yield study
                else:
                    yield from self._below(identifier, study)

    def _studies(self, identifier: Identifier) -> Iterator[list[dict[str, str]]]:
        narrowed, after = conditions(identifier), ""
        if not self.reports.kinds:
            narrowed = [*narrowed, holdings.HOLDING]
        while True:
            with self.records.reading() as session:
                rows = holdings.studies(session, narrowed, after, STUDIES_AT_A_TIME)
                page = self._described(session, rows, identifier)
            yield page
            if len(page) < STUDIES_AT_A_TIME:
                return
            after = page[-1]["StudyInstanceUID"]

    def _described(
        self, session: Session, rows: list[StudyRow], identifier: Identifier
    ) -> list[dict[str, str]]:
        studies = [_of_study(row) for row in rows]
        if _OF_EXTENT & set(identifier.keys):
            uids = [row.study_instance_uid for row in rows]
            extents = holdings.extents(session, uids)
            offered = self.reports.offered(session, uids)
            for study in studies:
                uid = study["StudyInstanceUID"]
                study.update(self._extent(extents.get(uid), offered.get(uid, [])))
        return studies

    def _extent(self, held: Extent | None, offered: list[OfferedReport]) -> dict[str, str]:
        held = held or Extent(0, 0, ())
        own = {self.reports.attributes(one)["Modality"] for one in offered}
        return {
            "ModalitiesInStudy": "\\".join(sorted({*held.modalities, *own})),
            "NumberOfStudyRelatedSeries": str(held.series + len(offered)),
            "NumberOfStudyRelatedInstances": str(held.objects + len(offered)),
        }

    def _below(self, identifier: Identifier, study: Attributes) -> Iterator[Attributes]:
        uid = study["StudyInstanceUID"]
        with self.records.reading() as session:
            held = [_of_series(*one) for one in holdings.series_of(session, uid)]
            offered = self.reports.offered(session, [uid]).get(uid, [])
        if identifier.level is Level.SERIES:
            yield from ({**study, **series} for series in held)
            yield from ({**study, **self.reports.attributes(one)} for one in offered)
            return
        (wanted,) = identifier.uids(Level.SERIES)
        for series in held:
            if series["SeriesInstanceUID"] == wanted:
                yield from self._objects({**study, **series})
        for one in offered:
            if one.series_instance_uid == wanted:
                yield from self._report(one, {**study, **self.reports.attributes(one)})

    def _objects(self, series: Attributes) -> Iterator[Attributes]:
        study_uid, series_uid = series["StudyInstanceUID"], series["SeriesInstanceUID"]
        with self.records.reading() as session:
            listed = holdings.listed_objects(session, study_uid, series_uid)
        yield from ({**series, **_of_object(one, facts)} for one, facts in listed)

    def _report(self, offered: OfferedReport, series: Attributes) -> Iterator[Attributes]:
        report = self.reports.made(offered)
        if report is not None:
            yield {
                **series,
                "SOPInstanceUID": report.sop_instance_uid or "",
                "SOPClassUID": report.sop_class_uid or "",
                "InstanceNumber": str(max(offered.version, 1)),
            }


def _of_study(row: StudyRow) -> dict[str, str]:
    return _texts(
        {
            "StudyInstanceUID": row.study_instance_uid,
            "StudyDate": row.study_date,
            "StudyTime": row.study_time,
            "AccessionNumber": row.accession_number,
            "PatientName": row.patient_name,
            "PatientID": row.patient_id,
            "StudyID": row.study_id,
            "PatientBirthDate": row.patient_birth_date,
            "PatientSex": row.patient_sex,
            "ReferringPhysicianName": row.referring_physician_name,
            "StudyDescription": row.study_description,
        }
    )


def _of_series(row: SeriesRow, count: int) -> dict[str, str]:
    return _texts(
        {
            "SeriesInstanceUID": row.series_instance_uid,
            "Modality": row.modality,
            "SeriesNumber": row.series_number,
            "SeriesDescription": row.series_description,
            "NumberOfSeriesRelatedInstances": count,
        }
    )


def _of_object(one: HeldObject, facts_json: str) -> dict[str, str]:
    told: dict[str, object] = {
        "SOPInstanceUID": one.sop_instance_uid,
        "SOPClassUID": one.sop_class_uid,
    }
    try:
        facts = facts_from_json(facts_json)
    except UnreadableDocument:  # of another version: the object is there all the same
        return _texts(told)
    numbers = {"InstanceNumber": facts.instance_number, "NumberOfFrames": facts.number_of_frames}
    return _texts(told | numbers)


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {keyword: str(value) for keyword, value in values.items() if value is not None}
