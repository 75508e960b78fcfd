"""The pages of the protocol: a page for each rule, and the coverage of every sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ofsep_node.domain.verdict import Part, Severity
from ofsep_node.protocol.coverage import Coverage, Covered, coverage
from ofsep_node.protocol.edition import Edition, Requirement, Rule, Sentence
from ofsep_node.protocol.examples import Example
from ofsep_node.protocol.site import adaptable
from ofsep_node.protocol.trial import Trial, tried
from ofsep_node.protocol.wording import unit_of, written_number

_STATUSES = {
    "checked": "checked by rules",
    "manual": "for a person to check",
    "not_in_dicom": "nothing that a header shows",
}
_LENIENT: dict[Severity, Severity] = {"error": "warning", "warning": "info", "info": "warning"}
"""The severity that the snippet of a rule's page gives instead."""


def rule_pages(edition: Edition) -> dict[str, str]:
    """`index.md` and a page for each rule, by file name."""
    written = {f"{rule.id}.md": _page(rule, under, edition) for under, rule in edition.rules()}
    return {"index.md": _index(edition), **written}


def coverage_page(edition: Edition) -> str:
    """Every sentence in the order of the source, with how it is checked."""
    covered = coverage(edition)
    sentences = zip(edition.sentences, covered.sentences, strict=True)
    parts = [
        "# Coverage of the protocol\n",
        (
            f"Every sentence of **{edition.title.en}** in its order, quoted as the observatory\n"
            "wrote it, and how it is checked. The node's own checks stand at the end.\n"
        ),
        _counts(covered),
        *(_sentence(*both) for both in sentences),
    ]
    return "\n".join(parts)


def snippet(rule: Rule) -> str:
    """A site file that adapts the rule, ready to be changed."""
    numbers = rule.check.model_dump(
        mode="json", include={*adaptable(rule.check)}, exclude_none=True
    )
    check = {"check": numbers} if numbers else {}
    adaptation = {
        "reason": "why this site differs, and who agreed",
        "severity": _LENIENT[rule.severity],
        **_undetermined(rule),
        **check,
    }
    site = {"site": "Example hospital", "rules": {rule.id: adaptation}}
    return yaml.safe_dump(site, sort_keys=False, allow_unicode=True, width=80)


def _undetermined(rule: Rule) -> dict[str, Severity]:
    own = rule.severity_undetermined
    return {"severity_undetermined": own} if own else {}


# --- the rules


