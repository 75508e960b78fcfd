"""A whole node that drops images: what keeps them over the network, and what meets what is gone."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pypdfium2
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from ofsep_node.delivery import Peer, send_files, syntax_of
from ofsep_node.records import Records, database
from ofsep_node.records import retention as records_of
from tests.modality import TITLE, Modality, ask_commitment, associated, listening
from tests.node import RunningNode, run
from tests.phantom import mr_object
from tests.ports import free_port
from tests.reception_node import wait_until
from tests.scrape import Scrape

MR = "1.2.840.10008.5.1.4.1.1.4"
AT_ONCE: dict[str, Any] = {"RETENTION__DAYS": "0.00001", "RETENTION__LOOK_EVERY_S": "0.2"}


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    return [mr_object(tmp_path / f"{n}.dcm", seed=n) for n in range(3)]


def study_of(images: list[Path]) -> str:
    return str(pydicom.dcmread(images[0]).StudyInstanceUID)


def send(node: RunningNode, images: list[Path]) -> list[tuple[str, str]]:
    """Send files as the modality does; class and UID of each."""
    peer = Peer("127.0.0.1", node.port, "OFSEP_NODE", TITLE)
    assert all(a.stored for a in send_files(peer, {f: syntax_of(f) for f in images}))
    heads = [pydicom.dcmread(file, stop_before_pixels=True) for file in images]
    return [(str(head.SOPClassUID), str(head.SOPInstanceUID)) for head in heads]


def purge(node: RunningNode, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("purge", *arguments, "--data", node.data, **node.settings)


def kept_by(node: RunningNode, study: str) -> list[str]:
    """What keeps a study's images, by a dry run, which must change nothing."""
    before = node.archived()
    answer = purge(node, study, "--dry-run", "--format", "json", "--quiet")
    assert node.archived() == before
    (line,) = map(json.loads, answer.stdout.splitlines())
    assert (line["action"], answer.returncode) == (
        ("kept", 1) if line["kept_by"] else ("would_drop", 0)
    )
    return list(line["kept_by"])


def last_run(node: RunningNode) -> float:
    return Scrape(node)("retention_last_run_timestamp_seconds") or 0


def test_images_go_by_themselves_and_come_back(tmp_path: Path, images: list[Path]) -> None:
    study = study_of(images)
    began = time.time()
    with RunningNode(tmp_path / "node", **AT_ONCE) as node:
        send(node, images)
        node.wait_for_verdict(study)
        gone = node.wait_for(lambda e: e["event"] == "study.images_dropped")
        assert (gone["study"], gone["objects"], gone["because"]) == (study, 3, "age")
        assert node.archived() == []
        assert "images dropped 20" in run("studies", "--data", node.data).stdout
        scraped = Scrape(node)
        assert scraped("dropped_objects_total", because="age") == 3
        assert scraped("dropped_bytes_total", because="age") == gone["bytes"]
        assert scraped("retention_held_studies", by="report") == 0
        assert scraped("archived_bytes") == 0
        assert scraped("archive_above_watermark") == 0
        assert scraped("process_up", part="retention") == 1
        wait_until(lambda: began <= last_run(node) <= time.time())
    with RunningNode(tmp_path / "node") as node:
        before = node.document(study)
        send(node, images[:2])
        node.wait_for(lambda e: e["event"] == "instance.stored" and bool(e.get("dropped_before")))
        node.wait_for(lambda e: e["event"] == "association.verdict", after=len(node.events()) - 2)
        assert len(node.archived()) == 2
        assert "dropped" not in run("studies", "--data", node.data).stdout
        assert node.document(study) == before
        assert "1 object dropped from the archive" in run("show", study, "--data", node.data).stdout
        assert purge(node, "--older-than", "0").returncode == 0
        assert node.archived() == []


