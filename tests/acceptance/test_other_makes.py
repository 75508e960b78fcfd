"""Senders that share no code with ours or with DCMTK: dcmjs-dimse, GDCM, pynetdicom."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import AsynchronousOperationsWindowNegotiation
from pynetdicom.presentation import PresentationContext, build_context

from ofsep_node.delivery import Peer as Sender
from ofsep_node.delivery import send_files, syntax_of
from ofsep_node.domain.sop_classes import (
    PERFORMED_PROCEDURE_STEP,
    STORAGE_COMMITMENT,
    STORAGE_COMMITMENT_INSTANCE,
)
from ofsep_node.simulate import simulate
from tests.node import RunningNode
from tests.phantom import mr_object
from tests.ports import free_port
from tests.reception_node import RunningReceiver, data_set, wait_until
from tests.upper_layer import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    MR_IMAGE,
    VERIFICATION,
)

Receiving = Callable[..., RunningReceiver]
Peer = Callable[[str], str]

HERE = "127.0.0.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
GE_PRIVATE_SYNTAX = "1.2.840.113619.5.2"
SEND_JS = Path(__file__).parent / "dcmjs" / "send.js"
TELL_JS = SEND_JS.with_name("tell.js")


# --- dcmjs-dimse ---


def dcmjs_says(modules: Path, port: int, files: list[Path], **options: Any) -> list[dict[str, Any]]:
    """What dcmjs-dimse has to tell of sending the files, or of a C-ECHO when there are none."""
    return dcmjs_runs(modules, SEND_JS, port, files=list(map(str, files)), **options)


def dcmjs_runs(modules: Path, script: Path, port: int, **given: Any) -> list[dict[str, Any]]:
    asked = {"port": port, "calling": "DCMJS", "called": "OFSEP_NODE"} | given
    result = subprocess.run(
        ["node", str(script), json.dumps(asked)],
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_dcmjs_tells_of_a_step_and_asks_for_commitment(
    receiving: Receiving, dcmjs: Path, tmp_path: Path
) -> None:
    peers = tmp_path / "peers.toml"
    peers.write_text('[[peer]]\nae_title = "DCMJS"\naddresses = ["127.0.0.1"]\nport = 104\n')
    node = receiving(peers=peers)
    scheduled = {"StudyInstanceUID": "1.2.4"}
    begun = {
        "PerformedProcedureStepStatus": "IN PROGRESS",
        "ScheduledStepAttributesSequence": [scheduled],
    }
    named = {"ReferencedSOPClassUID": MR_IMAGE, "ReferencedSOPInstanceUID": "1.2.6"}
    step = {"sopClass": PERFORMED_PROCEDURE_STEP, "sopInstance": "1.2.3"}
    requests = [
        {"kind": "NCreate", **step, "elements": begun},
        {"kind": "NSet", **step, "elements": {"PerformedProcedureStepStatus": "COMPLETED"}},
        {
            "kind": "NAction",
            "sopClass": STORAGE_COMMITMENT,
            "sopInstance": STORAGE_COMMITMENT_INSTANCE,
            "action": 1,
            "elements": {"TransactionUID": "1.2.5", "ReferencedSOPSequence": [named]},
        },
    ]
    answers = dcmjs_runs(dcmjs, TELL_JS, node.port, requests=requests)
    assert [answer["status"] for answer in answers] == [0, 0, 0]
    kept = [path.name for path in node.objects()]
    assert kept == ["000001.create", "000002.set", "000003.action"]


def test_dcmjs_waits_and_is_told_where_it_asked(tmp_path: Path, dcmjs: Path) -> None:
    peers = tmp_path / "peers.toml"
    peers.write_text('[[peer]]\nae_title = "DCMJS"\naddresses = ["127.0.0.1"]\nport = 104\n')
    with RunningNode(tmp_path / "node", RECEPTION__PEERS=str(peers)) as node:
        image = mr_object(tmp_path / "a.dcm")
        sender = Sender("127.0.0.1", node.port, "OFSEP_NODE", "DCMJS")
        assert all(a.stored for a in send_files(sender, {image: syntax_of(image)}))
        uid = str(pydicom.dcmread(image).SOPInstanceUID)
        named = {"ReferencedSOPClassUID": MR_IMAGE, "ReferencedSOPInstanceUID": uid}
        asked = {
            "kind": "NAction",
            "sopClass": STORAGE_COMMITMENT,
            "sopInstance": STORAGE_COMMITMENT_INSTANCE,
            "action": 1,
            "elements": {"TransactionUID": "1.2.5", "ReferencedSOPSequence": [named]},
        }
        answered, told = dcmjs_runs(dcmjs, TELL_JS, node.port, requests=[asked], lingerMs=15_000)
        reported = node.wait_for(lambda e: e["event"] == "commitment.reported")
    assert answered == {"kind": "NAction", "status": 0}
    assert told == {"told": "1.2.5", "safe": [uid]}
    assert reported["where_asked"]


def test_dcmjs_pings(receiving: Receiving, dcmjs: Path) -> None:
    node = receiving()
    accepted, answer, released = dcmjs_says(dcmjs, node.port, [])
    assert accepted["accepted"]["maxPduLength"] == 131_072
    assert answer == {"file": None, "status": 0}
    assert released == {"released": True}
    wait_until(lambda: len(node.events("association.released")) == 1)


@pytest.mark.parametrize(
    ("option", "syntax"),
    [
        ("+ti", IMPLICIT_VR_LITTLE_ENDIAN),
        ("+te", IMPLICIT_VR_LITTLE_ENDIAN),  # which dcmjs proposes first, and encodes it anew
        ("+tb", BIG_ENDIAN),  # in a context of its own
    ],
)
def test_dcmjs_sends(
    receiving: Receiving, dcmjs: Path, peer: Peer, tmp_path: Path, option: str, syntax: str
) -> None:
    plain = [mr_object(tmp_path / f"{n}.dcm", seed=n, bits=12) for n in range(5)]
    files = [path.with_suffix(".sent") for path in plain]
    for source, file in zip(plain, files, strict=True):
        subprocess.run([peer("dcmconv"), option, str(source), str(file)], check=True)
    node = receiving()
    said = dcmjs_says(dcmjs, node.port, files)
    assert [line["status"] for line in said if "status" in line] == [0] * 5
    for sent, stored in zip(plain, node.objects(), strict=True):
        read, original = pydicom.dcmread(stored), pydicom.dcmread(sent)
        assert read.file_meta.TransferSyntaxUID == syntax
        assert (read.pixel_array == original.pixel_array).all()
        assert read.SOPInstanceUID == original.SOPInstanceUID


def test_dcmjs_asks_for_an_asynchronous_window_and_names_its_user(
    receiving: Receiving, dcmjs: Path, tmp_path: Path
) -> None:
    files = [mr_object(tmp_path / f"{n}.dcm", seed=n) for n in range(8)]
    node = receiving()
    said = dcmjs_says(
        dcmjs, node.port, files,
        asyncOps={"maxAsyncOpsInvoked": 8, "maxAsyncOpsPerformed": 8},
        userIdentity={"type": 2, "positiveResponseRequested": True, "primaryField": "a.martin",
                      "secondaryField": "s3cret"},
    )  # fmt: skip
    assert said[0]["accepted"]["asyncOps"] == [1, 1]
    assert [line["status"] for line in said if "status" in line] == [0] * 8
    assert len(node.objects()) == 8
    assert node.events("association.opened")[0]["user"] == "a.martin"


# --- GDCM ---


def gdcmscu(program: str, port: int, *arguments: str | Path) -> tuple[int, str]:
    """The exit status of gdcmscu and what it said."""
    result = subprocess.run(
        [program, "-D", "-H", HERE, "-p", str(port), "--aetitle", "GDCM", *map(str, arguments)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    return result.returncode, result.stdout + result.stderr


@contextmanager
def storescp(program: str, folder: Path) -> Iterator[int]:
    """DCMTK's storescp, which another make's troubles are held against: its port."""
    folder.mkdir()
    port = free_port()
    process = subprocess.Popen([program, "-od", str(folder), str(port)])
    try:
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_gdcmscu_sends_and_ends_as_it_does_with_storescp(
    receiving: Receiving, peer: Peer, tmp_path: Path
) -> None:
    """gdcmscu 3.0.21 throws after it has released the association, whoever the SCP is."""
    program, sent = peer("gdcmscu"), mr_object(tmp_path / "a.dcm", matrix=128)
    node = receiving()
    ended, said = gdcmscu(program, node.port, "--store", "-i", sent)
    assert f"C-Store of file {sent} was successful" in said
    (stored,) = node.objects()
    assert pydicom.dcmread(stored).PixelData == pydicom.dcmread(sent).PixelData
    assert [end.outcome for end in node.closed()] == ["released"]
    with storescp(peer("storescp"), tmp_path / "scp") as port:
        wait_until(lambda: gdcmscu(program, port, "--echo")[1].count("PDU code: 2") > 0)
        assert gdcmscu(program, port, "--store", "-i", sent)[0] == ended


def test_gdcmscu_pings(receiving: Receiving, peer: Peer) -> None:
    node = receiving()
    _, said = gdcmscu(peer("gdcmscu"), node.port, "--echo")
    assert "Status" in said
    wait_until(lambda: len(node.events("association.released")) == 1)


# --- pynetdicom, with the habits of consoles ---


@contextmanager
def associated(
    node: RunningReceiver, contexts: list[PresentationContext], **options: Any
) -> Iterator[Association]:
    entity = AE(options.pop("calling", "MR_CONSOLE"))
    association = entity.associate(HERE, node.port, contexts=contexts, **options)
    assert association.is_established
    try:
        yield association
    finally:
        association.release()


def test_a_private_transfer_syntax_first(receiving: Receiving, tmp_path: Path) -> None:
    sent = mr_object(tmp_path / "a.dcm", syntax=IMPLICIT_VR_LITTLE_ENDIAN)
    node = receiving()
    proposed = [GE_PRIVATE_SYNTAX, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN]
    with associated(node, [build_context(MR_IMAGE, proposed)]) as association:
        (context,) = association.accepted_contexts
        assert context.transfer_syntax == [IMPLICIT_VR_LITTLE_ENDIAN]
        assert association.send_c_store(pydicom.dcmread(sent)).Status == 0
    assert data_set(node.objects()[0]) == data_set(sent)


@pytest.mark.parametrize("length", [0, 4_096, 16_384, 65_537, 131_072, 1_048_576])
def test_answers_come_whatever_pdu_the_peer_takes(
    receiving: Receiving, tmp_path: Path, length: int
) -> None:
    sent = mr_object(tmp_path / "a.dcm", matrix=256)
    node = receiving()
    contexts = [
        build_context(MR_IMAGE, EXPLICIT_VR_LITTLE_ENDIAN),
        build_context(VERIFICATION, IMPLICIT_VR_LITTLE_ENDIAN),
    ]
    with associated(node, contexts, max_pdu=length) as association:
        assert association.send_c_echo().Status == 0
        assert association.send_c_store(pydicom.dcmread(sent)).Status == 0
    assert pydicom.dcmread(node.objects()[0]).PixelData == pydicom.dcmread(sent).PixelData


def test_an_asynchronous_window_without_limit(receiving: Receiving, tmp_path: Path) -> None:
    wanted = AsynchronousOperationsWindowNegotiation()
    wanted.maximum_number_operations_invoked = wanted.maximum_number_operations_performed = 0
    sent = mr_object(tmp_path / "a.dcm")
    node = receiving()
    contexts = [build_context(MR_IMAGE, EXPLICIT_VR_LITTLE_ENDIAN)]
    with associated(node, contexts, ext_neg=[wanted]) as association:
        assert association.acceptor.asynchronous_operations == (1, 1)
        assert association.send_c_store(pydicom.dcmread(sent)).Status == 0
    assert len(node.objects()) == 1


# --- one association per image ---


def test_an_examination_of_one_association_per_image_gets_one_verdict(
    tmp_path: Path, peer: Peer
) -> None:
    manifest = simulate(tmp_path / "examination", small=True)
    files = sorted((tmp_path / "examination").rglob("*.dcm"))
    with RunningNode(tmp_path / "node", STUDY__QUIET_PERIOD_S="5") as node:
        for file in files:
            subprocess.run(
                [peer("storescu"), "-aet", "MR_CONSOLE  ", HERE, str(node.port), str(file)],
                env={**os.environ, "TCP_NODELAY": "1"},
                timeout=60,
                check=True,
            )
        node.wait_for_verdict(manifest.study_instance_uid)
        opened = node.events("association.opened")
        assert len(node.archived()) == len(files)
        assert node.document(manifest.study_instance_uid)["verdict"] == "compliant"
    assert len(opened) == len(files)
    assert {e["peer"] for e in opened} == {"MR_CONSOLE"}
