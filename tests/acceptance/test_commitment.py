"""Storage commitment between a real node and real peers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from ofsep_node.delivery import Peer, send_files, syntax_of
from ofsep_node.domain.sop_classes import STORAGE_COMMITMENT_INSTANCE
from tests.modality import TITLE, Modality, ask_commitment, listening
from tests.node import RunningNode, run
from tests.phantom import mr_object
from tests.reception_node import wait_until
from tests.scrape import Scrape

MR = "1.2.840.10008.5.1.4.1.1.4"
WITHIN_S = 60


@pytest.fixture
def modality() -> Iterator[Modality]:
    with listening() as one:
        yield one


def started(tmp_path: Path, modality: Modality, *extra: str) -> RunningNode:
    peers = modality.peers_file(tmp_path / "peers.toml", *extra)
    return RunningNode(tmp_path / "node", RECEPTION__PEERS=str(peers))


def send(node: RunningNode, *files: Path) -> list[tuple[str, str]]:
    """Send files as the modality does; class and UID of each."""
    peer = Peer("127.0.0.1", node.port, "OFSEP_NODE", TITLE)
    assert all(a.stored for a in send_files(peer, {f: syntax_of(f) for f in files}))
    heads = [pydicom.dcmread(file, stop_before_pixels=True) for file in files]
    return [(str(head.SOPClassUID), str(head.SOPInstanceUID)) for head in heads]


def study_of(file: Path) -> str:
    return str(pydicom.dcmread(file, stop_before_pixels=True).StudyInstanceUID)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_what_was_just_sent_is_committed_on_a_new_association(
    tmp_path: Path, modality: Modality, syntax: str
) -> None:
    with started(tmp_path, modality) as node:
        sent = send(node, mr_object(tmp_path / "a.dcm"), mr_object(tmp_path / "b.dcm", seed=1))
        answer = ask_commitment(node.port, "1.2.3", sent, syntax=syntax)
        told = modality.told.get(timeout=WITHIN_S)
        node.wait_for(lambda e: e["event"] == "commitment.reported")
        shown = run("show", study_of(tmp_path / "a.dcm"), "--data", node.data).stdout
        wait_until(lambda: Scrape(node)("commitments", state="reported") == 1)
    assert f"Storage commitment for {TITLE}: 2 of 2 objects safe, told " in shown
    assert answer.Status == 0x0000
    assert (told.event_type, told.transaction, told.failed) == (1, "1.2.3", [])
    assert told.committed == sent
    assert (told.calling, told.called) == ("OFSEP_NODE", TITLE)


def test_what_is_not_there_or_not_as_it_was_is_told_with_its_reason(
    tmp_path: Path, modality: Modality
) -> None:
    files = [mr_object(tmp_path / f"{n}.dcm", seed=n) for n in range(4)]
    with started(tmp_path, modality) as node:
        good, damaged, gone, other = send(node, *files)
        node.wait_for_verdict(study_of(files[0]))
        archived = {str(pydicom.dcmread(p).SOPInstanceUID): p for p in node.archived()}
        archived[gone[1]].unlink()
        with archived[damaged[1]].open("r+b") as file:
            file.seek(-1, 2)
            file.write(b"\xff")
        enhanced = (f"{MR}.1", other[1])
        asked = [good, damaged, gone, enhanced, (MR, "1.9.9")]
        ask_commitment(node.port, "1.2.4", asked)
        told = modality.told.get(timeout=WITHIN_S)
        node.wait_for(lambda e: e["event"] == "commitment.reported")
        shown = run("show", study_of(files[0]), "--data", node.data).stdout
    assert f"Storage commitment for {TITLE}: 1 of 3 objects safe, told " in shown
    assert told.event_type == 2
    assert told.committed == [good]
    assert told.failed == [
        (*damaged, 0x0110),
        (*gone, 0x0112),
        (*enhanced, 0x0119),
        (MR, "1.9.9", 0x0112),
    ]


@contextlib.contextmanager
def asked_by_one_who_left(tmp_path: Path) -> Iterator[tuple[RunningNode, Modality, list[Any]]]:
    """A node that owes an answer, to a modality that does not listen; and what it was asked of."""
    with listening() as away:
        away.peers_file(tmp_path / "peers.toml")
    with started(tmp_path, away) as node:
        sent = send(node, mr_object(tmp_path / "a.dcm"))
        assert ask_commitment(node.port, "1.2.5", sent).Status == 0x0000
        yield node, away, sent


def test_a_node_killed_after_its_answer_still_reports(tmp_path: Path) -> None:
    with asked_by_one_who_left(tmp_path) as (node, away, sent):
        node.kill()
    with listening(away.port) as modality, started(tmp_path, modality):
        told = modality.told.get(timeout=WITHIN_S)
    assert (told.event_type, told.committed) == (1, sent)


def test_what_was_asked_is_not_forgotten_with_the_list_of_peers(tmp_path: Path) -> None:
    with asked_by_one_who_left(tmp_path) as (node, _, _):
        node.wait_for(lambda e: e["event"] == "commitment.unreported")
    with RunningNode(tmp_path / "node", NODE__NAME="renamed") as node:
        unreported = node.wait_for(
            lambda e: e["event"] == "commitment.unreported" and "no port" in e["reason"]
        )
    assert unreported["reason"].startswith("[reception] peers: says of ")


def test_a_peer_that_is_away_or_refuses_is_told_again(tmp_path: Path, modality: Modality) -> None:
    modality.answers = [0x0110]
    with started(tmp_path, modality) as node:
        sent = send(node, mr_object(tmp_path / "a.dcm"))
        ask_commitment(node.port, "1.2.6", sent)
        first, second = (modality.told.get(timeout=WITHIN_S) for _ in range(2))
        unreported = node.wait_for(lambda e: e["event"] == "commitment.unreported")
        reported = node.wait_for(lambda e: e["event"] == "commitment.reported")
    assert first == second
    assert "0110" in unreported["reason"]
    assert reported["attempts"] == 2


@pytest.mark.parametrize(
    ("instance", "action", "transaction", "asked", "status"),
    [
        (STORAGE_COMMITMENT_INSTANCE, 2, "1.2.7", [(MR, "1.2.8")], 0x0123),
        ("1.2.840.10008.1.20.1.2", 1, "1.2.7", [(MR, "1.2.8")], 0x0112),
        (STORAGE_COMMITMENT_INSTANCE, 1, "no UID", [(MR, "1.2.8")], 0x0115),
        (STORAGE_COMMITMENT_INSTANCE, 1, "1.2.7", [], 0x0115),
        (STORAGE_COMMITMENT_INSTANCE, 1, "1.2.7", [(MR, "../../../evil")], 0x0115),
    ],
)
def test_a_request_that_is_wrong_is_answered_so_and_comes_to_nothing(
    tmp_path: Path,
    modality: Modality,
    instance: str,
    action: int,
    transaction: str,
    asked: list[tuple[str, str]],
    status: int,
) -> None:
    with started(tmp_path, modality) as node:
        answer = ask_commitment(node.port, transaction, asked, action=action, instance=instance)
        refused = node.wait_for(lambda e: e["event"] == "commitment.refused")
        sent = send(node, mr_object(tmp_path / "a.dcm"))
        ask_commitment(node.port, "1.2.9", sent)
        told = modality.told.get(timeout=WITHIN_S)
    assert answer.Status == status
    assert answer.ErrorComment
    assert refused["status"] == f"{status:04X}"
    assert told.transaction == "1.2.9", "of the one before nothing is told"
