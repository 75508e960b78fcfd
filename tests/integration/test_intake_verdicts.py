"""Verdicts as they grow: versions, events, settling, and images that come late."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import structlog

from ofsep_node.domain.verdict import Verdict
from ofsep_node.intake.nudges import Nudges
from ofsep_node.intake.rhythm import Rhythm
from ofsep_node.protocol import load_edition
from ofsep_node.records import documents, queries
from ofsep_node.simulate.simulation import simulate
from tests.intake_node import IntakeNode, t1_slice, uid_of

STUDY = uid_of("study", 1)


def history(node: IntakeNode) -> list[tuple[int, str, bool]]:
    with node.records.reading() as session:
        versions = queries.verdict_history(session, STUDY)
    return [(v.version, v.state, v.frozen) for v in versions]


def test_the_open_version_is_rewritten_until_the_study_settles(node: IntakeNode) -> None:
    sending = node.open()
    sending.store(t1_slice(1))
    node.intake.drain()
    assert history(node) == [(1, "receiving", False)]
    sending.store(t1_slice(2))
    node.intake.drain()
    sending.release()
    node.intake.drain()
    assert history(node) == [(1, "receiving", False)]
    node.wait(61)

    assert history(node) == [(1, "settled", True)]


def test_a_change_after_that_opens_the_next_version(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.wait(61)
    node.send(t1_slice(2))

    assert history(node) == [(1, "settled", True), (2, "receiving", False)]
    with node.records.reading() as session:
        versions = queries.verdict_history(session, STUDY)
    assert [v.document["series"][0]["instances"] for v in versions] == [1, 2]
    assert [v.document["version"] for v in versions] == [1, 2]


def test_duplicates_open_no_version(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.send(t1_slice(1))

    assert history(node) == [(1, "receiving", False)]
    assert [e.details["version"] for e in node.events("association.verdict")] == [1, 1]


def test_a_quiet_study_settles_once(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.wait(59)
    assert node.events("study.settled") == []
    node.wait(2)
    node.wait(3600)

    settled = node.events("study.settled", "study.verdict")
    assert [e.name for e in settled] == ["study.settled", "study.verdict"]
    assert {e.peer for e in settled} == {"SIEMENS_MR"}
    assert {e.study for e in settled} == {STUDY}
    assert history(node) == [(1, "settled", True)]


def test_an_open_association_keeps_its_studies_from_settling(node: IntakeNode) -> None:
    sending = node.open()
    sending.store(t1_slice(1))
    node.intake.drain()
    node.wait(3600)
    assert node.events("study.settled") == []
    sending.release()
    node.intake.drain()
    node.wait(0)

    assert len(node.events("study.settled")) == 1


def test_a_late_image_reopens_the_study(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.wait(61)
    node.send(t1_slice(2))
    node.wait(61)

    names = [e.name for e in node.events("study.settled", "study.reopened", "study.verdict")]
    assert names == ["study.settled", "study.verdict", "study.reopened", "study.settled",
                     "study.verdict"]  # fmt: skip
    states = [state for _, state, _ in history(node)]
    assert states == ["settled", "settled"]


def test_a_late_duplicate_changes_nothing(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.wait(61)
    node.send(t1_slice(1))

    assert node.events("study.reopened") == []
    assert [state for _, state, _ in history(node)] == ["settled"]


def test_a_restart_in_the_middle_changes_no_verdict(node: IntakeNode) -> None:
    images = [t1_slice(n) for n in range(1, 31)]
    sending = node.open()
    for start in range(0, 30, 10):
        sending.store(*images[start : start + 10])
        node.intake.drain()
        node.restart()
    sending.release()
    node.intake.drain()

    with node.records.reading() as session:
        verdict = queries.newest_verdict(session, STUDY)
    assert verdict is not None
    assert verdict.document["series"][0]["instances"] == 30
    assert len(node.events("series.recognised")) == 1


def test_another_edition_judges_what_is_not_settled(node: IntakeNode, tmp_path: Path) -> None:
    thick = [t1_slice(n, study=2, SliceThickness=1.5) for n in (1, 2)]
    node.send(t1_slice(1, SliceThickness=1.5))
    node.wait(61)
    node.send(*thick)
    site = tmp_path / "site.yaml"
    site.write_text(
        "site: here\nrules:\n  voxel-3d:\n    reason: for the test\n"
        "    check: {edge_mm: 2.0, volume_mm3: 8.0}\n"
    )
    receiving_end, sending_end = os.pipe()
    rhythm, heard = Rhythm(node.quiet_period_s), Nudges(receiving_end)
    node.intake.judge_by(load_edition("ofsep-2020"))  # read anew, and no other than before
    node.intake._turn(rhythm, heard)
    assert node.events("finding.cleared") == []

    node.intake.judge_by(load_edition("ofsep-2020", site))
    node.intake._turn(rhythm, heard)
    cleared = [(e.study, e.details["rule"]) for e in node.events("finding.cleared")]
    assert cleared == [(uid_of("study", 2), "voxel-3d")]
    assert history(node) == [(1, "settled", True)]
    os.close(receiving_end)
    os.close(sending_end)


def test_a_whole_examination_is_told_step_by_step(node: IntakeNode, tmp_path: Path) -> None:
    simulate(tmp_path / "examination", small=True, faults=("flair-thick",))
    files = sorted((tmp_path / "examination").rglob("*.dcm"))
    sending = node.open()
    for folder in sorted({f.parent for f in files}):
        sending.store(*(f.read_bytes() for f in files if f.parent == folder))
        node.intake.drain()
    sending.release()
    node.intake.drain()

    told = {e.details["weighting"]: e for e in node.events("series.recognised")}
    assert {"localizer", "t1", "dwi", "adc", "flair"} <= set(told)
    assert len(told["t1"].details["still_missing"]) > len(told["adc"].details["still_missing"])
    raised = node.events("finding.raised")
    assert any(e.series == told["flair"].series and e.level == "error" for e in raised)
    verdict = node.events("association.verdict")[0]
    assert verdict.details["conclusion"] == "non_compliant"
    assert verdict.details["images"] == len(files)
    assert verdict.details["missing"] == []
    assert any("1.5" in problem for problem in verdict.details["problems"])


def test_a_finding_that_is_mended_is_cleared(node: IntakeNode) -> None:
    node.send(*(t1_slice(n, MagneticFieldStrength=1) for n in range(1, 4)))
    raised = {e.details["rule"] for e in node.events("finding.raised")}
    node.send(*(t1_slice(n) for n in range(4, 20)))

    cleared = {e.details["rule"] for e in node.events("finding.cleared")}
    assert cleared & raised


@pytest.mark.parametrize(("wanted", "told"), [(False, None), (True, "TEST-1")])
def test_patients_stay_out_of_events(node: IntakeNode, wanted: bool, told: str | None) -> None:
    node.settings["patient_id_in_events"] = wanted
    node.restart()
    node.send(t1_slice(1))
    node.wait(61)

    assert "Secret" not in json.dumps([dict(e.details) for e in node.events()])
    assert node.events("study.verdict")[0].details.get("patient_id") == told


def test_the_nodes_language_is_spoken(node: IntakeNode) -> None:
    node.settings["language"] = "fr"
    node.restart()
    node.send(t1_slice(1, SliceThickness=None))

    with node.records.reading() as session:
        version = queries.newest_verdict(session, STUDY)
    assert version is not None
    missing = documents.from_json(version.document).missing
    told = node.events("association.verdict")[0].details
    assert told["missing"] == [requirement.label.fr for requirement in missing] != []
    assert told["en"]["missing"] == [requirement.label.en for requirement in missing]


def test_what_is_told_in_words_is_told_in_the_other_language_too(node: IntakeNode) -> None:
    node.send(t1_slice(1, SliceThickness=None))
    for name, words in (
        ("series.recognised", {"evidence", "still_missing"}),
        ("finding.raised", {"message"}),
        ("association.verdict", {"missing", "awaited", "problems", "met"}),
    ):
        told = node.events(name)[0].details
        assert {*told["fr"]} == words
        assert any(told["fr"][w] != told[w] for w in words)


def test_the_verdict_comes_back_from_its_json_unchanged(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    with node.records.reading() as session:
        version = queries.newest_verdict(session, STUDY)
    assert version is not None
    verdict = documents.from_json(version.document)

    assert isinstance(verdict, Verdict)
    assert documents.to_json(verdict) == version.document
    assert {"schema", "protocol", "study", "state", "version", "verdict", "requirements",
            "series", "findings"} <= set(version.document)  # fmt: skip


def test_every_event_reaches_the_log_once(node: IntakeNode) -> None:
    with structlog.testing.capture_logs() as lines:
        node.send(t1_slice(1), t1_slice(1))
        node.send(t1_slice(2))
        node.wait(61)
        node.intake.drain()

    assert [line["event"] for line in lines] == [e.name for e in node.events()]
    verdict = next(line for line in lines if line["event"] == "association.verdict")
    assert verdict["peer"] == "SIEMENS_MR"
    assert verdict["address"] == "192.0.2.7"
    assert verdict["study"] == STUDY


def test_events_that_a_crash_kept_from_the_log_are_logged_after_it(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.send(t1_slice(1))
    before = len(node.events())
    with monkeypatch.context() as patch:
        patch.setattr("ofsep_node.intake.following.LogFollower.follow", lambda _self: None)
        node.send(t1_slice(2))
    node.restart()
    with structlog.testing.capture_logs() as lines:
        node.intake.drain()

    missed = [e.name for e in node.events()[before:]]
    assert [line["event"] for line in lines][-len(missed) :] == missed


def test_what_was_told_when_a_study_settled_is_cleared_when_late_images_mend_it(
    node: IntakeNode, tmp_path: Path
) -> None:
    simulate(tmp_path / "examination", small=True)
    files = sorted((tmp_path / "examination").rglob("*.dcm"))
    *first, last = [f.read_bytes() for f in files]
    node.send(*first)
    node.wait(61)
    raised = [(e.details["rule"], e.details["expected"]) for e in node.events("finding.raised")]
    assert {rule for rule, _ in raised} == {"series-complete", "brain-required-sequences"}
    node.send(last)
    node.wait(61)

    cleared = [(e.details["rule"], e.details["expected"]) for e in node.events("finding.cleared")]
    assert sorted(cleared) == sorted(raised)
    assert node.events("study.verdict")[-1].details["conclusion"] == "compliant"


def test_what_was_told_once_is_not_told_again_when_a_study_settles_again(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.wait(61)
    missing = [e for e in node.events("finding.raised") if e.details["measured"] == "missing"]
    node.send(t1_slice(2))
    node.wait(61)

    again = [e for e in node.events("finding.raised") if e.details["measured"] == "missing"]
    assert len(again) == len(missing) > 0