def test_what_is_being_received_is_kept_until_it_is_in(tmp_path: Path, images: list[Path]) -> None:
    study = study_of(images)
    with RunningNode(tmp_path / "node", STUDY__LONGEST_S="2", **AT_ONCE) as node:
        with associated(node.port, MR, syntax=ImplicitVRLittleEndian) as association:
            assert association.send_c_store(pydicom.dcmread(images[0])).Status == 0
            node.wait_for(lambda e: e["event"] == "instance.stored")
            node.wait_for_verdict(study)  # settled all the same, and the association is open
            assert kept_by(node, study) == ["sending"]
            refused = purge(node, study)
            assert refused.returncode == 1
            assert "an association that brought images of it is open" in refused.stdout
            assert len(node.archived()) == 1
        node.wait_for(lambda e: e["event"] == "study.images_dropped")
        assert node.archived() == []


def test_what_a_modality_is_to_be_told_of_is_kept_until_it_was(
    tmp_path: Path, images: list[Path]
) -> None:
    study = study_of(images)
    with listening() as away:
        peers = away.peers_file(tmp_path / "peers.toml")
    with RunningNode(tmp_path / "node", RECEPTION__PEERS=str(peers)) as node:
        sent = send(node, images)
        ask_commitment(node.port, "1.2.3", sent)
        node.wait_for(lambda e: e["event"] == "commitment.unreported")
        node.wait_for_verdict(study)
        assert kept_by(node, study) == ["commitment"]
        assert purge(node, "--older-than", "0").returncode == 0
        assert len(node.archived()) == 3
        with telling(away.port) as modality:
            told = modality.told.get(timeout=60)
            node.wait_for(lambda e: e["event"] == "commitment.reported")
            assert (told.committed, told.failed) == (sent, [])
            assert purge(node, study).returncode == 0
            assert node.archived() == []
            ask_commitment(node.port, "1.2.4", sent)
            told = modality.told.get(timeout=60)
        assert (told.committed, told.failed) == ([], [(*one, 0x0112) for one in sent])
        node.wait_for(lambda e: e["event"] == "commitment.reported" and e.get("dropped") == 3)


@contextlib.contextmanager
def telling(port: int) -> Iterator[Modality]:
    with listening(port) as modality:
        yield modality


def by_hand(node: RunningNode, act: str, report: int, *arguments: str) -> None:
    done = run("outbox", act, str(report), *arguments, "--data", node.data)
    assert done.returncode == 0, done.stderr


def test_a_report_that_nobody_takes_keeps_the_images_until_it_is_cancelled(
    tmp_path: Path, images: list[Path]
) -> None:
    config = tmp_path / "node.toml"
    config.write_text(
        f"""\
[delivery]
senders = {{ "*" = ["pacs"] }}

[destinations.pacs]
type = "dicom"
ae_title = "PACS"
host = "127.0.0.1"
port = {free_port()}
reports = ["pdf"]
""",
        encoding="utf-8",
    )
    study = study_of(images)
    with RunningNode(tmp_path / "node", "--config", str(config), **AT_ONCE) as node:
        send(node, images)
        failed = node.wait_for(lambda e: e["event"] == "report.failed")
        assert kept_by(node, study) == ["report"]
        assert len(node.archived()) == 3
        wait_until(lambda: Scrape(node)("reports", destination="pacs", state="waiting") == 1)
        by_hand(node, "cancel", failed["report"], "--by", "Marie", "--reason", "it was sold")
        node.wait_for(lambda e: e["event"] == "study.images_dropped")
        assert node.archived() == []
        (cancelled,) = node.events("report.cancelled")
        assert (cancelled["study"], cancelled["report"]) == (study, failed["report"])
        assert (cancelled["by"], cancelled["reason"]) == ("Marie", "it was sold")
        wait_until(lambda: Scrape(node)("reports", destination="pacs", state="cancelled") == 1)
        by_hand(node, "retry", failed["report"], "--by", "Luc")
        retried = node.wait_for(lambda e: e["event"] == "report.retried")
        assert (retried["study"], retried["by"]) == (study, "Luc")
        read = run("tail", "--no-follow", "--data", node.data, "--language", "fr").stdout
        assert "compte rendu annulé pdf → pacs\xa0: Marie, it was sold" in read
        assert "compte rendu à réessayer pdf → pacs\xa0: Luc" in read


