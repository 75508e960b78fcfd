"""Why and how an examination was asked for, in the words of the request (PS3.3 C.4.11, C.4.12)."""

from __future__ import annotations

from collections.abc import Iterator

from ofsep_node.dicom.header import Header

DESCRIPTIONS = (
    "RequestedProcedureDescription",
    "ReasonForTheRequestedProcedure",
    "PerformedProcedureStepDescription",
    "ScheduledProcedureStepDescription",
    "ReasonForStudy",
)
"""Free text of the object itself, or of an item of RequestAttributesSequence (0040,0275)."""


def request_descriptions_of(header: Header) -> tuple[str, ...]:
    """Distinct texts of the request, as written; StudyDescription is kept apart."""
    return tuple(dict.fromkeys(_texts(header)))


def _texts(header: Header) -> Iterator[str]:
    for source in (header, *header.items("RequestAttributesSequence")):
        for keyword in DESCRIPTIONS:
            text = source.text(keyword)
            if text is not None:
                yield text
