"""Reads a structured report back to the verdict, by highdicom and the codes alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from highdicom.sr import ComprehensiveSR
from pydicom.dataset import Dataset

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import (
    Cause,
    Finding,
    Measured,
    Message,
    ProtocolReference,
    RequirementStatus,
    SeriesVerdict,
    StudySummary,
    Verdict,
)
from ofsep_node.reporting import coding
from ofsep_node.reporting.coding import Concept

_WORDS = {(c.scheme, c.value): word for word, c in coding.VALUES.items()}
_TRUTH = {"yes": True, "no": False, "unknown": None}


class Items:
    """The items of a container by the codes of their names."""

    def __init__(self, container: Any) -> None:
        self._items = list(container.ContentSequence)

    def all(self, name: Concept) -> list[Any]:
        return [i for i in self._items if (i.name.scheme_designator, i.name.value) == key(name)]

    def values(self, name: Concept) -> tuple[Any, ...]:
        return tuple(_value(item) for item in self.all(name))

    def value(self, name: Concept) -> Any:
        found = self.values(name)
        assert len(found) <= 1
        return found[0] if found else None

    def within(self, name: Concept) -> Iterator[Items]:
        return (Items(container) for container in self.all(name))

    def unit(self, *names: Concept) -> str | None:
        numbers = [i for name in names for i in self.all(name) if i.ValueType == "NUM"]
        return numbers[0].unit.value.strip("{}") if numbers else None


def key(concept: Concept) -> tuple[str, str]:
    return (concept.scheme, concept.value)


def _value(item: Any) -> Any:
    if item.ValueType == "CODE":
        code = item.value
        return _WORDS[code.scheme_designator, code.value]
    if item.ValueType == "IMAGE":
        return str(item.referenced_sop_instance_uid)
    return str(item.value) if item.ValueType in {"TEXT", "UIDREF"} else item.value


def read_back(dataset: Dataset) -> Verdict:
    """The verdict in the report's language: each message says the same in both."""
    document = ComprehensiveSR.from_dataset(dataset)
    root = Items(document.content[0])
    (protocol,) = root.within(coding.PROTOCOL)
    return Verdict(
        protocol=ProtocolReference(
            protocol.value(coding.IDENTIFIER),
            protocol.value(coding.EDITION),
            protocol.value(coding.DIGEST),
            protocol.value(coding.SITE),
        ),
        study=_study(root, dataset),
        state=root.value(coding.STATE),
        version=int(root.value(coding.VERSION)),
        verdict=root.value(coding.VERDICT),
        requirements=tuple(map(_requirement, _list(root, coding.REQUIREMENTS, coding.REQUIREMENT))),
        series=tuple(map(_series, _list(root, coding.SERIES_LIST, coding.SERIES))),
        findings=tuple(map(_finding, _list(root, coding.FINDINGS, coding.FINDING))),
        software=protocol.value(coding.SOFTWARE) or "",
        cause=_cause(root),
    )


def _list(root: Items, name: Concept, item: Concept) -> Iterator[Items]:
    return (one for container in root.within(name) for one in container.within(item))


def _study(root: Items, dataset: Dataset) -> StudySummary:
    return StudySummary(
        study_instance_uid=root.value(coding.STUDY_INSTANCE_UID),
        patient_id=dataset.PatientID,
        study_date=dataset.StudyDate,
        parts=root.values(coding.PART),
        programme=root.value(coding.PROGRAMME),
        indication=root.value(coding.INDICATION),
        indication_source=root.value(coding.INDICATION_SOURCE),
        indication_label=_message(root.value(coding.LABEL)),
    )


def _cause(root: Items) -> Cause | None:
    kind = root.value(coding.CAUSE)
    return (
        None
        if kind is None
        else Cause(kind, root.value(coding.BY), root.value(coding.REASON) or "")
    )


def _message(text: str | None) -> Message | None:
    return None if text is None else Message(text, text)


