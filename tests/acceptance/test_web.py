"""Health, readiness and metrics of real nodes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.reception.listening import listening_socket
from ofsep_node.reception.pdu import PDUType
from ofsep_node.settings import WebSection
from ofsep_node.simulate import Manifest, simulate
from ofsep_node.supervisor import _web_socket
from tests.node import RunningNode, dcmsend, run
from tests.reception_node import wait_until
from tests.scrape import Scrape, get
from tests.upper_layer import RawSender, associate_request

Program = Callable[[str], str]


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A small examination whose FLAIR has 1.5 mm slices."""
    folder = tmp_path_factory.mktemp("spoilt") / "examination"
    return folder, simulate(folder, faults=["flair-thick"], small=True)


def images(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


def recorded(node: RunningNode, objects: int) -> Scrape:
    """A look at the metrics once so many objects are in the records."""
    wait_until(lambda: Scrape(node).total("objects_recorded_total") >= objects, timeout_s=60)
    return Scrape(node)


def started_again(node: RunningNode, part: str) -> Scrape:
    """A look at the metrics once a part that died works again."""
    wait_until(
        lambda: (
            Scrape(node)("process_restarts_total", part=part) == 1
            and Scrape(node)("process_up", part=part) == 1
        ),
        timeout_s=60,
    )
    return Scrape(node)


# --- metrics ---


def test_every_number_of_a_study_that_was_sent(
    tmp_path: Path, spoilt: tuple[Path, Manifest], peer: Program
) -> None:
    files = images(spoilt[0])
    sizes = 0
    for path in files:
        with path.open("rb") as file:
            sizes += path.stat().st_size - data_set_offset(file)
    with RunningNode(tmp_path / "node") as node:
        dcmsend(peer("dcmsend"), node.port, files, "-aet", "MRI_1")
        dcmsend(peer("dcmsend"), node.port, files[:3], "-aet", "MRI_2")
        node.wait_for_verdict(spoilt[1].study_instance_uid)
        scrape = recorded(node, len(files) + 3)
        raised = node.events("finding.raised")

    assert scrape("objects_received_total", peer="MRI_1") == len(files)
    assert scrape("objects_received_total", peer="MRI_2") == 3
    assert scrape("received_bytes_total", peer="MRI_1") == sizes
    assert scrape.labelled("associations_accepted_total", "peer") == {
        "MRI_1": 1, "MRI_2": 1, "(other)": 0,
    }  # fmt: skip
    assert scrape.labelled("associations_ended_total", "outcome") == {"released": 2, "aborted": 0}
    assert scrape("associations_running") == 0
    assert scrape.labelled("objects_recorded_total", "outcome") == {
        "stored": len(files), "duplicate": 3, "conflict": 0, "unreadable": 0,
    }  # fmt: skip
    assert scrape("object_response_seconds_count") == len(files) + 3
    assert scrape("object_recording_seconds_count") == len(files) + 3
    assert 0 < (scrape("object_response_seconds_sum") or 0) < 60
    assert (scrape("object_recording_seconds_sum") or 0) > 0
    assert scrape("verdict_seconds_count") == 2
    assert scrape.labelled("verdicts_total", "conclusion")["non_compliant"] == 1
    assert scrape.total("verdicts_total") == 1
    assert scrape.total("findings_raised_total") == len(raised)
    voxel = [e for e in raised if e["rule"] == "voxel-3d" and e["outcome"] == "fail"]
    assert scrape.total("findings_raised_total", rule="voxel-3d", outcome="fail") == len(voxel) > 0
    assert scrape("studies", state="settled", conclusion="non_compliant") == 1
    assert scrape("spool_objects") == scrape("spool_oldest_object_age_seconds") == 0
    assert scrape("database_up") == 1
    assert scrape("records_errors_total") == 0


def with_only(node: RunningNode, name: str, associations: int) -> list[RawSender]:
    """Associations that sent an object each to one of three receivers, left open."""
    others = [node.processes()[n] for n in (1, 2, 3) if name != f"receiver-{n}"]
    for process in others:
        os.kill(process, signal.SIGSTOP)
    senders = [RawSender(node.port) for _ in range(associations)]
    for sender in senders:
        sender.associate()
        assert sender.store(b"not a data set") == 0
    for process in others:
        os.kill(process, signal.SIGCONT)
    return senders


def test_receivers_are_added_up_and_refusals_told_apart(tmp_path: Path) -> None:
    with RunningNode(
        tmp_path / "node", RECEPTION__RECEIVERS="3", RECEPTION__REQUIRE_CALLED_AE_TITLE="true"
    ) as node:
        senders = [s for n in (1, 2, 3) for s in with_only(node, f"receiver-{n}", 4)]
        assert Scrape(node)("associations_running") == 12
        assert senders[0].store(b"") == 0xC000
        assert senders[1].store(b"1", sop_class="1.2.3") == 0xA900
        for sender in senders:
            sender.release()
            sender.socket.close()
        for refused, answer in (
            (associate_request(called=b"ELSE"), PDUType.A_ASSOCIATE_RJ),
            (b"GET / HTTP/1.1\r\n\r\n", PDUType.A_ABORT),
        ):
            with RawSender(node.port) as sender:
                sender.send(refused)
                assert sender.pdu()[0] == answer
        wait_until(lambda: Scrape(node).total("associations_ended_total") == 12, timeout_s=60)
        scrape = recorded(node, 12)
        processes = {e["process"] for e in node.events("association.opened")}
    assert len(processes) == 3
    assert scrape.labelled("associations_ended_total", "outcome") == {"released": 12, "aborted": 0}
    assert scrape("associations_accepted_total", peer="MR_CONSOLE") == 12
    assert scrape("objects_received_total", peer="MR_CONSOLE") == 12
    assert scrape("objects_recorded_total", outcome="unreadable") == 12
    assert scrape("associations_running") == 0
    assert set(scrape.labelled("process_up", "part")) == {
        "supervisor", "receiver-1", "receiver-2", "receiver-3", "intake", "web",
    }  # fmt: skip
    assert scrape.labelled("associations_rejected_total", "reason") == {
        "called_ae_title": 1, "unintelligible": 1,
    }  # fmt: skip
    refused_by = scrape.labelled("objects_refused_total", "status")
    assert {status: n for status, n in refused_by.items() if n} == {"C000": 1, "A900": 1}


def test_a_part_that_is_started_again_goes_on_counting(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node") as node:
        with RawSender(node.port) as sender:
            sender.associate()
            assert [sender.store(b"1", f"1.{n}") for n in range(3)] == [0, 0, 0]
            recorded(node, 3)
            assert Scrape(node)("associations_running") == 1
            receiver, intake, web = node.processes()[1:]
            os.kill(receiver, signal.SIGKILL)
            os.kill(intake, signal.SIGKILL)
            assert sender.is_closed()
        started_again(node, "receiver-1")
        scrape = started_again(node, "intake")
        assert scrape("associations_running") == 0
        assert scrape("associations_orphaned_total") == 1
        with RawSender(node.port) as sender:
            sender.associate()
            os.kill(web, signal.SIGKILL)
            assert sender.store(b"1", "1.4") == 0
            sender.release()
        started_again(node, "web")
        wait_until(lambda: Scrape(node).total("associations_ended_total") == 1, timeout_s=60)
        scrape = recorded(node, 4)
        assert node.stop() == 0
    assert scrape("objects_received_total", peer="MR_CONSOLE") == 4
    assert scrape("associations_accepted_total", peer="MR_CONSOLE") == 2
    assert scrape("associations_running") == 0
    assert scrape("object_response_seconds_count") == 4


# --- readiness ---


def unready(node: RunningNode, query: str = "") -> set[str]:
    """The checks that fail, none of them when the node is ready."""
    answer = get(node.web_port, f"/readyz{query}")
    failing = {name for name, check in answer.document["checks"].items() if not check["ok"]}
    assert answer.document["ready"] == (answer.status == 200)
    assert answer.status == 200 or failing
    return failing if answer.status == 503 else set()


def test_a_node_that_lacks_something_is_not_ready_and_receives(tmp_path: Path) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    with RunningNode(tmp_path / "node", RECORDS__URL=nowhere) as node:
        assert unready(node) == {"database"}
        assert unready(node, "?exclude=database") == set()
        assert get(node.web_port, "/readyz?exclude=luck").status == 400
        assert get(node.web_port, "/healthz").status == 200
        with RawSender(node.port) as sender:
            sender.associate()
            assert sender.store(b"1") == 0
            sender.release()
        wait_until(lambda: (Scrape(node)("records_errors_total") or 0) >= 1, timeout_s=60)
        scrape = Scrape(node)
        (node.data / "spool").rename(node.data / "moved")
        (node.data / "spool").touch()
        assert unready(node) == {"database", "spool"}
    assert scrape("database_up") == 0
    assert scrape.labelled("ready", "check") == {
        "listening": 1, "spool": 1, "disk": 1, "intake": 1, "database": 0,
    }  # fmt: skip
    assert scrape("spool_objects") == 1
    assert 0 < (scrape("spool_oldest_object_age_seconds") or 0) < 120


# --- the port ---


def test_the_web_process_can_be_left_out(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node", "--web-port", "off") as node:
        assert node.web_port is None
        assert len(node.processes()) == 3
        with RawSender(node.port) as sender:
            sender.associate()
            assert sender.store(b"1") == 0
        assert not (node.data / "metrics").exists()


def test_a_port_that_was_asked_for_must_be_had(tmp_path: Path) -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        refused = run(
            *("serve", "--data", tmp_path, "--port", "0", "--web-port", port),
            RECEPTION__HOST="127.0.0.1",
        )
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in refused.stderr
    assert "web.port" in refused.stderr


def test_the_port_that_is_ours_by_default_is_worth_no_image() -> None:
    with listening_socket("127.0.0.1", 0) as taken, capture_logs() as log:
        port = taken.getsockname()[1]
        section = WebSection.model_construct(_fields_set=set(), host="127.0.0.1", port=port)
        assert _web_socket(section) is None
    (line,) = log
    assert line["event"] == "web.unavailable"
    assert "web.port" in line["reason"]


def test_there_is_no_room_to_count_and_images_are_received(tmp_path: Path) -> None:
    data = tmp_path / "node"
    data.mkdir()
    (data / "metrics").touch()
    with RunningNode(data) as node, RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"1") == 0
        sender.release()
        assert get(node.web_port, "/readyz").status == 200
        assert Scrape(node)("spool_objects") in (0, 1)
        assert node.stop() == 0
        said = node.events("metrics.unavailable")
    assert {line["process"] for line in said} == {"supervisor", "receiver-1", "intake"}
