"""A rule tried on its own examples: what it must say of them is part of the edition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ofsep_node.domain.verdict import Message, Outcome, Part, Severity
from ofsep_node.protocol.checks import Observation, SeriesCheck
from ofsep_node.protocol.edition import Edition, Rule
from ofsep_node.protocol.examples import Example
from ofsep_node.protocol.judge import observations

_WORST_FIRST: tuple[Outcome, ...] = ("fail", "undetermined", "pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule says of one of its examples; a severity only where the outcome has one."""

    rule: Rule
    example: Example
    outcome: Outcome
    severities: frozenset[Severity]
    messages: tuple[Message, ...]  # of the observations with that outcome

    @property
    def holds(self) -> bool:
        """Whether the outcome, and the severity where the example states one, are as stated."""
        graded = self.example.severity
        return self.outcome == self.example.outcome and (
            graded is None or self.severities == {graded}
        )


def trials(edition: Edition) -> Iterator[Trial]:
    """Every example of every rule, tried."""
    parts = {r.id: r.part for r in edition.requirements()}
    for _, rule in edition.rules():
        for example in rule.examples:
            yield tried(rule, example, parts)


def tried(rule: Rule, example: Example, parts: Mapping[str, Part]) -> Trial:
    """One example tried. Of several observations the worst counts; none is `not_applicable`."""
    seen = _observed(rule, example, parts)
    outcomes = {o.outcome for o in seen} or {"not_applicable"}
    worst = next(o for o in _WORST_FIRST if o in outcomes)
    telling = [o for o in seen if o.outcome == worst]
    severities = frozenset(rule.severity_of(o.outcome, o.severity) for o in telling)
    return Trial(rule, example, worst, severities, tuple(o.message for o in telling))


def _observed(rule: Rule, example: Example, parts: Mapping[str, Part]) -> list[Observation]:
    if isinstance(rule.check, SeriesCheck):
        return list(observations(rule, example.judged_series()[0]))
    return list(rule.check.observe(example.judged_study(parts)))
