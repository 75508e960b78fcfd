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


INDICATIONS = "{indications}"
"""Stands in the words of a check for the indications that it speaks of."""


def unit_of(name: str) -> Message | None:
    """The unit that a number's name ends in."""
    ends = (end for end in sorted(_UNITS, key=len, reverse=True) if name.endswith(f"_{end}"))
    return next((_UNITS[end] for end in ends), None)


def asked(rule: Rule, identity: SeriesIdentity, indications: Mapping[str, Message]) -> Message:
    """What a rule asks of series of an identity, or of the examination.

    `indications` gives the words for those that a check may name.
    """
    words = rule.check.asks(identity) or _by_its_numbers(rule)
    return Message(
        *(
            words.in_language(language).replace(INDICATIONS, _named(rule, indications, language))
            for language in ("fr", "en")
        )
    )


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


def _by_its_numbers(rule: Rule) -> Message:
    """The label, and the number where it is the only one: several need words."""
    numbers = {
        name: value
        for name, value in rule.check.model_dump(mode="json").items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        if "tolerance" not in name
    }
    if len(numbers) != 1:
        return rule.label.message()
    [(name, value)] = numbers.items()
    fr, en = (written_number(name, value, language) for language in ("fr", "en"))
    return Message(fr=f"{rule.label.fr} : {fr}", en=f"{rule.label.en}: {en}")


def _named(rule: Rule, labels: Mapping[str, Message], language: str) -> str:
    """The indications of a check in words: those it insists on, then those it only offers."""
    weights: Any = rule.check.model_dump(mode="json").get("indications", ())
    details = weights if isinstance(weights, dict) else {}
    offered = [n for n in weights if (details.get(n) or {}).get("severity") == "info"]
    insisted = [n for n in weights if n not in offered]
    said = [
        ", ".join(labels[name].in_language(language) for name in names if name in labels)
        for names in (insisted, offered)
    ]
    return _OFFERED.in_language(language).join(filter(None, said))


_OFFERED = Message(fr=" ; en option : ", en="; optionally: ")
