"""Facts and verdicts as JSON, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Finding, Verdict

_FACTS = TypeAdapter(InstanceFacts)
_VERDICT = TypeAdapter(Verdict)
_FINDINGS = TypeAdapter(tuple[Finding, ...])
_IDENTITY = TypeAdapter(SeriesIdentity)


class UnreadableDocument(Exception):
    """A stored document is not as this version reads it. No value of it is in the message."""


def facts_to_json(facts: InstanceFacts) -> str:
    """The facts as compact JSON: what the header does not carry is left out."""
    return _FACTS.dump_json(facts, exclude_defaults=True).decode()


def facts_from_json(text: str) -> InstanceFacts:
    """The facts that `facts_to_json` wrote, equal to the last digit. Raises UnreadableDocument."""
    try:
        return _FACTS.validate_json(text)
    except ValidationError as error:
        raise _without_values("facts", error) from None


def to_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict's published JSON: dictionaries, lists, strings, numbers, true, false, null."""
    document: dict[str, Any] = _VERDICT.dump_python(verdict, mode="json")
    return document


def from_json(document: Mapping[str, Any]) -> Verdict:
    """The verdict that `to_json` wrote. Raises UnreadableDocument."""
    try:
        return _VERDICT.validate_python(document)
    except ValidationError as error:
        raise _without_values("verdict", error) from None


def findings_to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as the verdict's JSON has them."""
    documents: list[dict[str, Any]] = _FINDINGS.dump_python(tuple(findings), mode="json")
    return list(documents)


def findings_from_json(documents: list[dict[str, Any]] | None) -> tuple[Finding, ...]:
    """The findings that `findings_to_json` wrote; none of another version's that cannot be read."""
    try:
        return _FINDINGS.validate_python(documents or ())
    except ValidationError:
        return ()


def identity_to_json(identity: SeriesIdentity) -> dict[str, Any]:
    """What a series is, as in the verdict's JSON."""
    document: dict[str, Any] = _IDENTITY.dump_python(identity, mode="json")
    return document


def _without_values(what: str, error: ValidationError) -> UnreadableDocument:
    """Which field is at fault, and how: pydantic's own message quotes what a patient's header says."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    first = faults[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
    return UnreadableDocument(f"stored {what}: {where}: {first['type']}{more}")
