"""What the judge says of an examination: requirements, series, findings, and the verdict.

These classes are the verdict's JSON, field by field (docs/reference/verdict.schema.json).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.typography import typeset

Outcome = Literal["pass", "fail", "undetermined", "not_applicable"]
Severity = Literal["error", "warning", "info"]
Level = Literal["required", "optional", "conditional"]
Status = Literal["met", "not_met", "missing", "undetermined", "not_applicable"]
State = Literal["receiving", "settled", "reported"]
Conclusion = Literal["compliant", "compliant_with_remarks", "non_compliant", "undetermined"]
Part = Literal["brain", "cord"]
IndicationSource = Literal["operator", "site", "none"]
Value = str | float | bool | None

SCHEMA = 1
"""Version of the verdict's JSON: fields may be added under one number, never renamed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence in the two languages the node speaks.

    What is the same in both is quoted, and stands as it was written.
    """

    fr: str
    en: str

    def __post_init__(self) -> None:
        if self.fr != self.en:
            object.__setattr__(self, "fr", typeset(self.fr))

    def in_language(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


def series_name(number: int | None, description: str | None, language: str) -> str:
    """How people call a series: its number, and its description in the language's quotes."""
    quotes = typeset("« {} »") if language == "fr" else "“{}”"
    shown = "?" if number is None else str(number)
    return f"{shown} {quotes.format(description)}" if description else shown


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of the study or of one series.

    `pending` is true while more images may still mend it: a missing sequence of a study that is
    still being received.
    """

    rule: str
    sentence: str
    scope: Literal["study", "series"]
    series: str | None
    outcome: Outcome
    severity: Severity
    measured: Value
    expected: Value
    unit: str | None
    message: Message
    quote: str
    pending: bool = False
    adapted: str | None = None  # the site's reason for changing the rule
    quote_fr: str | None = None  # of a sentence of the node's own; the observatory's are French

    def quoted(self, language: str) -> str:
        """The sentence that the finding stands under, without marks for bold."""
        french = language == "fr" and self.quote_fr
        return (french or self.quote).replace("**", "")

    @property
    def subject(self) -> tuple[str, str | None, str]:
        """What a later finding of the same rule replaces: rule, series, and what is expected."""
        return (self.rule, self.series, str(self.expected) if self.scope == "study" else "")

    @property
    def troubles(self) -> bool:
        """Whether someone should hear of it."""
        return self.outcome in ("fail", "undetermined")


@dataclass(frozen=True, slots=True)
class RequirementStatus:
    """Whether a sequence the protocol asks for, or offers, is there and good."""

    id: str
    part: Part
    level: Level
    status: Status
    series: tuple[str, ...]
    nearest: str | None
    label: Message
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a series; None where the header does not say."""

    field_t: float | None = None
    slice_thickness_mm: float | None = None
    spacing_mm: float | None = None
    gap_mm: float | None = None
    pixel_mm: tuple[float, float] | None = None
    acquired_pixel_mm: tuple[float, float] | None = None
    voxel_mm3: float | None = None
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    inversion_time_ms: float | None = None
    b_values: tuple[float, ...] = ()
    directions: int | None = None
    extent_mm: float | None = None


@dataclass(frozen=True, slots=True)
class SeriesVerdict:
    """A series as the verdict shows it."""

    series_instance_uid: str
    number: int | None
    description: str | None
    instances: int
    complete: bool | None
    identity: SeriesIdentity
    measured: Measured

    def named(self, language: str) -> str:
        """Number and description, as people call a series."""
        return series_name(self.number, self.description, language)


@dataclass(frozen=True, slots=True)
class ProtocolReference:
    """What the study was judged by; `digest` covers edition and site file."""

    name: str
    edition: str
    digest: str
    site: str | None = None  # the site whose file adapts the edition