def _index(edition: Edition) -> str:
    rows = [
        f"| [{rule.id}]({rule.id}.md) | {_cell(rule.label.en)} | {_cell(rule.label.fr)} "
        f"| {rule.severity} "
        f"| {', '.join(_link(s, '../coverage.md') for s in _enforced(rule, under, edition))} |"
        for under, rule in edition.rules()
    ]
    return "\n".join(
        [
            "# Rules\n",
            (
                f"How **{edition.title.en}** is checked. Severities, labels and numbers can be\n"
                "adapted by a site file; quotes cannot. Outcomes are *pass*, *fail*,\n"
                "*undetermined* (the header does not say: never counted as a pass) and\n"
                "*not applicable*. The [coverage](../coverage.md) goes through the sentences.\n"
            ),
            "| rule | what it is about | in French | severity | sentences |\n|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _page(rule: Rule, under: Sentence, edition: Edition) -> str:
    applies = rule.applies_to.model_dump(exclude_defaults=True) if rule.applies_to else None
    rows = [
        f"| label | {_cell(f'{rule.label.en} / {rule.label.fr}')} |",
        f"| severity | {_severity(rule)} |",
        f"| applies to | {_facts(applies) if applies else 'the examination'} |",
        f"| kind of check | {rule.check.kind} |",
    ]
    return "\n".join(
        [
            f"# {rule.id}\n",
            *(_quoted(s) for s in _enforced(rule, under, edition)),
            "| | |\n|---|---|",
            *rows,
            f"\n{rule.why}\n",
            *_numbers(rule),
            *_examples(rule),
            *_messages(rule, edition),
            "## Adapt it\n",
            "In a site file ([how](../../how-to/adapt-a-rule.md)); leave out what stays as it is:\n",
            f"```yaml\n{snippet(rule)}```\n",
        ]
    )


def _severity(rule: Rule) -> str:
    undetermined = rule.severity_of("undetermined")
    return rule.severity + (
        f"; {undetermined} when undetermined" if undetermined != rule.severity else ""
    )


def _enforced(rule: Rule, under: Sentence, edition: Edition) -> list[Sentence]:
    """The sentence the rule stands under, then the others that it enforces too."""
    return [under, *(s for s in edition.sentences if rule.id in s.checked_by)]


def _quoted(sentence: Sentence) -> str:
    return f"> {_link(sentence, '../coverage.md')}{_whose(sentence)}: {_quote(sentence)}\n"


def _link(sentence: Sentence, page: str) -> str:
    return f"[{sentence.id}]({page}#{sentence.id.lower()})"


def _whose(sentence: Sentence) -> str:
    return "" if sentence.source == "ofsep" else " (a check of the node's own)"


def _numbers(rule: Rule) -> Iterator[str]:
    written = rule.check.model_dump(mode="json", exclude={"kind"})
    if not written:
        return
    yield "## Numbers\n"
    yield "| name | value | a site may change it |\n|---|---|---|"
    free = adaptable(rule.check)
    for name, value in written.items():
        said = (
            _facts(_said(value)) if isinstance(value, dict) else written_number(name, value, "en")
        )
        yield f"| `{name}` | {said} | {'yes' if name in free else 'no'} |"
    yield ""


def _said(value: Any) -> Any:
    """Without what is left open, at any depth."""
    if not isinstance(value, dict):
        return value
    return {key: _said(inner) for key, inner in value.items() if inner not in (None, [], {})}


def _examples(rule: Rule) -> Iterator[str]:
    if not rule.examples:
        return
    yield "## Examples\n"
    yield "They are run as tests. What an example does not say is that of a 1 mm 3D T1 of the brain.\n"
    yield "| example | what is different | outcome |\n|---|---|---|"
    for example in rule.examples:
        graded = f" ({example.severity})" if example.severity else ""
        outcome = example.outcome.replace("_", " ")
        yield f"| {_cell(example.says)} | {_cell(_example(example))} | **{outcome}**{graded} |"
    yield ""


def _messages(rule: Rule, edition: Edition) -> Iterator[str]:
    """What people read of the first example of each outcome, in both languages."""
    parts = {r.id: r.part for r in edition.requirements()}
    read = {t.outcome: t.messages[0] for t in _tried(rule, parts) if t.messages}
    if read:
        yield "## What people read\n"
        yield "| outcome | English | French |\n|---|---|---|"
    for outcome, message in reversed(read.items()):
        yield f"| **{outcome.replace('_', ' ')}** | {_cell(message.en)} | {_cell(message.fr)} |"
    yield ""


def _tried(rule: Rule, parts: Mapping[str, Part]) -> Iterator[Trial]:
    """Last the first example, which is the one that is kept of those with one outcome."""
    return (tried(rule, example, parts) for example in reversed(rule.examples))


def _example(example: Example) -> str:
    every = [example.series, *example.others]
    described = [_facts(s.model_dump(exclude_unset=True)) for s in every]
    whole = example.model_dump(
        exclude={"says", "outcome", "severity", "series", "others"}, exclude_unset=True
    )
    return "; ".join(filter(None, [*described, _facts(whole)])) or "nothing"


# --- the coverage


def _counts(covered: Coverage) -> str:
    rows = [
        f"| {name} | {' | '.join(str(counts[status]) for status in _STATUSES)} |"
        for name, counts in (
            ("the observatory's", covered.statuses("ofsep")),
            ("the node's own", covered.statuses("node")),
        )
    ]
    severities = ", ".join(f"{n} {severity}" for severity, n in covered.severities().items())
    return "\n".join(
        [
            f"| sentences | {' | '.join(_STATUSES.values())} |\n|---|---|---|---|",
            *rows,
            f"\nRules by severity: {severities}.\n",
        ]
    )


def _sentence(sentence: Sentence, covered: Covered) -> str:
    parts = [f"## {sentence.id}\n", f"> {_quote(sentence)}\n"]
    if sentence.source == "node":
        parts.append("A check of the node's own, no sentence of the observatory.\n")
    if sentence.requirements:
        parts.append("| sequence | level | programmes | series it looks for |\n|---|---|---|---|")
        parts.append("\n".join(_requirement(r) for r in sentence.requirements) + "\n")
    if covered.status != "checked":
        parts.append(
            f"*{_STATUSES[covered.status].capitalize()}.* {covered.why and covered.why.en}\n"
        )
    parts.extend(
        f"- [{rule.rule}](rules/{rule.rule}.md), {rule.severity}"
        + (f", under {rule.under}" if rule.under != sentence.id else "")
        for rule in covered.rules
    )
    return "\n".join([*parts, ""] if covered.rules else parts)


def _requirement(requirement: Requirement) -> str:
    programmes = ", ".join(requirement.programmes)
    looks_for = "; or ".join(
        _facts(selector.model_dump(exclude_defaults=True)) for selector in requirement.series
    )
    names = f"`{requirement.id}` {_cell(f'{requirement.label.en} / {requirement.label.fr}')}"
    when = f" ({', '.join(requirement.indications)})" if requirement.indications else ""
    return f"| {names} | {requirement.level}{when} | {programmes} | {looks_for} |"


# --- facts in words


def _facts(facts: dict[str, Any]) -> str:
    return ", ".join(
        f"{_named(key)} {_value(key, value)}" for key, value in facts.items() if value != ()
    )


def _named(key: str) -> str:
    """The name without the unit, which stands behind the number."""
    unit = unit_of(key)
    return (key.rpartition("_")[0] if unit else key).replace("_", " ")


def _value(key: str, value: Any) -> str:
    if value is None:
        return "not in the header"
    if isinstance(value, dict):
        return f"({_facts(value)})"
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        return "; ".join(f"({_facts(one)})" for one in value)
    if isinstance(value, (list, tuple)):
        joined = " x " if all(isinstance(v, (int, float)) for v in value) else " or "
        said = joined.join(written_number("", v, "en") for v in value)
        unit = unit_of(key)
        return f"{said} {unit.en}" if unit else said
    return written_number(key, value, "en")


def _cell(text: str) -> str:
    """Text in a table: on one line, with the signs that Markdown would take for its own."""
    return re.sub(r"([|*<])", r"\\\1", " ".join(text.split()))


def _quote(sentence: Sentence) -> str:
    """A quote as it stands; a star at its beginning is the source's, not a list's."""
    return re.sub(r"^\* ", r"\\* ", sentence.quote)
