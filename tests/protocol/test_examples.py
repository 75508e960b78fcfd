"""Every example of every rule, run through the rule it stands under."""

from __future__ import annotations

from pathlib import Path

import pytest

from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.protocol import load_edition
from ofsep_node.protocol.checks import JudgedStudy, Observation, SeriesCheck
from ofsep_node.protocol.edition import Rule
from ofsep_node.protocol.examples import Example
from ofsep_node.protocol.judge import observations

EDITION = load_edition("ofsep-2020")
PARTS = {r.id: r.part for r in EDITION.requirements()}
RULES = [rule for _, rule in EDITION.rules()]
WORST_FIRST = ("fail", "undetermined", "pass", "not_applicable")
SOURCE = Path(__file__).parents[2] / ".." / "shared" / "protocol" / "ofsep-2020.fr.md"


def observed(rule: Rule, example: Example) -> list[Observation]:
    series = example.judged_series()
    if isinstance(rule.check, SeriesCheck):
        return list(observations(rule, series[0]))
    study = Study(
        study_instance_uid="1.2.3",
        patient_ids=tuple(f"P{n}" for n in range(example.patients)),
        series=tuple(RecognisedSeries(s.facts, s.identity) for s in series),
        conflicts=example.conflicting(),
        unreadable=example.unreadable,
    )
    statuses = example.requirement_statuses(PARTS)
    return list(rule.check.observe(JudgedStudy(study, series, statuses)))


@pytest.mark.parametrize(
    ("rule", "example"),
    [(r, e) for r in RULES for e in r.examples],
    ids=[f"{r.id}: {e.says}" for r in RULES for e in r.examples],
)
def test_an_example_has_the_outcome_it_states(rule: Rule, example: Example) -> None:
    seen = observed(rule, example)
    outcomes = {o.outcome for o in seen} or {"not_applicable"}
    assert next(o for o in WORST_FIRST if o in outcomes) == example.outcome
    if example.severity is not None:
        severities = {o.severity or rule.severity for o in seen if o.outcome == example.outcome}
        assert severities == {example.severity}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_a_rule_has_examples_of_passing_and_of_failing(rule: Rule) -> None:
    assert {"pass", "fail"} <= {e.outcome for e in rule.examples}


@pytest.mark.skipif(not SOURCE.exists(), reason="the protocol's source text is not here")
def test_quotes_are_the_source_text_to_the_letter() -> None:
    source = " ".join(SOURCE.read_text(encoding="utf-8").split())
    for sentence in EDITION.sentences:
        if sentence.source == "ofsep":
            assert " ".join(sentence.quote.split()) in source, sentence.id
