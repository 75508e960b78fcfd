"""A finding as a part of the structured report: what was measured, what was expected, and why."""

from __future__ import annotations

from collections.abc import Iterator

from highdicom.sr import ContentItem

from ofsep_node.domain.verdict import Finding, Value
from ofsep_node.reporting import coding
from ofsep_node.reporting.coding import Concept
from ofsep_node.reporting.evidence import Reported
from ofsep_node.reporting.tree import Tree


def finding(tree: Tree, said: Finding, reported: Reported) -> ContentItem:
    """One finding, with the image from the middle of the series that it is about."""
    return tree.container(
        coding.FINDING,
        [
            tree.text(coding.MESSAGE, said.message.in_language(tree.language)),
            tree.code(coding.OUTCOME, said.outcome),
            tree.code(coding.SEVERITY, said.severity),
            tree.code(coding.SCOPE, said.scope),
            *_values(tree, said),
            tree.text(coding.RULE, said.rule),
            tree.text(coding.SENTENCE, said.sentence),
            tree.text(coding.QUOTE, said.quoted(tree.language)),
            *_adaptation(tree, said),
            *_subject(tree, said, reported),
        ],
    )


def _values(tree: Tree, said: Finding) -> Iterator[ContentItem]:
    yield from _value(tree, coding.quantity_of(said.rule), coding.MEASURED, said.measured, said)
    yield from _value(tree, coding.EXPECTED, coding.EXPECTED, said.expected, said)


def _value(
    tree: Tree, quantity: Concept, name: Concept, value: Value, said: Finding
) -> Iterator[ContentItem]:
    """A number under its quantity; what is no number under its plain name; nothing for nothing."""
    if isinstance(value, bool):
        yield tree.truth(name, value=value)
    elif isinstance(value, (int, float)):
        yield tree.number(quantity, float(value), said.unit)
    elif value:
        yield tree.text(name, value)


def _adaptation(tree: Tree, said: Finding) -> Iterator[ContentItem]:
    if said.pending:
        yield tree.truth(coding.PENDING, value=True)
    if said.adapted:
        yield tree.text(coding.ADAPTED, said.adapted)


def _subject(tree: Tree, said: Finding, reported: Reported) -> Iterator[ContentItem]:
    if said.series is None:
        return
    yield tree.uid(coding.SERIES_INSTANCE_UID, said.series)
    if said.series in reported:
        yield tree.reference(coding.MIDDLE, reported[said.series].middle)
