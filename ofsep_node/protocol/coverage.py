"""How every sentence of an edition is checked: by which rules, or why by none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ofsep_node.domain.verdict import Message, Severity
from ofsep_node.protocol.edition import Edition, Sentence

Status = Literal["checked", "manual", "not_in_dicom"]


@dataclass(frozen=True, slots=True)
class CheckedBy:
    """A rule that enforces a sentence."""

    rule: str
    severity: Severity
    under: str  # the sentence it stands under, which may be another one
    adapted: bool


@dataclass(frozen=True, slots=True)
class Covered:
    """A sentence with how it is checked."""

    sentence: str
    source: Literal["ofsep", "node"]
    quote: Message  # the observatory's words are French in both languages
    status: Status
    why: Message | None  # for what no rule checks
    rules: tuple[CheckedBy, ...]
    requirements: tuple[str, ...]  # sequences it asks for, or offers


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every sentence of an edition, in its order, and the counts."""

    sentences: tuple[Covered, ...]

    def of(self, source: Literal["ofsep", "node"]) -> tuple[Covered, ...]:
        """The observatory's sentences, or the node's own."""
        return tuple(c for c in self.sentences if c.source == source)

    def statuses(self, source: Literal["ofsep", "node"]) -> dict[str, int]:
        """How many sentences of a source are checked, manual, not in DICOM."""
        found = Counter(c.status for c in self.of(source))
        return {status: found[status] for status in ("checked", "manual", "not_in_dicom")}

    def severities(self) -> dict[str, int]:
        """How many rules there are of each severity."""
        rules = {r.rule: r.severity for c in self.sentences for r in c.rules}
        found = Counter(rules.values())
        return {severity: found[severity] for severity in ("error", "warning", "info")}


def coverage(edition: Edition) -> Coverage:
    """The coverage of an edition, with a site's severities where it has a site's file."""
    return Coverage(tuple(_covered(sentence, edition) for sentence in edition.sentences))


def _covered(sentence: Sentence, edition: Edition) -> Covered:
    own = [r.id for r in sentence.rules]
    rules = tuple(
        CheckedBy(rule.id, rule.severity, under.id, rule.adapted is not None)
        for under, rule in edition.rules()
        if rule.id in own or rule.id in sentence.checked_by
    )
    return Covered(
        sentence=sentence.id,
        source=sentence.source,
        quote=Message(fr=sentence.in_french or sentence.quote, en=sentence.quote),
        status=sentence.status,
        why=sentence.why.message() if sentence.why else None,
        rules=rules,
        requirements=tuple(r.id for r in sentence.requirements),
    )
