"""What was said, held against the truth: answers, requirements and faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.sop_classes import MR_IMAGES
from ofsep_node.domain.study import RecognisedSeries
from ofsep_node.domain.verdict import Verdict
from ofsep_node.recognition.contrast import NEGATIVE, POSITIVE
from ofsep_node.recognition.words import text_of
from ofsep_node.simulate import FAULTS, Fault
from ofsep_node.simulate.examination import Sequence
from tests.scorecard.examinations import EDITION, Seen

Mark = Literal["right", "wrong", "unknown", "not in the header"]
MARKS: tuple[Mark, ...] = ("right", "wrong", "unknown", "not in the header")
ATTRIBUTES = ("organ", "weighting", "dimension", "plane", "gadolinium", "role")

REQUIRED = {"brain-required-sequences", "cord-required-sequences"}
"""Rules that follow whatever else is wrong with a required sequence."""

NOT_SHOWN: dict[str, dict[str, str]] = {
    "canon": {"series-complete": "classic objects of this vendor announce no planes in 3D"},
}
"""By vendor, the rules that its headers leave undetermined, and why: neither right nor wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One attribute of one series, as it was recognised."""

    series: str  # key of the simulator
    attribute: str
    said: str
    truth: str
    mark: Mark
    evidence: tuple[str, ...] = ()


def answers(seen: Seen) -> Iterator[Answer]:
    """What was said of every series of an examination."""
    for series in seen.study.series:
        sequence = seen.truth[series.facts.series_instance_uid]
        for attribute in ATTRIBUTES:
            yield _answer(series, sequence, attribute)


def _answer(series: RecognisedSeries, sequence: Sequence, attribute: str) -> Answer:
    said, truth = (getattr(i, attribute) for i in (series.identity, sequence.identity))
    mark = mark_of(said, (truth,), silent=_is_silent(series.facts, attribute))
    evidence = series.identity.evidence if mark in ("wrong", "unknown") else ()
    return Answer(sequence.key, attribute, said, truth, mark, evidence)


def mark_of(said: Any, accepted: Iterable[Any], *, silent: bool) -> Mark:
    """The mark of one answer; `silent` when the header does not settle the question."""
    if said in accepted:
        return "right"
    if said != "unknown":
        return "wrong"
    return "not in the header" if silent else "unknown"


def _is_silent(facts: SeriesFacts, attribute: str) -> bool:
    """Whether the headers of a series do not settle what is asked.

    A screenshot says nothing of how it was made. Of gadolinium a header speaks in its name, by
    the time of the injection, by denying an agent, or frame by frame; the name of an agent alone
    does not say when it was given.
    """
    if not MR_IMAGES.intersection(facts.sop_class_uids):
        return attribute not in ("weighting", "role")
    if attribute != "gadolinium":
        return False
    contrast, named = facts.contrast, text_of(facts.acquisition.series_description)
    spoken = contrast.denies_agent or contrast.start_time or contrast.administered
    return not (spoken or NEGATIVE.search(named) or POSITIVE.search(named))


def tally(marked: Iterable[Answer]) -> Counter[Mark]:
    """How many answers have each mark."""
    return Counter(a.mark for a in marked)


def falsely_met(seen: Seen) -> list[str]:
    """Requirements said to be met by series that are truly none of those asked for."""
    wanted = {r.id: r for r in EDITION.requirements()}
    return [
        said.id
        for said in seen.verdict.requirements
        if said.status == "met"
        and not any(wanted[said.id].accepts(seen.truth[uid].identity) for uid in said.series)
    ]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A rule that does not pass."""

    rule: str
    outcome: str
    severity: str
    message: str


def troubles(verdict: Verdict) -> list[Trouble]:
    """All that does not pass, information too."""
    return [
        Trouble(f.rule, f.outcome, f.severity, f.message.en)
        for f in verdict.findings
        if f.outcome in ("fail", "undetermined")
    ]


@dataclass(frozen=True, slots=True)
class FaultScore:
    """What became of one fault on one vendor."""

    disturbed: bool  # something other than information does not pass
    missed: tuple[str, ...]  # rules that did not come to what the fault promises
    false_alarms: tuple[Trouble, ...]


def fault_score(seen: Seen, vendor: str, name: str) -> FaultScore:
    """Whether every rule that a fault names speaks as promised, and no other does."""
    fault, found = FAULTS[name].at(vendor), troubles(seen.verdict)
    said = {(t.rule, t.outcome) for t in found}
    promised = [(r, "fail") for r in fault.fails]
    promised += [(r, "undetermined") for r in fault.undetermined]
    missed = tuple(rule for rule, outcome in promised if (rule, outcome) not in said)
    alarms = [t for t in _clean_troubles(found, vendor) if not _is_meant(t, fault)]
    return FaultScore(
        disturbed=bool(_clean_troubles(found, vendor)),
        missed=missed,
        false_alarms=tuple(alarms),
    )


def _is_meant(trouble: Trouble, fault: Fault) -> bool:
    """Named by the fault, or a consequence: what only lacks something fails nothing."""
    if trouble.outcome == "fail" and not fault.fails:
        return False
    named = {*fault.fails, *fault.undetermined, *fault.entails}
    return trouble.rule in named | (REQUIRED if named else set())


def clean_alarms(seen: Seen, vendor: str) -> tuple[Trouble, ...]:
    """What disturbs an examination in which nothing is wrong.

    Required sequences are undetermined with the completeness that is not announced.
    """
    return tuple(_clean_troubles(troubles(seen.verdict), vendor))


def _clean_troubles(found: Iterable[Trouble], vendor: str) -> list[Trouble]:
    left = _unexcused(found, vendor)
    if "series-complete" not in silences(vendor):
        return left
    return [t for t in left if t.rule not in REQUIRED or t.outcome == "fail"]


def silences(vendor: str) -> dict[str, str]:
    """The rules that a vendor's headers cannot settle, and why."""
    return NOT_SHOWN.get(vendor, {})


def _unexcused(found: Iterable[Trouble], vendor: str) -> list[Trouble]:
    """More than information, and not what this vendor's headers cannot settle."""
    beyond = silences(vendor)
    return [
        t
        for t in found
        if t.severity != "info" and not (t.outcome == "undetermined" and t.rule in beyond)
    ]
