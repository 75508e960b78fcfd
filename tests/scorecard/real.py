"""The published headers of real scanners, held against what a careful reader says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol import judge
from ofsep_node.recognition import recognise
from tests.scorecard.examinations import EDITION, SILENCED
from tests.scorecard.scoring import ATTRIBUTES, Answer, mark_of

EXPECTATIONS = Path(__file__).parents[1] / "acceptance" / "real_dicom_expectations.yaml"
SERIES: dict[str, Any] = yaml.safe_load(EXPECTATIONS.read_text(encoding="utf-8"))["series"]
GRADED = {("fail", "error"): "fail", ("fail", "warning"): "warn"}
DEPARTURES = ("fail", "warn")


@dataclass(frozen=True, slots=True)
class Departure:
    """What a rule says of one series, and what a reader of the header says."""

    folder: str
    rule: str
    said: str
    accepted: tuple[str, ...]

    @property
    def expected(self) -> bool:
        """Whether a reader says that the series departs from the protocol."""
        return set(self.accepted) <= set(DEPARTURES)

    @property
    def is_right(self) -> bool:
        return self.said in self.accepted


def answers(root: Path, folder: str, *, silenced: bool = False) -> Iterator[Answer]:
    """What was said of one series; of what the reader found no word, nothing is scored."""
    identity = recognise(_folded(root, folder, silenced))
    expected = SERIES[folder]["identity"]
    for attribute in (a for a in ATTRIBUTES if a in expected):
        accepted, said = _accepted(expected[attribute]), getattr(identity, attribute)
        mark = mark_of(said, accepted, silent=False)
        if said == "unknown" and mark == "right":
            mark = "not in the header"
        truth = " or ".join(map(str, accepted))
        yield Answer(folder, attribute, said, truth, mark, identity.evidence)


def departures(root: Path, folder: str) -> Iterator[Departure]:
    """What every rule says of one series, judged as if it were the whole examination."""
    said = {
        f.rule: GRADED.get((f.outcome, f.severity), f.outcome)
        for f in _judged(root, folder).findings
        if f.scope == "series"
    }
    for rule, expected in SERIES[folder]["rules"].items():
        yield Departure(folder, rule, said.get(rule, "not_applicable"), _accepted(expected))


def falsely_met(root: Path, folder: str, *, silenced: bool = False) -> list[str]:
    """Requirements met by a series that a reader would not take for the one asked for."""
    wanted = {r.id: r for r in EDITION.requirements()}
    truths = [*_truths(SERIES[folder]["identity"])]
    met = [r.id for r in _judged(root, folder, silenced=silenced).requirements if r.status == "met"]
    return [m for m in met if not any(map(wanted[m].accepts, truths))]


def _truths(expected: dict[str, Any]) -> Iterator[SeriesIdentity]:
    """Every identity that a reader of the header leaves possible."""
    for values in product(*map(_accepted, expected.values())):
        yield SeriesIdentity(**dict(zip(expected, values, strict=True)))


def _accepted(expected: Any) -> tuple[Any, ...]:
    return tuple(expected) if isinstance(expected, list) else (expected,)


@cache
def _folded(root: Path, folder: str, silenced: bool) -> SeriesFacts:
    instances = [read_facts(path) for path in sorted((root / folder).glob("*.dcm"))]
    fold = SeriesFold(instances[0].study_instance_uid, instances[0].series_instance_uid)
    for instance in instances:
        fold.add(_heard(instance, silenced=silenced))
    return fold.facts()


def _heard(instance: InstanceFacts, *, silenced: bool) -> InstanceFacts:
    return SILENCED.of(instance) if silenced else instance


def _judged(root: Path, folder: str, *, silenced: bool = False) -> Verdict:
    facts = _folded(root, folder, silenced)
    study = Study(facts.study_instance_uid, series=(RecognisedSeries(facts, recognise(facts)),))
    return judge(study, EDITION, state="settled")
