"""What reports are made of, taken from the records and the archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from sqlalchemy.orm import Session

from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.labels import Language
from ofsep_node.domain.verdict import Verdict
from ofsep_node.errors import StudyNotFound, UnreadableObject
from ofsep_node.records import outbox
from ofsep_node.records.archived import ArchivedObject, archived_objects
from ofsep_node.records.documents import from_json
from ofsep_node.records.outbox import Target
from ofsep_node.records.retention import kept_header
from ofsep_node.records.schema import StudyRow, VerdictRow
from ofsep_node.records.verdicts import version_called
from ofsep_node.reporting import header
from ofsep_node.reporting.composite import FORMATS
from ofsep_node.reporting.context import (
    DocumentReference,
    ImageReference,
    ReportContext,
    ReportedSeries,
)
from ofsep_node.reporting.middle import Place, middle_index
from ofsep_node.reporting.naming import series_uid
from ofsep_node.reporting.pictures import picture_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the records hold of one version of a study's verdict, and of the objects it judges.

    `predecessor` is the UID of the structured report that was told before it, if there is one.
    `header` is what was kept of the images when they were dropped (reporting.header).
    """

    verdict: Verdict
    judged_at: datetime
    predecessor: str | None
    objects: tuple[ArchivedObject, ...]
    header: bytes | None = None


def recorded(
    session: Session,
    study_instance_uid: str,
    version: int | None = None,
    told: Target | None = None,
) -> Recorded:
    """Look up a version of the verdict on a study, by its full UID; the newest where none is named.

    Objects that came after it was judged are not in it. `told` is who is to have the report;
    where nobody is, the predecessor is what anybody had before.
    Raises StudyNotFound when the study has no verdict yet, UnreadableDocument when another version
    of the program wrote it.
    """
    row = _judged(session, study_instance_uid, version)
    found = archived_objects(session, study_instance_uid)
    return Recorded(
        verdict=from_json(row.document),
        judged_at=row.judged_at,
        predecessor=outbox.report_before(session, study_instance_uid, row.version, told),
        objects=tuple(one for one in found if one.received_at <= row.judged_at),
        header=kept_header(session, study_instance_uid),
    )


def _judged(session: Session, study_instance_uid: str, version: int | None) -> VerdictRow:
    if version is not None:
        return version_called(session, study_instance_uid, version)
    study = session.get(StudyRow, study_instance_uid)
    if study is None or not study.version:
        raise StudyNotFound(
            f"study {study_instance_uid} has been received and not judged yet: ask again"
        )
    return version_called(session, study_instance_uid, study.version)


def context_of(
    study: Recorded, archive: Path, language: Language, zone: tzinfo, *, pictures: bool = True
) -> ReportContext:
    """The context of a report on a study as it is recorded, its times in one zone.

    `pictures` may be left out where none is shown. Raises UnreadableObject when no object of the
    study can be read in the archive any more.
    """
    series = dict(_series(study, archive, pictures=pictures))
    return ReportContext(
        judged_at=study.judged_at.astimezone(zone),
        header=_header(study, archive),
        series=series,
        language=language,
        predecessor=_predecessor(study),
    )


def _predecessor(study: Recorded) -> DocumentReference | None:
    if study.predecessor is None:
        return None
    return DocumentReference(
        FORMATS["sr"].sop_class_uid,
        study.predecessor,
        series_uid(study.verdict.study.study_instance_uid, "sr"),
    )


def _series(
    study: Recorded, archive: Path, *, pictures: bool
) -> Iterator[tuple[str, ReportedSeries]]:
    """Each series of the verdict that has objects, in the verdict's order."""
    held: dict[str, list[ArchivedObject]] = {}
    for one in study.objects:
        held.setdefault(one.facts.series_instance_uid, []).append(one)
    for series in study.verdict.series:
        objects = sorted(held.get(series.series_instance_uid, ()), key=_order)
        if objects:
            middle = objects[middle_index([_place(one.facts) for one in objects])]
            yield (
                series.series_instance_uid,
                ReportedSeries(
                    objects=tuple(_reference(one) for one in objects),
                    middle=_reference(middle),
                    picture=_picture(middle, archive) if pictures else None,
                    is_dropped=middle.archived_as is None,
                ),
            )


def _picture(one: ArchivedObject, archive: Path) -> NDArray[np.uint8] | None:
    return None if one.archived_as is None else picture_of(archive / one.archived_as)


def _order(one: ArchivedObject) -> tuple[int, str]:
    return (one.facts.instance_number or 0, one.facts.sop_instance_uid)


def _place(facts: InstanceFacts) -> Place:
    """Where a classic image lies; an object of many planes has no place of its own."""
    if len(facts.stacks) != 1 or facts.stacks[0].orientation is None:
        return None
    positions = facts.stacks[0].positions_mm
    return (facts.stacks[0].orientation, positions[0]) if len(positions) == 1 else None


def _reference(one: ArchivedObject) -> ImageReference:
    facts = one.facts
    has_pixels = any(stack.rows for stack in facts.stacks)
    return ImageReference(facts.sop_class_uid, facts.sop_instance_uid, is_image=has_pixels)


def _header(study: Recorded, archive: Path) -> Dataset:
    """Patient and study as one image has them: the first that came, whose header is kept later."""
    if study.header is not None:
        return header.of_kept(study.header)
    paths = [archive / one.archived_as for one in study.objects if one.archived_as is not None]
    found = header.first_readable(paths)
    if found is None:
        raise UnreadableObject(
            f"{archive}: none of the study's {len(paths)} objects can be read there, "
            "so that nothing tells whose report it would be"
        )
    return found
