"""What the reports for people show, resolved to one language: laid out as PDF and as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydicom.dataset import Dataset

from ofsep_node.domain.labels import describe
from ofsep_node.domain.text import legible
from ofsep_node.domain.verdict import Finding, RequirementStatus, SeriesVerdict, Verdict
from ofsep_node.logs import percent
from ofsep_node.reporting.context import ReportContext, ReportedSeries
from ofsep_node.reporting.phrases import (
    correction_line,
    imaged_parts,
    indication_line,
    number_of,
    offered,
    spoken,
    voxel,
)
from ofsep_node.reporting.words import colon, day, day_and_time, number, word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Tone = Literal["good", "error", "warning", "info", "undetermined", "quiet"]
"""How something is to be seen: what colour it has, and which sign."""

SIGNS: Mapping[Tone, str] = {
    "good": "✓",
    "error": "✗",
    "warning": "!",
    "info": "i",
    "undetermined": "?",
    "quiet": "·",
}

_OF_CONCLUSION: Mapping[str, Tone] = {
    "compliant": "good",
    "compliant_with_remarks": "warning",
    "non_compliant": "error",
    "undetermined": "undetermined",
}
_OF_STATUS: Mapping[str, Tone] = {
    "met": "good",
    "not_met": "error",
    "missing": "error",
    "undetermined": "undetermined",
    "not_applicable": "quiet",
}


_LONGEST = 400
"""Letters of one text that are shown: a header's value may be longer than any page."""


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """A required sequence: whether it is there, by which series, and why not."""

    tone: Tone
    label: str
    status: str
    series: str
    reason: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One thing to be told: how bad it is, what it is, and the sentence that it stands under."""

    tone: Tone
    severity: str
    message: str
    source: str
    quote: str
    adapted: str


@dataclass(frozen=True, slots=True)
class SeriesCard:
    """A series with what it shows, and what is to be told of it."""

    name: str
    identity: str
    details: str
    tone: Tone
    picture: NDArray[np.uint8] | None
    no_picture: str
    findings: tuple[FindingLine, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that is shown, in the order in which it is shown."""

    language: str
    title: str
    tone: Tone
    conclusion: str
    provisional: str
    facts: tuple[tuple[str, str], ...]
    requirements: tuple[RequirementLine, ...]
    offered: tuple[str, ...]
    study_findings: tuple[FindingLine, ...]
    series: tuple[SeriesCard, ...]  # those with findings first
    corrections: tuple[str, ...]
    origin: tuple[tuple[str, str], ...]


def page_of(verdict: Verdict, context: ReportContext) -> Page:
    """The page of a verdict."""
    language, protocol = context.language, verdict.protocol
    return Page(
        language=language,
        title=word("title", language).format(protocol.name.upper(), protocol.edition),
        tone=_OF_CONCLUSION[verdict.verdict],
        conclusion=word(verdict.verdict, language),
        provisional=word("provisional", language) if verdict.state == "receiving" else "",
        facts=tuple(_facts(verdict, context)),
        requirements=tuple(_requirements(verdict, language)),
        offered=tuple(_offered(verdict, language)),
        study_findings=tuple(_line(f, language) for f in verdict.troubles if f.series is None),
        series=tuple(_cards(verdict, context)),
        corrections=tuple(
            _brief(correction_line(verdict, c, language, context.judged_at.tzinfo))
            for c in verdict.corrections
        ),
        origin=tuple(_origin(verdict, context)),
    )


def _facts(verdict: Verdict, context: ReportContext) -> Iterator[tuple[str, str]]:
    header, language, study = context.header, context.language, verdict.study
    yield word("patient name", language), person_name(header)
    yield word("patient id", language), _brief(study.patient_id or word("no_patient", language))
    yield word("born", language), day(_said(header, "PatientBirthDate"), language)
    yield word("sex", language), _said(header, "PatientSex") or "-"
    yield word("examination date", language), day(study.study_date, language)
    yield word("accession", language), _said(header, "AccessionNumber") or "-"
    yield word("examination", language), _said(header, "StudyDescription") or "-"
    yield word("programme", language), _programme(verdict, language)


