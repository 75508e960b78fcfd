"""What reports say of parts of a verdict, in sentences and on one line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from ofsep_node.domain.labels import Language, attribute_in_words
from ofsep_node.domain.verdict import (
    AppliedCorrection,
    RequirementStatus,
    SeriesVerdict,
    Verdict,
)
from ofsep_node.reporting.words import about, colon, day_and_time, indication, word

_OFFERED_STATE = {
    "met": "present",
    "not_met": "present",
    "undetermined": "unclear",
    "missing": "absent",
}


def spoken(language: str) -> Language:
    """A language that labels are made in."""
    return "fr" if language == "fr" else "en"


def imaged_parts(verdict: Verdict, language: str) -> str:
    """What was imaged, of what the protocol is about."""
    named = " + ".join(word(part, language) for part in verdict.study.parts)
    return named or word("nothing", language)


def indication_line(verdict: Verdict, language: str) -> str:
    """Why the examination was asked for, and who says so."""
    study = verdict.study
    said = indication(verdict, language)
    who = next((c.by for c in verdict.corrections if c.series is None), "")
    if study.indication_source == "none":
        return said
    return f"{said} ({word(study.indication_source, language).format(who)})"


def number_of(series: SeriesVerdict) -> str:
    """The number of a series, or a dash."""
    return "-" if series.number is None else str(series.number)


def voxel(series: SeriesVerdict) -> str:
    """The edges of a voxel in mm, as acquired where that is known; "" without any."""
    measured = series.measured
    pixel = measured.acquired_pixel_mm or measured.pixel_mm
    edges = [*(pixel or (None, None)), measured.slice_thickness_mm]
    if pixel is None and measured.slice_thickness_mm is None:
        return ""
    return " x ".join("?" if edge is None else f"{edge:.2f}" for edge in edges)


def offered(verdict: Verdict, language: str) -> dict[str, list[str]]:
    """What the protocol offers, or asks for at times: present, unclear and absent.

    What is absent of a part of the body that was not imaged is no news.
    """
    listed: dict[str, list[str]] = {"present": [], "unclear": [], "absent": []}
    numbers = {s.series_instance_uid: s for s in verdict.series}
    for requirement in verdict.requirements:
        state = _OFFERED_STATE.get(_told(requirement, verdict))
        imaged = requirement.part in verdict.study.parts
        if requirement.level == "required" or state is None or (state != "present" and not imaged):
            continue
        uids = requirement.series if state != "absent" else ()
        found = ", ".join(number_of(numbers[uid]) for uid in uids if uid in numbers)
        label = requirement.label.in_language(language)
        listed[state].append(f"{label} ({found})" if found else label)
    return listed


def _told(requirement: RequirementStatus, verdict: Verdict) -> str:
    """What the findings say of a sequence: they know what the other headers say of gadolinium."""
    said = (f.measured for f in verdict.findings if f.expected == requirement.id)
    return next((m for m in said if isinstance(m, str)), requirement.status)


def correction_line(
    verdict: Verdict, correction: AppliedCorrection, language: str, zone: tzinfo | None = None
) -> str:
    """One thing that a person or the site's file said; when, in a zone or that of the machine."""
    series = verdict.series_called(correction.series)
    said = _attributes(correction.said, language)
    if series is None:
        said = f"{word('indication', language)} {indication(verdict, language)}"
    was = _attributes(correction.recognised, language)
    recognised = f" ({word('recognised', language)}{colon(language)}{was})" if was else ""
    who = word(correction.source, language).format(correction.by)
    when = f", {_said_at(correction.at, language, zone)}" if correction.at else ""
    reason = f"{colon(language)}{correction.reason}" if correction.reason else ""
    return f"{about(series, language)}{said}{recognised}, {who}{when}{reason}"


def _said_at(at: str, language: str, zone: tzinfo | None) -> str:
    return day_and_time(datetime.fromisoformat(at).astimezone(zone), language)


def _attributes(values: Mapping[str, str], language: str) -> str:
    return ", ".join(attribute_in_words(k, v, spoken(language)) for k, v in values.items())
