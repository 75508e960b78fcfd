"""Modality performed procedure steps told to a real node, and what they change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from ofsep_node.delivery import Peer, send_files, syntax_of
from tests.modality import TITLE, associated, create_step, end_of_step, new_step, set_step
from tests.node import RunningNode, run
from tests.phantom import mr_object
from tests.reception_node import wait_until
from tests.scrape import Scrape

STEP = "1.2.826.0.1.9"
MPPS = "1.2.840.10008.3.1.2.3.3"
MR = "1.2.840.10008.5.1.4.1.1.4"


def send(node: RunningNode, *files: Path) -> dict[str, list[tuple[str, str]]]:
    """Send files; class and UID of each, by series."""
    peer = Peer("127.0.0.1", node.port, "OFSEP_NODE", TITLE)
    assert all(a.stored for a in send_files(peer, {f: syntax_of(f) for f in files}))
    series: dict[str, list[tuple[str, str]]] = {}
    for file in files:
        head = pydicom.dcmread(file, stop_before_pixels=True)
        objects = series.setdefault(str(head.SeriesInstanceUID), [])
        objects.append((str(head.SOPClassUID), str(head.SOPInstanceUID)))
    return series


def study_of(file: Path) -> str:
    return str(pydicom.dcmread(file, stop_before_pixels=True).StudyInstanceUID)


def findings(node: RunningNode, study: str, rule: str) -> list[dict[str, Any]]:
    return [f for f in node.document(study)["findings"] if f["rule"] == rule]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_a_step_is_kept_linked_and_shown(tmp_path: Path, syntax: str) -> None:
    image = mr_object(tmp_path / "a.dcm")
    study = study_of(image)
    with RunningNode(tmp_path / "node") as node:
        created = create_step(node.port, STEP, new_step(study), syntax)
        series = send(node, image)
        ended = set_step(node.port, STEP, end_of_step(series), syntax)
        told = node.wait_for(lambda e: e["event"] == "mpps.completed")
        node.wait_for_verdict(study)
        shown = run("show", study, "--data", node.data).stdout
        begun = node.events("mpps.in_progress")
        wait_until(lambda: Scrape(node).labelled("performed_steps_told_total", "status") == {
            "in_progress": 1, "completed": 1, "discontinued": 0,
        })  # fmt: skip
    assert (created.Status, ended.Status) == (0, 0)
    assert [e["study"] for e in begun] == [study]
    assert (told["study"], told["instance"]) == (study, STEP)
    assert (told["announced"], told["missing"]) == (1, 0)
    assert f"Performed step {STEP}: completed, 1 of 1 announced objects received" in shown


def test_what_was_announced_and_did_not_come_is_missed(tmp_path: Path) -> None:
    image = mr_object(tmp_path / "a.dcm")
    study = study_of(image)
    with RunningNode(tmp_path / "node") as node:
        create_step(node.port, STEP, new_step(study))
        series = send(node, image)
        ((uid, objects),) = series.items()
        announced = {uid: [*objects, (MR, "1.9.1")], "1.9.9": [(MR, "1.9.2"), (MR, "1.9.3")]}
        set_step(node.port, STEP, end_of_step(announced))
        told = node.wait_for(lambda e: e["event"] == "mpps.completed")
        node.wait_for_verdict(study)
        (missed,) = findings(node, study, "announced-instances")
        (incomplete,) = findings(node, study, "series-complete")
        (shown,) = node.document(study)["series"]
    assert (told["announced"], told["missing"]) == (4, 3)
    assert (missed["outcome"], missed["measured"], missed["expected"]) == ("fail", 1, 4)
    assert "1 of 2 objects that the scanner announced" in incomplete["message"]["en"]
    assert shown["complete"] is False


def test_a_step_that_was_broken_off_is_noted(tmp_path: Path) -> None:
    image = mr_object(tmp_path / "a.dcm")
    study = study_of(image)
    reason = Dataset()
    reason.CodeValue, reason.CodingSchemeDesignator = "110514", "DCM"
    reason.CodeMeaning = "Incorrect worklist entry selected"
    codes = {"PerformedProcedureStepDiscontinuationReasonCodeSequence": [reason]}
    with RunningNode(tmp_path / "node") as node:
        create_step(node.port, STEP, new_step(study))
        series = send(node, image)
        set_step(node.port, STEP, end_of_step(series, "DISCONTINUED", **codes))
        told = node.wait_for(lambda e: e["event"] == "mpps.discontinued")
        node.wait_for_verdict(study)
        (noted,) = findings(node, study, "completed-steps")
        shown = run("show", study, "--data", node.data).stdout
    assert told["reason"] == "Incorrect worklist entry selected"
    assert "Incorrect worklist entry selected" in noted["message"]["en"]
    assert "broken off (Incorrect worklist entry selected)" in shown


def test_the_words_of_a_request_say_the_indication(tmp_path: Path) -> None:
    image = mr_object(tmp_path / "a.dcm")
    study = study_of(image)
    site = tmp_path / "site.yaml"
    site.write_text(
        "site: Test\nindications:\n"
        "  - {text: 'suivi sous natalizumab', indication: follow-up, reason: our wording}\n"
    )
    with RunningNode(tmp_path / "node", PROTOCOL__SITE=str(site)) as node:
        create_step(node.port, STEP, new_step(study, request="Suivi sous natalizumab"))
        send(node, image)
        node.wait_for_verdict(study)
        document = node.document(study)
    assert document["study"]["indication"] == "follow-up"


def test_what_is_told_out_of_turn_is_answered_as_the_standard_says(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node") as node:
        unknown = set_step(node.port, STEP, end_of_step({}))
        create_step(node.port, STEP, new_step("1.2.3"))
        again = create_step(node.port, STEP, new_step("1.2.3"))
        set_step(node.port, STEP, end_of_step({}))
        over = set_step(node.port, STEP, end_of_step({}, "DISCONTINUED"))
    with RunningNode(tmp_path / "node") as node:
        after_restart = set_step(node.port, STEP, end_of_step({}))
    assert (unknown.Status, again.Status) == (0x0112, 0x0111)
    assert (over.Status, over.ErrorID) == (0x0110, 0xA710)
    assert (after_restart.Status, after_restart.ErrorID) == (0x0110, 0xA710)


@pytest.mark.parametrize(
    ("uid", "changes", "status"),
    [
        (None, {}, 0x0117),
        ("../../etc", {}, 0x0117),
        (STEP, {"PerformedProcedureStepStatus": "COMPLETED"}, 0x0106),
        (STEP, {"PerformedProcedureStepStatus": "FINISHED"}, 0x0106),
        (STEP, {"PerformedProcedureStepStatus": None}, 0x0120),
        (STEP, {"ScheduledStepAttributesSequence": None}, 0x0120),
        (STEP, {"ScheduledStepAttributesSequence": [Dataset()]}, 0x0120),
    ],
)
def test_a_step_that_cannot_be_kept_is_refused(
    tmp_path: Path, uid: str | None, changes: dict[str, object], status: int
) -> None:
    with RunningNode(tmp_path / "node") as node:
        answer = create_step(node.port, uid, new_step("1.2.3", **changes))
        refused = node.wait_for(lambda e: e["event"] == "mpps.refused")
    assert answer.Status == status
    assert refused["status"] == f"{status:04X}"


def test_of_many_who_create_one_step_at_once_one_does(tmp_path: Path) -> None:
    def create(port: int) -> int:
        with associated(port, MPPS) as association:
            status, _ = association.send_n_create(new_step("1.2.3"), MPPS, STEP)
        answered: int = status.Status
        return answered

    with (
        RunningNode(tmp_path / "node", RECEPTION__RECEIVERS="2") as node,
        ThreadPoolExecutor(8) as pool,
    ):
        statuses = sorted(pool.map(create, [node.port] * 8))
        node.wait_for(lambda e: e["event"] == "mpps.in_progress")
    assert statuses == [0x0000] + [0x0111] * 7


def test_a_step_outlives_a_kill_between_its_answer_and_the_records(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node") as node:
        create_step(node.port, STEP, new_step("1.2.3"))
        node.kill()
    with RunningNode(tmp_path / "node") as node:
        told = node.wait_for(lambda e: e["event"] == "mpps.in_progress")
        again = create_step(node.port, STEP, new_step("1.2.3"))
    assert told["instance"] == STEP
    assert again.Status == 0x0111


def test_a_step_told_after_the_study_settled_is_judged_all_the_same(tmp_path: Path) -> None:
    image = mr_object(tmp_path / "a.dcm")
    study = study_of(image)
    with RunningNode(tmp_path / "node") as node:
        create_step(node.port, STEP, new_step(study))
        series = send(node, image)
        node.wait_for_verdict(study)
        seen = len(node.events())
        announced = {**series, "1.9.9": [(MR, "1.9.2")]}
        set_step(node.port, STEP, end_of_step(announced))
        again = node.wait_for_verdict(study, after=seen)
        (missed,) = findings(node, study, "announced-instances")
    assert again["version"] == 2
    assert missed["outcome"] == "fail"


def test_a_study_settles_at_once_when_all_that_was_announced_is_here(tmp_path: Path) -> None:
    images = [mr_object(tmp_path / f"{n}.dcm", seed=n) for n in range(2)]
    for path in images:
        head = pydicom.dcmread(path)
        head.StudyInstanceUID = "1.2.3"
        head.save_as(path)
    with RunningNode(tmp_path / "node", STUDY__QUIET_PERIOD_S="600") as node:
        create_step(node.port, STEP, new_step("1.2.3"))
        series = send(node, images[0])
        late = pydicom.dcmread(images[1], stop_before_pixels=True)
        announced = {**series, str(late.SeriesInstanceUID): [(MR, str(late.SOPInstanceUID))]}
        set_step(node.port, STEP, end_of_step(announced))
        node.wait_for(lambda e: e["event"] == "mpps.completed")
        assert not node.events("study.settled")
        send(node, images[1])
        node.wait_for_verdict("1.2.3")
        (settled,) = node.events("study.settled")
    assert settled["because"] == "procedure_completed"
