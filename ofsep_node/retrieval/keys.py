"""The attributes that can be asked for at each level, and how each is matched.

The table is the source of the conformance statement (PS3.4 tables C.6-1 to C.6-5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from pydicom.datadict import dictionary_VR, tag_for_keyword


class Level(StrEnum):
    """Query/Retrieve Levels of the Study Root, from above."""

    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"

    @property
    def unique_key(self) -> str:
        return _UNIQUE_KEYS[self]

    @property
    def above(self) -> tuple[Level, ...]:
        levels = tuple(Level)
        return levels[: levels.index(self)]


_UNIQUE_KEYS = {
    Level.STUDY: "StudyInstanceUID",
    Level.SERIES: "SeriesInstanceUID",
    Level.IMAGE: "SOPInstanceUID",
}


class Matching(Enum):
    """How a key is matched (PS3.4 section C.2.2.2)."""

    UID = "list of UIDs"
    TEXT = "single value, wildcards"
    NAME = "single value, wildcards; neither case nor accents matter"
    DATE = "single date, range of dates"
    TIME = "single time, range of times"
    NUMBER = "single number"
    NONE = "returned only"


@dataclass(frozen=True, slots=True)
class Key:
    """One attribute. `of` is the standard's word for it: unique, required or optional."""

    level: Level
    matching: Matching
    of: str = "optional"


_STUDY, _SERIES, _IMAGE = Level

KEYS: Mapping[str, Key] = {
    "StudyInstanceUID": Key(_STUDY, Matching.UID, "unique"),
    "StudyDate": Key(_STUDY, Matching.DATE, "required"),
    "StudyTime": Key(_STUDY, Matching.TIME, "required"),
    "AccessionNumber": Key(_STUDY, Matching.TEXT, "required"),
    "PatientName": Key(_STUDY, Matching.NAME, "required"),
    "PatientID": Key(_STUDY, Matching.TEXT, "required"),
    "StudyID": Key(_STUDY, Matching.TEXT, "required"),
    "PatientBirthDate": Key(_STUDY, Matching.DATE),
    "PatientSex": Key(_STUDY, Matching.TEXT),
    "ReferringPhysicianName": Key(_STUDY, Matching.NAME),
    "StudyDescription": Key(_STUDY, Matching.TEXT),
    "ModalitiesInStudy": Key(_STUDY, Matching.TEXT),
    "NumberOfStudyRelatedSeries": Key(_STUDY, Matching.NONE),
    "NumberOfStudyRelatedInstances": Key(_STUDY, Matching.NONE),
    "SeriesInstanceUID": Key(_SERIES, Matching.UID, "unique"),
    "Modality": Key(_SERIES, Matching.TEXT, "required"),
    "SeriesNumber": Key(_SERIES, Matching.NUMBER, "required"),
    "SeriesDescription": Key(_SERIES, Matching.TEXT),
    "NumberOfSeriesRelatedInstances": Key(_SERIES, Matching.NONE),
    "SOPInstanceUID": Key(_IMAGE, Matching.UID, "unique"),
    "InstanceNumber": Key(_IMAGE, Matching.NUMBER, "required"),
    "SOPClassUID": Key(_IMAGE, Matching.UID),
    "NumberOfFrames": Key(_IMAGE, Matching.NUMBER),
}

SAID_OF_EACH = (
    "SpecificCharacterSet",
    "QueryRetrieveLevel",
    "RetrieveAETitle",
    "InstanceAvailability",
)
"""Attributes of every answer; they are keys of no level, and nothing is matched by them."""

TAGS: Mapping[str, int] = {
    keyword: int(tag_for_keyword(keyword) or 0) for keyword in (*KEYS, *SAID_OF_EACH)
}
VRS: Mapping[str, str] = {keyword: dictionary_VR(tag) for keyword, tag in TAGS.items()}


def supported_at(level: Level) -> frozenset[str]:
    """The keys that may be asked for at a level: its own, and those of the levels above."""
    return frozenset(k for k, key in KEYS.items() if key.level in (*level.above, level))