def test_what_is_asked_of_a_study_whose_images_are_gone(tmp_path: Path, images: list[Path]) -> None:
    study = study_of(images)
    with RunningNode(tmp_path / "node") as node:
        send(node, images)
        node.wait_for_verdict(study)
        name = pydicom.dcmread(images[0]).PatientName
        assert purge(node, study, "--by", "M").returncode == 0
        again = purge(node, study)
        line, summed_up = again.stdout.splitlines()
        assert again.returncode == 0
        assert line.endswith(
            "3 images, 0 bytes: its images were dropped before, and none came again"
        )
        assert summed_up == "images of 0 studies dropped (0 bytes), 0 kept."
    data = tmp_path / "node"
    shown = run("show", study, "--data", data, "--language", "fr").stdout
    assert "3 objets retirés de l'archive" in shown
    measured = run("imaging", study, "--data", data)
    assert measured.returncode == 2
    assert "send them again" in measured.stderr
    assert len(measured.stderr.splitlines()) == 1
    assert run("rejudge", study, "--data", data).returncode == 0
    said = run("indicate", study, "pml-follow-up", "--by", "M", "--data", data)
    assert said.returncode == 0, said.stderr
    page = tmp_path / "report.pdf"
    made = run("report", study, "--kind", "pdf", "--data", data, "--output", page)
    assert made.returncode == 0, made.stderr
    text = "".join(p.get_textpage().get_text_bounded() for p in pypdfium2.PdfDocument(page))
    assert "image no longer kept here" in text
    report = tmp_path / "report.dcm"
    assert run("report", study, "--kind", "sr", "--data", data, "--output", report).returncode == 0
    assert pydicom.dcmread(report).PatientName == name


def test_a_purge_of_a_named_study_ends_what_another_began(
    tmp_path: Path, images: list[Path]
) -> None:
    study = study_of(images)
    with RunningNode(tmp_path / "node") as node:
        send(node, images)
        node.wait_for_verdict(study)
    records = Records(f"sqlite:///{node.data / 'records.sqlite'}")
    with contextlib.closing(records), records.writing() as session:
        records_of.mark(session, study, "request", database.now(session))
    assert purge(node, study, "--dry-run").returncode == 0
    assert len(node.archived()) == 3
    assert purge(node, study).returncode == 0
    assert node.archived() == []
    with contextlib.closing(records), records.reading() as session:
        assert records_of.being_dropped(session) == []


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        ([], {}, "--older-than DAYS, or name studies"),
        (["1.2.3", "--older-than", "3"], {}, "give one of the two"),
        (["1.9.9"], {}, "no study in the records is called '1.9.9'"),
        ([], {"RETENTION__DAYS": "-1"}, "OFSEP_NODE_RETENTION__DAYS"),
        ([], {"RETENTION__HIGH_PERCENT": "80"}, "belong together"),
        (
            [],
            {"RETENTION__HIGH_PERCENT": "80", "RETENTION__LOW_PERCENT": "90"},
            "low_percent = 90 is not below high_percent = 80",
        ),
    ],
)
def test_what_makes_no_sense_is_said_in_one_message(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], said: str
) -> None:
    run("db", "upgrade", "--data", tmp_path)
    answer = run("purge", *arguments, "--data", tmp_path, **settings)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_more_days_than_a_century_are_a_wrong_argument(tmp_path: Path) -> None:
    answer = run("purge", "--older-than", "1000000000", "--data", tmp_path)
    assert answer.returncode == 2
    assert "'--older-than': Input should be less than or equal to 36500" in answer.stderr
