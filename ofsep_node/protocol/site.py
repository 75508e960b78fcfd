"""A site's file: what it changes of an edition's rules, and what it knows of its examinations.

A rule's label, severities and numbers may be changed, each with a reason. Quotes, sentences,
requirements, names and kinds of check may not. Patterns say what the series of a description are,
and what indication the words of a request mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ofsep_node.domain.verdict import Severity
from ofsep_node.errors import EditionError
from ofsep_node.protocol.checks import Check
from ofsep_node.protocol.edition import (
    Edition,
    IdentityPins,
    IndicationPattern,
    Label,
    Reason,
    Rule,
    SeriesPattern,
)
from ofsep_node.protocol.written import Written, in_order, reason_of

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Adaptation(_Model):
    """What a site changes of one rule."""

    reason: Reason
    label: Label | None = None
    severity: Severity | None = None
    severity_undetermined: Severity | None = None
    check: dict[str, Any] = Field(default_factory=dict)


class Site(_Model):
    """A site file."""

    site: Name
    rules: dict[str, Adaptation] = Field(default_factory=dict)
    series: tuple[SeriesPattern, ...] = ()
    indications: tuple[IndicationPattern, ...] = ()


def adaptable(check: Check) -> tuple[str, ...]:
    """The numbers, and severities, of a check that a site may change."""
    fields = type(check).model_fields.items()
    return tuple(name for name, field in fields if _is_number(field.annotation))


def read_site(written: Written) -> Site:
    """A site file on its own. Raises EditionError, one line for each fault."""
    try:
        site = Site.model_validate(written.content)
    except ValidationError as error:
        strange = (written.fault(fault, _hint(fault)) for fault in error.errors())
        raise EditionError(in_order(strange)) from None
    faults = [*_saying_nothing(site, written)]
    if faults:
        raise EditionError(in_order(faults))
    return site


def adapted_content(edition: Edition, content: dict[str, Any], written: Written) -> dict[str, Any]:
    """The content of an edition's file with a site file over it; `edition` is that content read.

    Raises EditionError for what the edition does not have: a rule, a number, an indication.
    """
    site = read_site(written)
    faults = [*_strange(edition, site, written)]
    if faults:
        raise EditionError(in_order(faults))
    return {
        **content,
        "sentences": [_sentence(sentence, site) for sentence in content["sentences"]],
        "site": site.site,
        "series_patterns": site.series,
        "indication_patterns": site.indications,
    }


def explained(edition: Edition, written: Written, error: ValidationError) -> str:
    """The edition was valid as it is written: what is wrong now came from the site file."""
    lines = []
    for fault in error.errors():
        _, sentence, _, number, *key = (*fault["loc"], "", "", "", "")
        if not isinstance(sentence, int) or not isinstance(number, int):
            lines.append(f"{written.at()}: {reason_of(fault)}")
            continue
        rule = edition.sentences[sentence].rules[number].id
        at = written.at("rules", rule, *(part for part in key if part != ""))
        lines.append(f"{at}: {rule}: {reason_of(fault)} ({fault['input']!r})")
    return in_order(lines)


def _saying_nothing(site: Site, written: Written) -> Iterator[str]:
    """Patterns found in an empty text: `a|` is found everywhere, `^$` where nothing is said."""
    for key, where in (
        ("description", [("series", n, p.description) for n, p in enumerate(site.series)]),
        ("text", [("indications", n, p.text) for n, p in enumerate(site.indications)]),
    ):
        for part, number, pattern in where:
            if re.search(pattern, ""):
                at = written.at(part, number, key)
                yield f"{at}: {part}.{number}.{key}: {pattern!r} matches a text that says nothing"


def _is_number(annotation: Any) -> bool:
    """Whether a field holds a number, several, perhaps none, or a severity."""
    if annotation in (int, float):
        return True
    if set(get_args(annotation)) == {*get_args(Severity)}:
        return True
    return any(_is_number(part) for part in get_args(annotation))


def _sentence(sentence: dict[str, Any], site: Site) -> dict[str, Any]:
    rules = [_rule(rule, site.rules.get(rule["id"])) for rule in sentence.get("rules", ())]
    return {**sentence, "rules": rules} if rules else sentence


def _rule(rule: dict[str, Any], adaptation: Adaptation | None) -> dict[str, Any]:
    if adaptation is None:
        return rule
    changed = {**rule, "adapted": adaptation.reason}
    if adaptation.label:
        changed["label"] = adaptation.label
    if adaptation.severity:
        changed["severity"] = adaptation.severity
    if adaptation.severity_undetermined:
        changed["severity_undetermined"] = adaptation.severity_undetermined
    changed["check"] = {**rule["check"], **adaptation.check}
    return changed


def _strange(edition: Edition, site: Site, written: Written) -> Iterator[str]:
    """What the site speaks of and the edition does not have."""
    rules = {rule.id: rule for _, rule in edition.rules()}
    for name, adaptation in site.rules.items():
        if name not in rules:
            like = get_close_matches(name, rules, n=1)
            yield (
                f"{written.at('rules', name)}: rule {name} is not in {_called(edition)}"
                + (f"; is {like[0]} meant?" if like else "")
            )
            continue
        yield from _strange_numbers(rules[name], adaptation, written)
    known = [indication.id for indication in edition.indications]
    for number, pattern in enumerate(site.indications):
        if pattern.indication not in known:
            at = written.at("indications", number, "indication")
            yield (
                f"{at}: indication {pattern.indication} is not in {_called(edition)}; "
                f"it has: {', '.join(known)}"
            )


def _strange_numbers(rule: Rule, adaptation: Adaptation, written: Written) -> Iterator[str]:
    numbers = adaptable(rule.check)
    for key, value in adaptation.check.items():
        at = written.at("rules", rule.id, "check", key)
        if key not in numbers:
            known = ", ".join(numbers) or "none"
            yield f"{at}: {key} is not a number of this rule; it has: {known}"
        elif isinstance(value, bool):
            yield f"{at}: {key}: expected a number, found a switch"


def _called(edition: Edition) -> str:
    return f"{edition.name}-{edition.edition}"


def _hint(fault: Any) -> str:
    """What pydantic cannot know to say; empty where its own words will do."""
    if fault["type"] == "extra_forbidden":
        return _unknown(tuple(fault["loc"]))
    if fault["type"] == "literal_error" and isinstance(fault["input"], bool):
        said = "yes" if fault["input"] else "no"
        return f'{reason_of(fault)}: YAML reads a bare {said} as a switch, write "{said}" in quotes'
    if fault["type"] == "literal_error":
        return f"{reason_of(fault)} (it is {fault['input']!r})"
    return ""


def _unknown(where: tuple[Any, ...]) -> str:
    """A key that is not known there, or not a site's to change."""
    model: type[BaseModel]
    match where:
        case (_,):
            what, model = "a site file has", Site
        case ("rules", _, _):
            what, model = "not a site's to change; of a rule it may give", Adaptation
        case ("series", _, "identity", _):
            what, model = "no such attribute; known are", IdentityPins
        case ("series", _, _):
            what, model = "a pattern has", SeriesPattern
        case ("indications", _, _):
            what, model = "a pattern has", IndicationPattern
        case _:
            return ""
    return f"{what} {', '.join(model.model_fields)}"
