"""What is wrong, or does nothing, in an edition or site file. Each fault is `file:line: words`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from ofsep_node.errors import EditionError
from ofsep_node.protocol.edition import Edition, Rule
from ofsep_node.protocol.loading import EDITIONS, adapted_edition, edition_of
from ofsep_node.protocol.site import Adaptation, Site, read_site
from ofsep_node.protocol.trial import Trial, trials
from ofsep_node.protocol.written import Written, read

_NONSENSE = "\u2400"
"""A text that no console writes: a pattern found in it is found in every text."""


def lint(path: Path, judged_by: Callable[[], Written]) -> tuple[str, ...]:
    """Every fault of an edition or site file.

    `judged_by` gives the edition that a site file stands over. Raises EditionError when the file
    cannot be opened, or the edition under a site file has faults of its own.
    """
    if not path.is_file():
        raise EditionError(f"{path}: no such file; name an edition or a site file")
    try:
        written = read(path)
    except EditionError as error:
        return tuple(str(error).splitlines())
    if "sentences" in written.content:
        return _lines(lambda: _edition_faults(written))
    if "site" in written.content:
        under = judged_by()
        edition = edition_of(under)
        return _lines(lambda: _site_faults(written, edition, under))
    return (f"{path}:1: neither an edition (it has sentences) nor a site file (it has site)",)


def _lines(faults: Callable[[], Iterator[str]]) -> tuple[str, ...]:
    try:
        return tuple(faults())
    except EditionError as error:
        return tuple(str(error).splitlines())


def _edition_faults(written: Written) -> Iterator[str]:
    edition = edition_of(written)
    yield from _altered_quotes(edition, written)
    places = _rule_places(edition)
    for _, rule in edition.rules():
        for fault in _lacking(rule):
            yield f"{written.at(*places[rule.id])}: rule {rule.id}: {fault}"
    for trial in trials(edition):
        if not trial.holds:
            number = trial.rule.examples.index(trial.example)
            at = written.at(*places[trial.rule.id], "examples", number)
            yield f"{at}: rule {trial.rule.id}: {_came_out(trial)}"


def _rule_places(edition: Edition) -> dict[str, tuple[str | int, ...]]:
    return {
        rule.id: ("sentences", number, "rules", place)
        for number, sentence in enumerate(edition.sentences)
        for place, rule in enumerate(sentence.rules)
    }


def _lacking(rule: Rule) -> Iterator[str]:
    outcomes = {example.outcome for example in rule.examples}
    if not outcomes:
        yield "has no examples"
    elif "pass" not in outcomes:
        yield "has no example that passes"
    elif outcomes == {"pass"}:
        yield "has no example that does not pass"


def _came_out(trial: Trial) -> str:
    example = trial.example
    stated = f"{example.outcome} ({example.severity})" if example.severity else example.outcome
    graded = f" ({', '.join(sorted(trial.severities))})" if example.severity else ""
    return f"example “{example.says}” states {stated}, the rule says {trial.outcome}{graded}"


def _altered_quotes(edition: Edition, written: Written) -> Iterator[str]:
    """A file that calls itself by the name of an edition that ships must quote what that quotes."""
    shipped = _shipped(edition)
    if shipped is None:
        return
    quotes = {s.id: s.quote for s in shipped.sentences if s.source == "ofsep"}
    called = f"{edition.name} {edition.edition}"
    for number, sentence in enumerate(edition.sentences):
        at = written.at("sentences", number, "quote")
        if sentence.source == "ofsep" and sentence.id not in quotes:
            yield f"{at}: {sentence.id}: not a sentence of {called}"
        elif quotes.pop(sentence.id, sentence.quote) != sentence.quote:
            yield f"{at}: {sentence.id}: the quote of {called} is altered"
    for missing in quotes:
        yield f"{written.at('sentences')}: {missing}: a sentence of {called} is left out"


def _shipped(edition: Edition) -> Edition | None:
    for path in sorted(EDITIONS.glob("*.yaml")):
        shipped = edition_of(read(path))
        if (shipped.name, shipped.edition) == (edition.name, edition.edition):
            return shipped
    return None


def _site_faults(written: Written, edition: Edition, under: Written) -> Iterator[str]:
    adapted_edition(edition, under, written)  # everything that cannot be used as it is written
    site = read_site(written)
    rules = {rule.id: rule for _, rule in edition.rules()}
    for name, adaptation in site.rules.items():
        yield from _without_effect(rules[name], adaptation, written)
    yield from _of_patterns(site, written)


def _without_effect(rule: Rule, adaptation: Adaptation, written: Written) -> Iterator[str]:
    severities = (adaptation.severity, adaptation.severity_undetermined)
    if not (adaptation.label or any(severities) or adaptation.check):
        yield f"{written.at('rules', rule.id)}: rule {rule.id}: nothing is changed"
    if adaptation.label == rule.label:
        at = written.at("rules", rule.id, "label")
        yield f"{at}: rule {rule.id}: the label is the edition's own"
    if adaptation.severity == rule.severity:
        at = written.at("rules", rule.id, "severity")
        yield f"{at}: rule {rule.id}: severity {rule.severity} is the edition's own"
    anyway = rule.severity_undetermined or adaptation.severity or rule.severity
    if adaptation.severity_undetermined == anyway:
        at = written.at("rules", rule.id, "severity_undetermined")
        yield f"{at}: rule {rule.id}: severity_undetermined {anyway} is what it is without saying"
    own = rule.check.model_dump(mode="json")
    for key, value in adaptation.check.items():
        if own[key] == value:
            at = written.at("rules", rule.id, "check", key)
            yield f"{at}: rule {rule.id}: {key} {value} is the edition's own"


def _of_patterns(site: Site, written: Written) -> Iterator[str]:
    for part, key, patterns in (
        ("series", "description", [p.description for p in site.series]),
        ("indications", "text", [p.text for p in site.indications]),
    ):
        for number, pattern in enumerate(patterns):
            for fault in _of_pattern(pattern, patterns[:number]):
                yield f"{written.at(part, number, key)}: {part}.{number}.{key}: {fault}"


def _of_pattern(pattern: str, earlier: list[str]) -> Iterator[str]:
    if re.search(pattern, _NONSENSE):
        yield f"{pattern!r} matches every text"
    if any(unicodedata.category(character) == "Cc" for character in pattern):
        yield f"{pattern!r} holds a control character: write patterns in single quotes"
    if pattern in earlier:
        yield f"{pattern!r} is written twice"