def _programme(verdict: Verdict, language: str) -> str:
    parts, programme = imaged_parts(verdict, language), word(verdict.study.programme, language)
    return _brief(f"{parts}, {programme}, {indication_line(verdict, language)}")


def person_name(header: Dataset) -> str:
    """The patient's name as it is read; its other writings (PS3.5 section 6.2.1.1) in brackets."""
    groups = [
        " ".join(g.replace("^", " ").split()) for g in _said(header, "PatientName").split("=")
    ]
    first, *others = [group for group in groups if group] or ["-"]
    return f"{first} ({', '.join(others)})" if others else first


def _said(header: Dataset, keyword: str) -> str:
    value = header.get(keyword)
    return "" if value is None else _brief(legible(str(value)))


def _requirements(verdict: Verdict, language: str) -> Iterator[RequirementLine]:
    for requirement in verdict.requirements:
        if requirement.level == "required" and requirement.status != "not_applicable":
            yield RequirementLine(
                tone=_OF_STATUS[requirement.status],
                label=requirement.label.in_language(language),
                status=word(requirement.status, language),
                series=_brief(_numbers(verdict, requirement)),
                reason=_brief(requirement.reason.in_language(language))
                if requirement.reason
                else "",
            )


def _numbers(verdict: Verdict, requirement: RequirementStatus) -> str:
    found = (verdict.series_called(uid) for uid in requirement.series)
    return ", ".join(number_of(series) for series in found if series)


def _offered(verdict: Verdict, language: str) -> Iterator[str]:
    for state, labels in offered(verdict, language).items():
        if labels:
            said = f"{word('optional', language)}, {word(state, language)}{colon(language)}"
            yield said + ", ".join(labels)


def _cards(verdict: Verdict, context: ReportContext) -> Iterator[SeriesCard]:
    cards = [_card(series, verdict, context) for series in verdict.series]
    yield from (card for card in cards if card.findings)
    yield from (card for card in cards if not card.findings)


def _card(series: SeriesVerdict, verdict: Verdict, context: ReportContext) -> SeriesCard:
    uid, language = series.series_instance_uid, context.language
    findings = tuple(_line(f, language) for f in verdict.troubles if f.series == uid)
    reported = context.series.get(uid)
    confidence = percent(series.identity.confidence, language)
    return SeriesCard(
        name=_brief(series.named(language)),
        identity=f"{describe(series.identity, spoken(language))} ({confidence})",
        details=_details(series, language),
        tone=findings[0].tone if findings else "good",
        picture=None if reported is None else reported.picture,
        no_picture=_no_picture(reported, language),
        findings=findings,
    )


def _no_picture(reported: ReportedSeries | None, language: str) -> str:
    is_dropped = reported is not None and reported.is_dropped
    return word("image dropped" if is_dropped else "no picture", language)


def _details(series: SeriesVerdict, language: str) -> str:
    edges = number(voxel(series), language)
    return f"{series.instances} images" + (f", {edges} mm" if edges else "")


def _line(finding: Finding, language: str) -> FindingLine:
    failed = finding.outcome == "fail"
    return FindingLine(
        tone=finding.severity if failed else "undetermined",
        severity=word(finding.severity if failed else "undetermined", language),
        message=_brief(finding.message.in_language(language)),
        source=f"{finding.rule}, {finding.sentence}",
        quote=finding.quoted(language),
        adapted=_brief(finding.adapted or ""),
    )


def _origin(verdict: Verdict, context: ReportContext) -> Iterator[tuple[str, str]]:
    language, protocol = context.language, verdict.protocol
    site = f", {protocol.site}" if protocol.site else ""
    version = f"{word('version', language)} {verdict.version}, {word(verdict.state, language)}"
    yield word("judged", language), f"{day_and_time(context.judged_at, language)}, {version}"
    yield word("protocol", language), f"{protocol.name.upper()} {protocol.edition}{site}"
    yield word("digest", language), protocol.digest
    yield word("software", language), f"ofsep-node {verdict.software or context.software}"
    yield word("study", language), verdict.study.study_instance_uid