def _requirement(items: Items) -> RequirementStatus:
    label = items.value(coding.LABEL)
    return RequirementStatus(
        id=items.value(coding.IDENTIFIER),
        part=items.value(coding.PART),
        level=items.value(coding.LEVEL),
        status=items.value(coding.STATUS),
        series=items.values(coding.SERIES_INSTANCE_UID),
        nearest=items.value(coding.NEAREST),
        label=Message(label, label),
        reason=_message(items.value(coding.REASON)),
    )


def _series(items: Items) -> SeriesVerdict:
    number = items.value(coding.SERIES_NUMBER)
    identity = {field: items.value(name) for field, name in coding.IDENTITY.items()}
    return SeriesVerdict(
        series_instance_uid=items.value(coding.SERIES_INSTANCE_UID),
        number=None if number is None else int(number),
        description=items.value(coding.DESCRIPTION),
        instances=int(items.value(coding.OBJECTS)),
        complete=_TRUTH[items.value(coding.COMPLETE)],
        identity=SeriesIdentity(
            **identity,
            confidence=items.value(coding.CONFIDENCE),
            evidence=items.values(coding.EVIDENCE),
        ),
        measured=_measured({f: items.values(n) for f, (n, _) in coding.QUANTITIES.items()}),
    )


def _measured(found: Mapping[str, tuple[Any, ...]]) -> Measured:
    single = {field: values[0] if values else None for field, values in found.items()}
    pair = {
        "pixel_mm": (single.pop("pixel_rows_mm"), single.pop("pixel_columns_mm")),
        "acquired_pixel_mm": (single.pop("acquired_rows_mm"), single.pop("acquired_columns_mm")),
    }
    pairs = {field: None if None in values else values for field, values in pair.items()}
    directions = single.pop("directions")
    fields: dict[str, Any] = {
        **single,
        **pairs,
        "b_values": found["b_values"],
        "directions": None if directions is None else int(directions),
    }
    return Measured(**fields)


def _finding(items: Items) -> Finding:
    rule = items.value(coding.RULE)
    quantity = coding.quantity_of(rule)
    message = items.value(coding.MESSAGE)
    measured = [v for n in {quantity, coding.MEASURED} for v in items.values(n)]
    return Finding(
        rule=rule,
        sentence=items.value(coding.SENTENCE),
        scope=items.value(coding.SCOPE),
        series=items.value(coding.SERIES_INSTANCE_UID),
        outcome=items.value(coding.OUTCOME),
        severity=items.value(coding.SEVERITY),
        measured=measured[0] if measured else None,
        expected=items.value(coding.EXPECTED),
        unit=items.unit(quantity, coding.MEASURED, coding.EXPECTED),
        message=Message(message, message),
        quote=items.value(coding.QUOTE),
        pending=items.value(coding.PENDING) == "yes",
        adapted=items.value(coding.ADAPTED),
    )


def as_told(verdict: Verdict, language: str) -> Verdict:
    """What of a verdict a report in one language tells: what `read_back` must give."""
    return replace(
        verdict,
        study=replace(
            verdict.study,
            indication_label=_said(verdict.study.indication_label, language),
        ),
        requirements=tuple(
            replace(r, label=_said(r.label, language), reason=_said(r.reason, language))
            for r in verdict.requirements
        ),
        series=tuple(
            replace(one, identity=_reasoned(one.identity, language)) for one in verdict.series
        ),
        findings=tuple(_told(f, language) for f in verdict.findings),
        corrections=(),
    )


def _reasoned(identity: SeriesIdentity, language: str) -> SeriesIdentity:
    return replace(identity, evidence=identity.evidence_in(language), evidence_fr=())


def _said(message: Message | None, language: str) -> Any:
    return message and _message(message.in_language(language))


def _told(finding: Finding, language: str) -> Finding:
    """A number without a unit has UCUM's 1; what is no number has none."""
    values = (finding.measured, finding.expected)
    counted = any(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    return replace(
        finding,
        message=_said(finding.message, language),
        quote=finding.quoted(language),
        quote_fr=None,
        unit=(finding.unit or "1") if counted else None,
        measured=_plain(finding.measured),
        expected=_plain(finding.expected),
    )


def _plain(value: Any) -> Any:
    """A truth is a coded yes or no."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else (value or value)
