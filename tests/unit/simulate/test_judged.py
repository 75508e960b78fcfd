"""What the node makes of simulated examinations: the truth recognised, each fault found."""

from __future__ import annotations

from pathlib import Path

import pytest

from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.correction import Corrections
from ofsep_node.domain.series import SeriesFold
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol.judge import judge
from ofsep_node.protocol.loading import load_edition
from ofsep_node.recognition import recognise
from ofsep_node.simulate import FAULTS, simulate

from .conftest import DAY, Write, Written

EDITION = Path(__file__).parents[3] / "config" / "protocols" / "ofsep-2020.yaml"


def _recognised(examination: Written, key: str) -> RecognisedSeries:
    series = examination.series(key)
    fold = SeriesFold(examination.manifest.study_instance_uid, series.series_instance_uid)
    for name in series.files:
        fold.add(read_facts(examination.folder / series.folder / name))
    facts = fold.facts()
    return RecognisedSeries(facts, recognise(facts))


def _verdict(examination: Written, indication: str = "unknown") -> Verdict:
    manifest = examination.manifest
    study = Study(
        study_instance_uid=manifest.study_instance_uid,
        patient_ids=(manifest.patient_id,),
        study_date=manifest.study_date,
        series=tuple(_recognised(examination, s.key) for s in manifest.series if not s.resent),
    )
    return judge(
        study,
        load_edition(EDITION),
        corrections=Corrections.of_indication(indication, "test"),
        state="settled",
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """An examination of a whole head whose headers name the wrong part of the body."""
    folder = tmp_path_factory.mktemp("whole")
    return Written(folder, simulate(folder, faults=["wrong-body-part"], study_date=DAY))


def test_a_whole_head_is_recognised_whatever_the_body_part_says(whole: Written) -> None:
    for series in whole.manifest.series[1:]:
        found, truth = _recognised(whole, series.key).identity, series.identity
        assert (found.organ, found.weighting, found.dimension, found.plane, found.role) == (
            truth.organ, truth.weighting, truth.dimension, truth.plane, truth.role,
        )  # fmt: skip
    assert _verdict(whole).verdict == "compliant"


def test_headers_leave_nothing_unread(clean: Written) -> None:
    for key in clean.keys:
        facts = _recognised(clean, key).facts
        assert facts.remarks == ()
        assert all(v.announced_planes == v.frames for v in facts.volumes)
    assert _recognised(clean, "dwi").facts.b_values == (0.0, 1000.0)


def test_programmes_comply(clean: Written, written: Write) -> None:
    assert _verdict(clean).verdict == "compliant"
    reduced = written(programme="reduced")
    assert _verdict(reduced, "pml-follow-up").verdict == "compliant"
    assert _verdict(reduced, "follow-up").verdict == "non_compliant"


@pytest.mark.parametrize("fault", [n for n in FAULTS if n != "wrong-body-part"])
def test_every_fault_is_found_and_nothing_else(written: Write, fault: str) -> None:
    findings = [f for f in _verdict(written(fault)).findings if f.severity != "info"]
    fails = {f.rule for f in findings if f.outcome == "fail"}
    undetermined = {f.rule for f in findings if f.outcome == "undetermined"}
    consequence = {"brain-required-sequences"}
    assert set(FAULTS[fault].fails) <= fails <= set(FAULTS[fault].fails) | consequence
    expected = set(FAULTS[fault].undetermined)
    assert expected <= undetermined <= expected | consequence
