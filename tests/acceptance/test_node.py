"""A node as its users meet it: real processes, real senders."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ofsep_node.delivery import Peer, send_files, syntax_of
from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.errors import PeerError
from ofsep_node.simulate import Manifest, simulate
from tests.node import CLEAN, PROGRAM, RunningNode, dcmsend, run
from tests.reception_node import wait_until

Program = Callable[[str], str]


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A small examination whose FLAIR has 1.5 mm slices."""
    folder = tmp_path_factory.mktemp("spoilt") / "examination"
    return folder, simulate(folder, faults=["flair-thick"], small=True)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A small examination without a fault."""
    folder = tmp_path_factory.mktemp("good") / "examination"
    return folder, simulate(folder, small=True)


def images(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


def data_set(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(data_set_offset(file))
        return file.read()


def test_it_says_where_to_send_where_results_are_and_how_to_stop(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node") as node:
        assert node.stop() == 0
        assert node.process.stdout is not None
        said = node.process.stdout.read().splitlines()
    assert len(said) == 3
    assert f"port {node.port}" in said[0]
    assert "OFSEP_NODE" in said[0]
    assert str(node.data) in said[1]
    assert "Ctrl-C" in said[2]


def test_a_study_is_judged_while_it_arrives(
    tmp_path: Path, spoilt: tuple[Path, Manifest], peer: Program
) -> None:
    folder, manifest = spoilt
    study = manifest.study_instance_uid
    with RunningNode(tmp_path / "node") as node:
        dcmsend(peer("dcmsend"), node.port, images(folder), "-aet", "MRI_1")
        verdict = node.wait_for_verdict(study)
        names = [e["event"] for e in node.events()]
        opened = node.events("association.opened")[0]
        recognised = {e["description"]: e for e in node.events("series.recognised")}
        raised = node.events("finding.raised")
        document = node.document(study)

    assert opened["peer"] == "MRI_1"
    assert opened["address"] == "127.0.0.1"
    flair = recognised["3D FLAIR SAG"]
    assert (flair["weighting"], flair["dimension"], flair["organ"]) == ("flair", "3D", "brain")
    assert flair["evidence"]
    assert 0 < flair["confidence"] <= 1
    assert any("3D FLAIR" in e["still_missing"] for e in node.events("series.recognised"))
    assert any(
        e["rule"] == "voxel-3d" and e["measured"] == 1.5 and e["expected"] == 1.0 for e in raised
    )
    assert names.index("association.released") < names.index("association.verdict")
    assert names.index("association.verdict") < names.index("study.settled")
    assert verdict["conclusion"] == document["verdict"] == "non_compliant"
    statuses = {r["id"]: r["status"] for r in document["requirements"]}
    assert statuses["brain.flair-3d"] == "not_met"
    assert statuses["brain.t1-3d"] == "met"
    assert document["state"] == "settled"


def test_what_is_wrong_is_said_before_the_sender_has_ended(
    tmp_path: Path, spoilt: tuple[Path, Manifest]
) -> None:
    """However long the rest takes to come: the technologist hears of the FLAIR at once."""
    folder, _ = spoilt
    flair = [p for p in images(folder) if "flair" in p.parent.name]
    others = [p for p in images(folder) if p not in flair]
    files = {path: syntax_of(path) for path in [*flair, *others]}
    with RunningNode(tmp_path / "node") as node:
        answers = send_files(Peer("127.0.0.1", node.port, "OFSEP_NODE"), files)
        assert all(next(answers).stored for _ in flair)
        node.wait_for(lambda e: e["event"] == "series.recognised" and e["weighting"] == "flair")
        node.wait_for(lambda e: e["event"] == "finding.raised" and e["rule"] == "voxel-3d")
        assert node.events("association.released") == []
        assert all(answer.stored for answer in answers)


def test_the_node_and_the_offline_check_say_the_same(
    tmp_path: Path, spoilt: tuple[Path, Manifest], peer: Program, database_url: str
) -> None:
    """On SQLite and on PostgreSQL."""
    folder, manifest = spoilt
    with RunningNode(tmp_path / "node", RECORDS__URL=database_url) as node:
        dcmsend(peer("dcmsend"), node.port, images(folder))
        node.wait_for_verdict(manifest.study_instance_uid)
        live = dict(node.document(manifest.study_instance_uid))
    checked = run("check", folder, "--format", "json", "--quiet")
    assert checked.returncode == 1
    offline = json.loads(checked.stdout)
    live.pop("version")
    offline.pop("version")
    assert live == offline


def test_what_is_stored_is_what_was_sent(
    tmp_path: Path, good: tuple[Path, Manifest], peer: Program
) -> None:
    folder, manifest = good
    with RunningNode(tmp_path / "node") as node:
        dcmsend(peer("dcmsend"), node.port, images(folder))
        node.wait_for_verdict(manifest.study_instance_uid)
        assert sorted(map(data_set, node.archived())) == sorted(map(data_set, images(folder)))
        assert node.spooled() == []
        assert node.document(manifest.study_instance_uid)["verdict"] == "compliant"


@pytest.mark.parametrize("sender", ["storescu", "dcmsend"])
def test_a_sender_is_pointed_at_the_folder_of_a_simulated_examination(
    tmp_path: Path, good: tuple[Path, Manifest], peer: Program, sender: str
) -> None:
    folder, manifest = good
    with RunningNode(tmp_path / "node") as node:
        dcmsend(peer(sender), node.port, [folder], "+sd", "+r")
        node.wait_for_verdict(manifest.study_instance_uid)
        assert len(node.archived()) == len(manifest.files)
        assert node.document(manifest.study_instance_uid)["verdict"] == "compliant"


def test_the_same_study_twice_is_one_record_and_no_error(
    tmp_path: Path, good: tuple[Path, Manifest], peer: Program
) -> None:
    folder, manifest = good
    with RunningNode(tmp_path / "node") as node:
        for _ in range(2):
            dcmsend(peer("dcmsend"), node.port, images(folder))
        count = len(images(folder))
        node.wait_for(lambda _: len(node.events("instance.duplicate")) == count)
        node.wait_for_verdict(manifest.study_instance_uid)
        assert len(node.archived()) == count
        assert len(node.events("instance.stored")) == count
        assert not [e for e in node.events() if e["level"] == "error"]


def test_a_late_image_reopens_the_study(
    tmp_path: Path, good: tuple[Path, Manifest], peer: Program
) -> None:
    folder, manifest = good
    *first, last = images(folder)
    study = manifest.study_instance_uid
    with RunningNode(tmp_path / "node") as node:
        dcmsend(peer("dcmsend"), node.port, first)
        node.wait_for_verdict(study)
        assert node.document(study)["verdict"] == "non_compliant"
        seen = len(node.events())
        dcmsend(peer("dcmsend"), node.port, [last])
        node.wait_for_verdict(study, after=seen)
        assert [e["study"] for e in node.events("study.reopened")] == [study]
        assert node.document(study)["verdict"] == "compliant"
        history = run("show", study, "--data", node.data, "--history")
    assert history.returncode == 0
    assert "NOT COMPLIANT" in history.stdout
    assert "+ series 5 “3D FLAIR SAG”: Series incomplete" in history.stdout
    assert "- series 5 “3D FLAIR SAG”: Series incomplete" in history.stdout


@pytest.mark.parametrize("after", [5, 40, 90])
def test_every_object_answered_success_survives_kill_9_of_everything(
    tmp_path: Path, good: tuple[Path, Manifest], after: int
) -> None:
    folder, manifest = good
    study = manifest.study_instance_uid
    files = {path: syntax_of(path) for path in images(folder)}
    answered: list[Path] = []
    with RunningNode(tmp_path / "node") as node, contextlib.suppress(PeerError):
        for answer in send_files(Peer("127.0.0.1", node.port, "OFSEP_NODE"), files):
            assert answer.stored
            answered.append(answer.of)
            if len(answered) == after:
                node.kill()
    assert len(answered) >= after
    with RunningNode(tmp_path / "node") as node:
        node.wait_for_verdict(study)
        assert node.spooled() == []
        archived = sorted(map(data_set, node.archived()))
        # What was answered is there, once; one object more may have come in unanswered.
        assert set(map(data_set, answered)) <= set(archived)
        assert len(archived) - len(answered) in (0, 1)
        (listed,) = map(
            json.loads, run("studies", "--data", node.data, "--format", "json").stdout.splitlines()
        )
        assert listed["images"] == len(archived)
        seen = len(node.events())
        assert run("send", folder, "--port", str(node.port), "-q").returncode == 0
        node.wait_for_verdict(study, after=seen)
        assert sorted(map(data_set, node.archived())) == sorted(map(data_set, files))
        assert node.document(study)["verdict"] == "compliant"


@pytest.mark.parametrize("victim", [1, 2], ids=["receiver", "intake"])
def test_a_part_that_dies_is_started_again(
    tmp_path: Path, good: tuple[Path, Manifest], peer: Program, victim: int
) -> None:
    folder, manifest = good
    with RunningNode(tmp_path / "node") as node:
        os.kill(node.processes()[victim], signal.SIGKILL)
        node.wait_for(lambda e: e["event"] == "node.process_died")
        wait_until(lambda: len(node.processes()) >= 3)
        dcmsend(peer("dcmsend"), node.port, images(folder))
        node.wait_for_verdict(manifest.study_instance_uid)
        assert node.document(manifest.study_instance_uid)["verdict"] == "compliant"


def test_parts_of_a_killed_supervisor_leave_and_the_node_starts_again(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node") as node:
        parts = node.processes()[1:]
        node.process.kill()
        node.process.wait()
        wait_until(lambda: not any(Path(f"/proc/{p}").exists() for p in parts))
    with RunningNode(tmp_path / "node") as node:
        assert node.stop() == 0


def test_two_receivers_share_the_port(
    tmp_path: Path, good: tuple[Path, Manifest], peer: Program
) -> None:
    folder, manifest = good
    with RunningNode(tmp_path / "node", RECEPTION__RECEIVERS="2") as node:
        files = images(folder)
        senders = [
            subprocess.Popen(
                [peer("storescu"), "-aec", "OFSEP_NODE", "127.0.0.1", str(node.port), *map(str, f)],
                env={**CLEAN, "TCP_NODELAY": "1"},
                stderr=subprocess.DEVNULL,
            )
            for f in (files[::4], files[1::4], files[2::4], files[3::4])
        ]
        assert [s.wait(timeout=120) for s in senders] == [0, 0, 0, 0]
        node.wait_for_verdict(manifest.study_instance_uid)
        assert len(node.processes()) == 5  # the supervisor, both receivers, the intake, the web
        assert node.document(manifest.study_instance_uid)["verdict"] == "compliant"


def test_the_echo_command_asks_a_node(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node") as node:
        assert run("echo", "--port", str(node.port)).returncode == 0
    silent = run("echo", "--port", str(node.port))
    assert silent.returncode == 1
    assert "does not answer" in silent.stderr


def refused(*arguments: str | Path, **settings: str) -> str:
    """What the program says when it cannot do what was asked: one message, no traceback."""
    done = run(*arguments, **settings)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        data = tmp_path / "several" / "folders" / "node"
        said = refused("serve", "--data", data, "--port", str(port), "--host", "127.0.0.1")
        assert list(tmp_path.iterdir()) == []
        refused("serve", "--data", tmp_path, "--port", str(port), "--host", "127.0.0.1")
        assert tmp_path.is_dir()  # it was there before
    assert f"port {port}" in said


def test_the_host_of_the_flag_beats_that_of_the_environment(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node", "--host", "::1", RECEPTION__HOST="127.0.0.1") as node:
        assert node.events("node.started")[0]["host"] == "::1"
        assert run("echo", "--host", "::1", "--port", str(node.port)).returncode == 0


@pytest.mark.parametrize("host", ["a..b", "no-such-host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_said(tmp_path: Path, host: str) -> None:
    assert "reception.host" in refused("serve", "--data", tmp_path / "node", "--host", host)
    assert not (tmp_path / "node").exists()


def test_two_nodes_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with RunningNode(tmp_path / "node") as node:
        said = refused("serve", "--data", node.data, "--port", "0")
    assert "another node" in said
    assert str(node.data) in said


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert str(tmp_path / "file") in refused("serve", "--data", tmp_path / "file" / "node")


def test_a_schema_from_the_future_is_refused(tmp_path: Path) -> None:
    assert run("db", "upgrade", "--data", tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "records.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer" in refused("serve", "--data", tmp_path, "--port", "0")
    assert "newer" in refused("db", "check", "--data", tmp_path)


def test_an_unknown_study_is_said(tmp_path: Path) -> None:
    assert run("db", "upgrade", "--data", tmp_path).returncode == 0
    assert "1.2.3" in refused("show", "1.2.3", "--data", tmp_path)


def test_a_folder_without_a_node_is_said(tmp_path: Path) -> None:
    for command in ("studies", "tail"):
        assert str(tmp_path) in refused(command, "--data", tmp_path)


def test_a_truncated_object_is_quarantined_and_the_rest_is_judged(
    tmp_path: Path, good: tuple[Path, Manifest]
) -> None:
    folder, manifest = good
    sent = tmp_path / "sent"
    shutil.copytree(folder, sent)
    victim = images(sent)[20]
    victim.write_bytes(victim.read_bytes()[:-500])
    with RunningNode(tmp_path / "node") as node:
        assert run("send", sent, "--port", str(node.port), "-q").returncode == 0
        node.wait_for_verdict(manifest.study_instance_uid)
        (unreadable,) = node.events("instance.unreadable")
        assert "truncated" in unreadable["reason"]
        (kept,) = (node.data / "quarantine").rglob("*.dcm")
        assert data_set(kept) == data_set(victim)
        assert node.document(manifest.study_instance_uid)["verdict"] == "non_compliant"


def test_the_demo_shows_findings_and_verdict_and_leaves() -> None:
    shown = subprocess.run(
        [*PROGRAM, "demo", "--small"],
        env=CLEAN,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert shown.returncode == 0, shown.stderr
    assert "still missing" in shown.stdout
    assert "Voxel 1 x 1 x 1.5 mm" in shown.stdout
    assert "NOT COMPLIANT" in shown.stdout
