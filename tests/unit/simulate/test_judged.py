"""What the node makes of simulated examinations: the truth recognised, each fault found."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from ofsep_node.audit import Audit
from ofsep_node.dicom.reading import facts_of, read_facts
from ofsep_node.domain.correction import Corrections
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.domain.study import RecognisedSeries
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol.judge import judge
from ofsep_node.protocol.loading import load_edition
from ofsep_node.recognition import recognise, study_fold
from ofsep_node.simulate import FAULTS, Planned, Request, headers, planned

from .conftest import DAY, Write, Written

EDITION = load_edition(Path(__file__).parents[3] / "config" / "protocols" / "ofsep-2020.yaml")
RULES = {rule.id for sentence in EDITION.sentences for rule in sentence.rules}
REQUIRED = {"brain-required-sequences", "cord-required-sequences"}
IN_BYTES = {"conflicting-objects", "duplicated-series", "shuffled-images"}
"""Faults that no header shows."""


@cache
def _planned(request: Request, *faults: str) -> Planned:
    return planned(replace(request, study_date=DAY), faults)


def _verdict(request: Request, *faults: str) -> Verdict:
    """From the headers alone, with the indication that the operator gave."""
    ready = _planned(request, *faults)
    fold = study_fold(ready.uids.study)
    for _, header in headers(ready):
        fold.add(facts_of(header))
    study = fold.study()
    if ready.request.dummy_run:
        study = replace(study, dicomdir=ready.examination.dicomdir)
    corrections = Corrections.of_indication(request.indication, "test")
    return judge(study, EDITION, corrections=corrections, state="settled")


def _troubles(verdict: Verdict, outcome: str) -> set[str]:
    """Rules of this outcome, but for what is told for information only."""
    told = (f for f in verdict.findings if f.outcome == outcome and f.severity != "info")
    return {f.rule for f in told}


def _recognised(examination: Written, key: str) -> RecognisedSeries:
    series = examination.series(key)
    fold = SeriesFold(examination.manifest.study_instance_uid, series.series_instance_uid)
    for name in series.files:
        fold.add(read_facts(examination.folder / series.folder / name))
    facts = fold.facts()
    return RecognisedSeries(facts, recognise(facts))


def test_headers_leave_nothing_unread(clean: Written) -> None:
    for key in clean.keys:
        facts = _recognised(clean, key).facts
        assert facts.remarks == ()
        assert all(v.announced_planes == v.frames for v in facts.volumes)
    assert _recognised(clean, "dwi").facts.b_values == (0.0, 1000.0)


@pytest.mark.parametrize("vendor", ["siemens"])
@pytest.mark.parametrize(
    "request_",
    [
        Request(),
        Request(programme="reduced", indication="pml-follow-up"),
        Request(programme="cord"),
        Request(programme="cord", stations=3, composed=True),
        Request(programme="brain-cord", gadolinium="Gadovist", optional=("all",), around=True),
        Request(indication="dummy-run", dummy_run=True),
    ],
    ids=lambda r: f"{r.programme}-{r.stations}-{r.indication}",
)
def test_a_faultless_examination_is_recognised_and_complies(vendor: str, request_: Request) -> None:
    request = replace(request_, vendor=vendor, small=True)
    ready, verdict = _planned(request), _verdict(request)
    found = {s.series_instance_uid: s.identity for s in verdict.series}
    for sequence in ready.examination.sequences:
        seen, truth = found[ready.uids.series(sequence.key)], sequence.identity
        assert (seen.organ, seen.weighting, seen.dimension, seen.plane, seen.role) == (
            truth.organ, truth.weighting, truth.dimension, truth.plane, truth.role,
        ), sequence.key  # fmt: skip
    assert verdict.verdict == "compliant"


def test_a_mixed_examination_complies() -> None:
    request = Request(vendor="siemens-xa", mixed=True, small=True)
    assert _verdict(request).verdict == "compliant"


def test_the_reduced_programme_is_for_its_indication() -> None:
    request = Request(programme="reduced", indication="follow-up", small=True)
    assert _verdict(request).verdict == "non_compliant"


@pytest.mark.parametrize("fault", [n for n in FAULTS if n not in IN_BYTES])
def test_every_fault_is_found_and_nothing_else(fault: str) -> None:
    scanner = FAULTS[fault].shown_in.vendor
    known = FAULTS[fault].at(scanner)
    # A whole head where the images must speak against the header.
    request = replace(known.shown_in, small=fault != "wrong-body-part")
    verdict = _verdict(request, fault)
    outcomes = {(f.rule, f.outcome) for f in verdict.findings}
    assert {(rule, "fail") for rule in known.fails} <= outcomes
    assert {(rule, "undetermined") for rule in known.undetermined} <= outcomes
    follows = REQUIRED | set(known.entails)
    assert _troubles(verdict, "fail") <= set(known.fails) | follows
    assert _troubles(verdict, "undetermined") <= set(known.undetermined) | follows
    if not (known.fails or known.undetermined):
        assert verdict.verdict == "compliant"


@pytest.mark.parametrize("fault", sorted(IN_BYTES))
def test_faults_of_sending_are_found_on_the_files(written: Write, fault: str) -> None:
    examination, audit = written(fault), Audit()
    for name in examination.manifest.files:
        audit.add(examination.folder / name)
    (study,) = audit.studies()
    verdict = judge(study, EDITION, state="settled")
    assert _troubles(verdict, "fail") == set(FAULTS[fault].fails)
    assert _troubles(verdict, "undetermined") == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_name_rules_of_the_edition(fault: str) -> None:
    known = FAULTS[fault]
    assert {*known.fails, *known.undetermined, *known.entails} <= RULES
