"""The protocol on one page: the sequences of a programme with their numbers, and what else counts.

Nothing on it is written twice: every word comes from the edition, with the site's file over it, and
from the checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Level, Message, Part, Severity
from ofsep_node.protocol.checks import SeriesCheck
from ofsep_node.protocol.comparison import Difference, compare
from ofsep_node.protocol.edition import Edition, Requirement, Rule
from ofsep_node.protocol.selector import Selector
from ofsep_node.protocol.wording import asked, severity_for

Topic = Literal["order", "gadolinium", "acquisition", "follow-up", "dummy-run"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What one rule asks, in words."""

    rule: str
    sentences: tuple[str, ...]  # the one it stands under, then others that it enforces
    kind: str
    label: Message
    severity: Severity
    words: Message
    adapted: str | None  # the site's reason, where the site asks something else here

    @property
    def topic(self) -> Topic:
        """What it is about, for what is asked of the examination as a whole."""
        return next(
            (topic for topic, kinds in _TOPICS.items() if self.kind in kinds), "acquisition"
        )


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to acquire a sequence; empty where any value will do."""

    dimension: tuple[str, ...]
    plane: tuple[str, ...]
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class SheetSequence:
    """A sequence of the programme, and what is asked of it."""

    id: str
    label: Message
    part: Part
    level: Level
    indications: tuple[Message, ...]  # those under which a conditional sequence is suggested
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page."""

    title: Message
    programme: str
    site: str | None
    sequences: tuple[SheetSequence, ...]
    examination: tuple[Asked, ...]  # of the examination as a whole, in the order of the sentences
    node: tuple[Message, ...]  # what the node checks beside the protocol
    adapted: tuple[Difference, ...]  # what the site asks instead of what the edition asks

    def of(self, part: Part, level: Level) -> tuple[SheetSequence, ...]:
        """The sequences of one part of the body and one level."""
        return tuple(s for s in self.sequences if (s.part, s.level) == (part, level))

    def about(self, topic: Topic) -> tuple[Asked, ...]:
        """What is asked of the examination on one topic, as a person goes about it."""
        kinds = _TOPICS.get(topic, ())
        asked = [a for a in self.examination if a.topic == topic]
        return tuple(sorted(asked, key=lambda a: kinds.index(a.kind) if a.kind in kinds else 0))


_LISTING = ("required-sequences", "optional-sequences", "plane")
"""Kinds of check that go through the sequences, which the page lists anyway, with their planes."""

_TOPICS: dict[Topic, tuple[str, ...]] = {
    "order": ("brain-before-cord", "gadolinium-before-flair"),
    "gadolinium": (
        "gadolinium-indicated",
        "gadolinium-not-indicated",
        "gadolinium-macrocyclic",
        "gadolinium-dose",
        "single-injection",
    ),
    "follow-up": ("interval",),
    "dummy-run": ("no-identifying-data", "dicomdir"),
}
"""Kinds of check by what they are about; any other is about how the images are acquired."""


def sheet(edition: Edition, programme: str, as_written: Edition | None = None) -> Sheet:
    """The page for one programme of an edition.

    `as_written` is the edition without the site's file: what differs from it is marked.
    """
    before = as_written or edition
    rules = [*_paired(edition, before)]
    return Sheet(
        title=edition.title.message(),
        programme=programme,
        site=edition.site,
        sequences=tuple(
            _sequence(requirement, rules, edition)
            for requirement in edition.requirements()
            if programme in requirement.programmes
        ),
        examination=tuple(
            _asked(pair, SeriesIdentity())
            for pair in rules
            if not isinstance(pair.rule.check, SeriesCheck) and pair.rule.check.kind not in _LISTING
        ),
        node=tuple(r.label.message() for s, r in edition.rules() if s.source == "node"),
        adapted=tuple(d for d in compare(before, edition) if _is_on_the_page(d)),
    )


@dataclass(frozen=True, slots=True)
class _Paired:
    """A rule of the protocol, as the site has it and as the edition has it."""

    sentences: tuple[str, ...]
    rule: Rule
    as_written: Rule
    indications: Mapping[str, Message]


def _is_on_the_page(difference: Difference) -> bool:
    """Numbers and severities; a label speaks for itself."""
    field = difference.field or ""
    return difference.what == "rule" and field.startswith(("severity", "check."))


def _paired(edition: Edition, as_written: Edition) -> Iterator[_Paired]:
    written = {rule.id: rule for _, rule in as_written.rules()}
    labels = {i.id: i.label.message() for i in edition.indications}
    for sentence, rule in edition.rules():
        if sentence.source == "ofsep":
            others = (s.id for s in edition.sentences if rule.id in s.checked_by)
            yield _Paired((sentence.id, *others), rule, written.get(rule.id, rule), labels)


def _sequence(
    requirement: Requirement, rules: Sequence[_Paired], edition: Edition
) -> SheetSequence:
    labels = {i.id: i.label.message() for i in edition.indications}
    return SheetSequence(
        id=requirement.id,
        label=requirement.label.message(),
        part=requirement.part,
        level=requirement.level,
        indications=tuple(labels[name] for name in requirement.indications),
        alternatives=tuple(_alternative(selector, rules) for selector in requirement.series),
    )


def _alternative(selector: Selector, rules: Sequence[_Paired]) -> Alternative:
    """A rule asks something of the sequence when it may speak of a series that answers to it."""
    found = {
        pair.rule.id: _asked(pair, identity)
        for identity in _identities(selector)
        for pair in rules
        if isinstance(pair.rule.check, SeriesCheck)
        if pair.rule.applies_to is None or pair.rule.applies_to.allows(identity)
    }
    return Alternative(selector.dimension, selector.plane, tuple(found.values()))


def _identities(selector: Selector) -> Iterator[SeriesIdentity]:
    """The identities that a selector names; what it leaves open is unknown."""
    first = SeriesIdentity(
        organ=_only(selector.organ),
        dimension=_only(selector.dimension),
        plane=_only(selector.plane),
        gadolinium=_only(selector.gadolinium),
        role="original",
    )
    for weighting in selector.weighting or ("unknown",):
        yield replace(first, weighting=weighting)


def _only(values: tuple[str, ...]) -> Any:
    return values[0] if len(values) == 1 else "unknown"


def _asked(pair: _Paired, identity: SeriesIdentity) -> Asked:
    rule = pair.rule
    before = _said(pair.as_written, identity, pair.indications)
    words, severity = _said(rule, identity, pair.indications)
    return Asked(
        rule=rule.id,
        sentences=pair.sentences,
        kind=rule.check.kind,
        label=rule.label.message(),
        severity=severity,
        words=words,
        adapted=rule.adapted if (words, severity) != before else None,
    )


def _said(
    rule: Rule, identity: SeriesIdentity, indications: Mapping[str, Message]
) -> tuple[Message, Severity]:
    return asked(rule, identity, indications), severity_for(rule, identity)
