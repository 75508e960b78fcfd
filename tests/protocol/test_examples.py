"""Every example of every rule, run through the rule it stands under."""

from __future__ import annotations

import pytest

from ofsep_node.protocol import load_edition
from ofsep_node.protocol.edition import Rule
from ofsep_node.protocol.examples import Example
from ofsep_node.protocol.trial import tried

EDITION = load_edition("ofsep-2020")
PARTS = {r.id: r.part for r in EDITION.requirements()}
RULES = [rule for _, rule in EDITION.rules()]

COUNTING = {"unique-instances", "readable-instances"}
"""Rules that count what came, and read no attribute that a header could withhold."""


@pytest.mark.parametrize(
    ("rule", "example"),
    [(r, e) for r in RULES for e in r.examples],
    ids=[f"{r.id}: {e.says}" for r in RULES for e in r.examples],
)
def test_an_example_has_the_outcome_it_states(rule: Rule, example: Example) -> None:
    trial = tried(rule, example, PARTS)
    assert trial.outcome == example.outcome
    assert trial.holds, f"{example.severity} stated, {set(trial.severities)} seen"


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_a_rule_has_an_example_that_passes_and_one_that_does_not(rule: Rule) -> None:
    outcomes = {e.outcome for e in rule.examples}
    assert "pass" in outcomes
    assert outcomes - {"pass"}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_a_rule_that_can_make_an_examination_worse_has_an_example_that_fails(rule: Rule) -> None:
    if rule.severity == "info":
        pytest.skip("for information: what it tells of may never fail")
    assert "fail" in {e.outcome for e in rule.examples}


@pytest.mark.parametrize("rule", [r for r in RULES if r.id not in COUNTING], ids=lambda r: r.id)
def test_a_rule_has_an_example_in_which_it_cannot_tell_or_does_not_apply(rule: Rule) -> None:
    assert {e.outcome for e in rule.examples} & {"undetermined", "not_applicable"}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_an_example_is_told_apart_by_its_words(rule: Rule) -> None:
    words = [e.says for e in rule.examples]
    assert len(words) == len({*words})
