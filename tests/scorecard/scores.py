"""The figures of the card, as they are kept: plain values, one part for each vendor."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ofsep_node.errors import SettingsError
from ofsep_node.simulate import FAULTS, Fault
from ofsep_node.simulate.plan import CLASSIC_OF
from tests.scorecard import real
from tests.scorecard.examinations import (
    clean,
    clean_requests,
    everything,
    faults_of,
    faulty,
)
from tests.scorecard.scoring import (
    ATTRIBUTES,
    MARKS,
    Answer,
    FaultScore,
    answers,
    clean_alarms,
    falsely_met,
    fault_score,
)

Scores = dict[str, Any]
KEPT = Path(__file__).with_name("scores.json")


def kept() -> Scores:
    """The figures as they were when the card was last made."""
    return dict(json.loads(KEPT.read_text(encoding="utf-8")))


def keep(scores: Scores) -> None:
    """Put the figures where the tests and the page find them."""
    KEPT.write_text(_one_a_line(scores) + "\n", encoding="utf-8")


def _one_a_line(scores: Any) -> str:
    """JSON in which each thing that is scored has a line of its own."""
    if not (isinstance(scores, dict) and any(isinstance(v, dict) for v in scores.values())):
        return json.dumps(scores, ensure_ascii=False)
    lines = (f"{json.dumps(key)}: {_one_a_line(value)}" for key, value in scores.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def recognition_scores(vendor: str) -> Scores:
    """What is recognised of every series of a vendor, with its words and without."""
    told, blind = everything(vendor), everything(vendor, silenced=True)
    return {
        "told": _marked(answers(told)),
        "blind": _marked(answers(blind)),
        "falsely met": [*falsely_met(told), *falsely_met(blind)],
    }


def clean_scores(vendor: str) -> Scores:
    """The verdict on each examination in which nothing is wrong, and what disturbs it."""
    scores: Scores = {}
    for name, request in clean_requests(vendor).items():
        seen = clean(vendor, name)
        alarms = clean_alarms(seen, CLASSIC_OF[vendor] if request.mixed else vendor)
        scores[name] = {
            "verdict": seen.verdict.verdict,
            "false alarms": sorted({a.rule for a in alarms}),
            "falsely met": falsely_met(seen),
        }
    return scores


def fault_scores(vendor: str, names: Iterable[str] | None = None) -> Scores:
    """What becomes of each fault that objects of a vendor can have."""
    return {name: _fault(vendor, name) for name in names or faults_of(vendor)}


def real_scores(root: Path) -> Scores:
    """What is recognised of each published series, and what its rules say."""
    return {folder: _published(root, folder) for folder in real.SERIES}


def _published(root: Path, folder: str) -> Scores:
    departures = list(real.departures(root, folder))
    met = (real.falsely_met(root, folder, silenced=s) for s in (False, True))
    return {
        "told": _flat(real.answers(root, folder)),
        "blind": _flat(real.answers(root, folder, silenced=True)),
        "caught": [d.rule for d in departures if d.expected and d.is_right],
        "missed": [d.rule for d in departures if d.expected and not d.is_right],
        "false alarms": [d.rule for d in departures if not d.expected and not d.is_right],
        "falsely met": [m for each in met for m in each],
    }


def _fault(vendor: str, name: str) -> Scores:
    try:
        seen = faulty(vendor, name)
    except SettingsError:
        return {"outcome": "cannot be made"}
    score = fault_score(seen, vendor, name)
    return {
        "outcome": _outcome(FAULTS[name], vendor, score),
        "missed": [*score.missed],
        "false alarms": sorted({a.rule for a in score.false_alarms}),
        "falsely met": falsely_met(seen),
    }


def _outcome(fault: Fault, vendor: str, score: FaultScore) -> str:
    if score.missed:
        return "missed"
    if vendor in fault.unsaid_by:
        return "undetermined"
    if fault.fails or fault.undetermined:
        return "caught"
    return "misled" if score.disturbed else "not misled"


def _marked(marked: Iterable[Answer]) -> Scores:
    """By series, the attributes of each mark."""
    by_series: Scores = {}
    for answer in marked:
        by_series.setdefault(answer.series, {}).setdefault(answer.mark, []).append(answer.attribute)
    return {series: _in_order(marks) for series, marks in by_series.items()}


def _flat(marked: Iterable[Answer]) -> Scores:
    return next(iter(_marked(marked).values()))


def _in_order(marks: dict[str, list[str]]) -> dict[str, list[str]]:
    return {m: [a for a in ATTRIBUTES if a in marks[m]] for m in MARKS if m in marks}
