"""What a rule asks, in plain words with its numbers, for people who set up a scanner.

A kind of check that has no words of its own is told by the rule's label, and its one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Severity
from ofsep_node.protocol.checks.observation import bilingual
from ofsep_node.protocol.edition import Rule

_UNITS = {
    "mm": Message("mm", "mm"),
    "mm3": Message("mm³", "mm³"),
    "t": Message("T", "T"),
    "ms": Message("ms", "ms"),
    "s": Message("s", "s"),
    "ml": Message("mL", "mL"),
    "kg": Message("kg", "kg"),
    "deg": Message("°", "°"),
    "percent": Message("%", "%"),
    "months": Message("mois", "months"),
    "years": Message("ans", "years"),
    "mmol_per_kg": Message("mmol/kg", "mmol/kg"),
}
"""How the end of a number's name is read."""


def unit_of(name: str) -> Message | None:
    """The unit that a number's name ends in."""
    ends = (end for end in sorted(_UNITS, key=len, reverse=True) if name.endswith(f"_{end}"))
    return next((_UNITS[end] for end in ends), None)


def asked(rule: Rule, identity: SeriesIdentity, indications: Mapping[str, Message]) -> Message:
    """What a rule asks of series of an identity, or of the examination.

    `indications` gives the words for those that a check may name.
    """
    return rule.check.asks(identity) or _by_its_numbers(rule, indications)


def severity_for(rule: Rule, identity: SeriesIdentity) -> Severity:
    """How grave it is when series of an identity fail a rule."""
    return rule.check.severity_for(identity) or rule.severity


def written_number(name: str, value: Any, language: str) -> str:
    """A value of a rule for people, with the unit that its name ends in."""
    if value is None or value == []:
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{k} {written_number(k, v, language)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(written_number(name, one, language) for one in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    number = bilingual(fr=f"{value:g}", en=f"{value:g}").in_language(language)
    unit = unit_of(name)
    return f"{number} {unit.in_language(language)}" if unit else number


def _by_its_numbers(rule: Rule, indications: Mapping[str, Message]) -> Message:
    """The label, the indications, and the number where it is the only one: several need words."""
    written = rule.check.model_dump(mode="json")
    numbers = {
        name: value
        for name, value in written.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        if "tolerance" not in name
    }
    only = numbers if len(numbers) == 1 else {}
    named = _indications(written.get("indications", ()), indications)
    fr, en = (
        ", ".join(
            [written_number(name, value, language) for name, value in only.items()]
            + [label.in_language(language) for label in named]
        )
        for language in ("fr", "en")
    )
    return Message(
        fr=f"{rule.label.fr} : {fr}" if fr else rule.label.fr,
        en=f"{rule.label.en}: {en}" if en else rule.label.en,
    )


def _indications(named: Any, labels: Mapping[str, Message]) -> list[Message]:
    """The words for indications; for some of them what is asked may be no more than offered."""
    details = named if isinstance(named, dict) else {}
    return [
        Message(fr=f"{labels[name].fr} (optionnel)", en=f"{labels[name].en} (optional)")
        if (details.get(name) or {}).get("severity") == "info"
        else labels[name]
        for name in named
        if name in labels
    ]
