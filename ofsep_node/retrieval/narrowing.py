"""Keys of the study level as conditions for the database: all that match, and perhaps some more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from ofsep_node.domain.person_name import LONGEST_NAME, folded
from ofsep_node.records.schema import (
    ACCESSION_NUMBER,
    INDEXED_CHARACTERS,
    PATIENT_ID,
    StudyRow,
)
from ofsep_node.retrieval.identifier import Identifier
from ofsep_node.retrieval.keys import Level
from ofsep_node.retrieval.matching import UNIVERSAL, date_range

Column = ColumnElement[str] | InstrumentedAttribute[str | None] | InstrumentedAttribute[str]
Condition = ColumnElement[bool]

_ESCAPE = "/"
_MOST_RUNS = 4
"""Asterisks that a database may be asked to try: with many, one text takes it for ever."""


def conditions(identifier: Identifier) -> list[Condition]:
    """What rows of studies must fulfil to be looked at."""
    uids = identifier.uids(Level.STUDY)
    found: list[Condition] = []
    if uids and "*" not in uids:
        found.append(StudyRow.study_instance_uid.in_(uids))
    for keyword, narrow in _NARROWED.items():
        values = [v.strip() for v in identifier.keys.get(keyword, "").split("\\")]
        if not any(value in UNIVERSAL for value in values):
            found.append(or_(*map(narrow, values)))
    return found


def _text(column: Column, wanted: str) -> Condition:
    """SQLite's LIKE takes no notice of case: it finds more than what matches."""
    runs = re.sub(r"\*+", "*", wanted)
    if runs.count("*") > _MOST_RUNS:
        return column.is_not(None)
    if re.search(r"[*?]", runs) is None:
        return column == runs
    return column.like(_like(runs), escape=_ESCAPE)


def _like(wanted: str) -> str:
    return re.sub(r"([%_/])", r"/\1", wanted).replace("*", "%").replace("?", "_")


def _date(column: Column, wanted: str) -> Condition:
    first, last = date_range(wanted)
    return and_(
        column.is_not(None),
        *([column >= first] if first else []),
        *([column <= last] if last else []),
    )


_NARROWED: Mapping[str, Callable[[str], Condition]] = {
    "PatientID": lambda wanted: _text(PATIENT_ID, wanted[:INDEXED_CHARACTERS]),
    "PatientName": lambda wanted: _text(
        StudyRow.patient_name_folded, folded(wanted)[:LONGEST_NAME]
    ),
    "AccessionNumber": lambda wanted: _text(ACCESSION_NUMBER, wanted[:INDEXED_CHARACTERS]),
    "StudyID": lambda wanted: _text(StudyRow.study_id, wanted),
    "StudyDate": lambda wanted: _date(StudyRow.study_date, wanted),
}