@dataclass(frozen=True, slots=True)
class StudySummary:
    """Which study, and which programme of the protocol applies to it."""

    study_instance_uid: str
    patient_id: str | None
    study_date: str | None
    parts: tuple[Part, ...]
    programme: str
    indication: str
    indication_source: IndicationSource = "none"
    indication_label: Message | None = None  # None when it is unknown


@dataclass(frozen=True, slots=True)
class AppliedCorrection:
    """What a person or the site's file said of the examination, and the judge took over.

    `series` is None for what is said of the whole study: its indication.
    """

    series: str | None
    said: Mapping[str, str]  # attribute of the identity (or "indication") to value
    source: Literal["operator", "site"]
    by: str  # who; the site's name for a site file
    reason: str
    at: str | None = None  # ISO 8601, UTC; None for a site file
    recognised: Mapping[str, str] = field(default_factory=dict)  # what it stands in the place of


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a version of the verdict exists, when it is not that images came."""

    kind: Literal["pin", "indication", "rejudge", "imaging"]
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One version of the judgement of one study."""

    protocol: ProtocolReference
    study: StudySummary
    state: State
    version: int
    verdict: Conclusion
    requirements: tuple[RequirementStatus, ...]
    series: tuple[SeriesVerdict, ...]
    findings: tuple[Finding, ...]
    software: str = ""
    corrections: tuple[AppliedCorrection, ...] = ()
    cause: Cause | None = None
    schema: int = SCHEMA

    def series_called(self, series_instance_uid: str | None) -> SeriesVerdict | None:
        """One series of the verdict, None when there is none of that UID."""
        return next((s for s in self.series if s.series_instance_uid == series_instance_uid), None)

    @property
    def missing(self) -> tuple[RequirementStatus, ...]:
        """Required sequences that nothing received could be."""
        return tuple(
            r for r in self.requirements if r.level == "required" and r.status == "missing"
        )

    @property
    def met(self) -> tuple[RequirementStatus, ...]:
        """Required sequences that are there and good."""
        return tuple(r for r in self.requirements if r.level == "required" and r.status == "met")

    @property
    def troubles(self) -> tuple[Finding, ...]:
        """Failed and undetermined findings, errors first."""
        order = {"error": 0, "warning": 1, "info": 2}
        return tuple(
            sorted((f for f in self.findings if f.troubles), key=lambda f: order[f.severity])
        )


@dataclass(frozen=True, slots=True)
class FindingChanges:
    """What became of the findings between two verdicts on the same study."""

    raised: tuple[Finding, ...]
    cleared: tuple[Finding, ...]
    regraded: tuple[tuple[Finding, Finding], ...]  # as it stood, as it is: another severity
    standing: tuple[Finding, ...]  # told and not cleared: what the next changes are held against


def finding_changes(before: Iterable[Finding], after: Iterable[Finding]) -> FindingChanges:
    """Troubles that are new or measured anew, those graded anew, and those that are no more.

    Pending findings are raised once nothing can mend them. One that was raised, and is pending
    because the study was opened again, is not cleared by that.
    """
    old = {f.subject: f for f in before if f.troubles and not f.pending}
    new = {f.subject: f for f in after if f.troubles}
    told = {key: f for key, f in new.items() if not f.pending and _says_otherwise(old.get(key), f)}
    regraded = {key: (old[key], f) for key, f in told.items() if _only_regraded(old.get(key), f)}
    standing = {key: f for key, f in old.items() if key in new} | told
    return FindingChanges(
        raised=tuple(f for key, f in told.items() if key not in regraded),
        cleared=tuple(f for key, f in old.items() if key not in new),
        regraded=tuple(regraded.values()),
        standing=tuple(standing.values()),
    )


def _only_regraded(old: Finding | None, new: Finding) -> bool:
    return old is not None and (old.outcome, old.measured) == (new.outcome, new.measured)


def _says_otherwise(old: Finding | None, new: Finding) -> bool:
    if old is None:
        return True
    return (old.outcome, old.severity, old.measured) != (new.outcome, new.severity, new.measured)
