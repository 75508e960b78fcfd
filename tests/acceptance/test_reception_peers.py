"""Real senders against a real receiver."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pynetdicom import AE

from ofsep_node import spool
from ofsep_node.dicom.part10 import IMPLEMENTATION_CLASS_UID
from tests.phantom import mr_object
from tests.reception_node import RunningReceiver, data_set
from tests.upper_layer import MR_IMAGE, VERIFICATION

Receiving = Callable[..., RunningReceiver]
Peer = Callable[[str], str]

ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}


def run(*command: Any) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=ENVIRONMENT,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result


@pytest.mark.parametrize(
    ("proposed", "contexts"), [((), 1), (("--propose-ts", "38", "--propose-pc", "128"), 128)]
)
def test_dicom_ping(
    receiving: Receiving, peer: Peer, proposed: tuple[str, ...], contexts: int
) -> None:
    node = receiving()
    asked = run(peer("echoscu"), "-d", "-aet", "CONSOLE", *proposed, "127.0.0.1", node.port)
    output = asked.stdout + asked.stderr
    assert output.count("(Accepted)") == contexts
    assert "Received Echo Response (Success)" in output
    (released,) = node.events("association.released")
    assert released["objects"] == 0


@pytest.mark.parametrize("pdu", [4096, 16384, 131072])
def test_dcmsend_at_several_pdu_lengths(
    receiving: Receiving, peer: Peer, tmp_path: Path, pdu: int
) -> None:
    sent = [mr_object(tmp_path / f"{n}.dcm", seed=n, matrix=256) for n in range(3)]
    node = receiving()
    run(peer("dcmsend"), "--max-send-pdu", pdu, "127.0.0.1", node.port, *sent)
    assert [data_set(path) for path in node.objects()] == [data_set(path) for path in sent]
    assert node.closed()[0].objects == 3


@pytest.mark.parametrize("pdu", [4096, 1_048_576])
def test_our_own_pdu_length_is_what_the_sender_is_told(
    receiving: Receiving, peer: Peer, tmp_path: Path, pdu: int
) -> None:
    sent = mr_object(tmp_path / "a.dcm", matrix=512)
    node = receiving(maximum_pdu_length=pdu)
    run(peer("storescu"), "127.0.0.1", node.port, sent)
    assert [data_set(path) for path in node.objects()] == [data_set(sent)]


def test_the_head_of_a_stored_file(receiving: Receiving, peer: Peer, tmp_path: Path) -> None:
    sent = mr_object(tmp_path / "a.dcm")
    node = receiving()
    run(peer("storescu"), "-aet", "MR1", "-aec", "NODE", "127.0.0.1", node.port, sent)
    (stored,) = node.objects()
    meta = pydicom.dcmread(stored).file_meta
    original = pydicom.dcmread(sent)
    assert meta.MediaStorageSOPClassUID == original.SOPClassUID
    assert meta.MediaStorageSOPInstanceUID == original.SOPInstanceUID
    assert meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert meta.SourceApplicationEntityTitle == "MR1"
    assert meta.SendingApplicationEntityTitle == "MR1"
    assert meta.ReceivingApplicationEntityTitle == "NODE"
    run(peer("dcmdump"), "-q", stored)


COMPRESSED = {
    # storescu's proposal, how the file is made, transfer syntax
    "rle": ("-xr", ["dcmcrle"], "1.2.840.10008.1.2.5"),
    "jpeg-lossless": ("-xs", ["dcmcjpeg", "+e1"], "1.2.840.10008.1.2.4.70"),
    "jpeg-12": ("-xx", ["dcmcjpeg", "+ee"], "1.2.840.10008.1.2.4.51"),
    "jpeg-8": ("-xy", ["dcmcjpeg", "+eb"], "1.2.840.10008.1.2.4.50"),
    "jpeg-ls": ("-xt", ["dcmcjpls", "+el"], "1.2.840.10008.1.2.4.80"),
    "jpeg-ls-near": ("-xu", ["dcmcjpls", "+en"], "1.2.840.10008.1.2.4.81"),
    "deflated": ("-xd", ["dcmconv", "+td"], "1.2.840.10008.1.2.1.99"),
    "big-endian": ("-xb", ["dcmconv", "+tb"], "1.2.840.10008.1.2.2"),
    "implicit": ("-xi", ["dcmconv", "+ti"], "1.2.840.10008.1.2"),
    "explicit": ("-xe", ["dcmconv", "+te"], "1.2.840.10008.1.2.1"),
}


# dcmsend decides for itself how it sends what is not compressed.
SENT = [("storescu", name) for name in COMPRESSED] + [
    ("dcmsend", name) for name in COMPRESSED if name not in {"big-endian", "implicit"}
]


@pytest.mark.parametrize(("sender", "name"), SENT)
def test_transfer_syntaxes_are_kept_byte_for_byte(
    receiving: Receiving, peer: Peer, tmp_path: Path, sender: str, name: str
) -> None:
    option, (encoder, *arguments), syntax = COMPRESSED[name]
    proposal = ("-R", option) if sender == "storescu" else ("--decompress-never",)
    bits = 8 if name == "jpeg-8" else 12
    plain = mr_object(tmp_path / "plain.dcm", bits=bits)
    encoded = tmp_path / "encoded.dcm"
    run(peer(encoder), *arguments, plain, encoded)
    node = receiving()
    run(peer(sender), *proposal, "127.0.0.1", node.port, encoded)
    (stored,) = node.objects()
    assert pydicom.dcmread(stored).file_meta.TransferSyntaxUID == syntax
    if name == "deflated":  # DCMTK deflates again when it sends
        assert pydicom.dcmread(stored).PixelData == pydicom.dcmread(plain).PixelData
    else:
        assert data_set(stored) == data_set(encoded)


@pytest.mark.parametrize(
    ("option", "syntax"),
    [
        ("-xv", "1.2.840.10008.1.2.4.90"),
        ("-xw", "1.2.840.10008.1.2.4.91"),
        ("-xm", "1.2.840.10008.1.2.4.100"),
        ("-xh", "1.2.840.10008.1.2.4.101"),
        ("-xn", "1.2.840.10008.1.2.4.102"),
        ("-xl", "1.2.840.10008.1.2.4.103"),
        ("-x2", "1.2.840.10008.1.2.4.104"),
        ("-x3", "1.2.840.10008.1.2.4.105"),
        ("-xo", "1.2.840.10008.1.2.4.106"),
        ("-x4", "1.2.840.10008.1.2.4.107"),
        ("-x5", "1.2.840.10008.1.2.4.108"),
    ],
)
def test_syntaxes_that_dcmtk_can_propose_but_not_encode(
    receiving: Receiving, peer: Peer, tmp_path: Path, option: str, syntax: str
) -> None:
    # The pixels are no real video: neither the sender nor the receiver looks at them.
    image = pydicom.dcmread(mr_object(tmp_path / "plain.dcm", bits=8))
    image.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    image.PixelData = pydicom.encaps.encapsulate([bytes(range(256)) * 40])
    image["PixelData"].is_undefined_length = True
    encoded = tmp_path / "encoded.dcm"
    image.save_as(encoded)
    node = receiving()
    run(peer("storescu"), "-R", option, "127.0.0.1", node.port, encoded)
    (stored,) = node.objects()
    assert pydicom.dcmread(stored).file_meta.TransferSyntaxUID == syntax
    assert pydicom.dcmread(stored).PixelData == image.PixelData


def test_storescu_with_all_its_contexts_and_with_a_user_identity(
    receiving: Receiving, peer: Peer, tmp_path: Path
) -> None:
    sent = mr_object(tmp_path / "a.dcm")
    node = receiving()
    run(peer("storescu"), "+C", "-xe", "127.0.0.1", node.port, sent)
    run(peer("storescu"), "-usr", "me", "-pwd", "x", "-rsp", "127.0.0.1", node.port, sent)
    assert len(node.objects()) == 2


def test_pynetdicom_sends_and_pings(receiving: Receiving, tmp_path: Path) -> None:
    sent = mr_object(tmp_path / "a.dcm", matrix=300)
    node = receiving()
    entity = AE("PYNETDICOM")
    entity.add_requested_context(MR_IMAGE, pydicom.uid.ExplicitVRLittleEndian)
    entity.add_requested_context(VERIFICATION)
    association = entity.associate("127.0.0.1", node.port)
    assert association.is_established
    assert association.send_c_echo().Status == 0
    response = association.send_c_store(str(sent))
    association.release()
    assert response.Status == 0
    assert pydicom.dcmread(node.objects()[0]).PixelData == pydicom.dcmread(sent).PixelData


def test_a_peer_that_aborts(receiving: Receiving, peer: Peer, tmp_path: Path) -> None:
    node = receiving()
    run(peer("storescu"), "--abort", "127.0.0.1", node.port, mr_object(tmp_path / "a.dcm"))
    (end,) = node.closed()
    assert (end.outcome, end.objects) == ("aborted", 1)
    assert "aborted" in end.reason


def test_siemens_enhanced_and_philips_raw_objects(
    receiving: Receiving, peer: Peer, real_dicom: Path
) -> None:
    sent = [
        next(real_dicom.glob("siemens-xa30-enhanced/series-8/*.dcm")),
        next(real_dicom.glob("philips-raw-object/series-1301/*.dcm")),
    ]
    node = receiving()
    for path in sent:
        run(peer("storescu"), "-R", "-xe", "127.0.0.1", node.port, path)
    for path, stored in zip(sent, node.objects(), strict=True):
        assert pydicom.dcmread(stored) == pydicom.dcmread(path)


def test_many_senders_at_once_lose_and_mix_up_nothing(
    receiving: Receiving, peer: Peer, tmp_path: Path
) -> None:
    dcmsend = peer("dcmsend")
    folders = [tmp_path / f"scanner-{n}" for n in range(6)]
    for n, folder in enumerate(folders):
        folder.mkdir()
        for image in range(15):
            mr_object(folder / f"{image}.dcm", seed=100 * n + image, matrix=96)
    node = receiving()
    with ThreadPoolExecutor(len(folders)) as pool:
        list(
            pool.map(
                lambda folder: run(
                    dcmsend, "-aet", folder.name, "127.0.0.1", node.port, "+sd", folder
                ),
                folders,
            )
        )
    ends = node.closed()
    assert [end.objects for end in ends] == [15] * 6
    for association in spool.associations(node.spool):
        calling = spool.read_opened(node.spool, association).calling_ae_title
        sent = {data_set(path) for path in (tmp_path / calling).iterdir()}
        assert {data_set(path) for path in spool.stored_objects(node.spool, association)} == sent


def test_duplicates_sent_at_the_same_time_are_both_kept_whole(
    receiving: Receiving, peer: Peer, tmp_path: Path
) -> None:
    dcmsend, sent = peer("dcmsend"), mr_object(tmp_path / "a.dcm", matrix=512)
    node = receiving()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: run(dcmsend, "127.0.0.1", node.port, sent), range(4)))
    assert [data_set(path) for path in node.objects()] == [data_set(sent)] * 4


def test_a_sender_that_does_not_set_nodelay_is_not_slowed_down(
    receiving: Receiving, peer: Peer, tmp_path: Path
) -> None:
    """Compared with one that does, in turns, so that neither disk nor other work matters."""
    images = [mr_object(tmp_path / f"{n}.dcm", seed=n, matrix=200) for n in range(40)]
    delayed_acknowledgements_s = len(images) * 0.04

    def seconds(environment: dict[str, str]) -> float:
        node = receiving()
        command = [peer("dcmsend"), "127.0.0.1", str(node.port), *map(str, images)]
        subprocess.run(command, env=environment, check=True, timeout=300)
        (name,) = spool.associations(node.spool)
        (end,) = node.closed()
        assert end.objects == len(images)
        return _seconds(end.closed_at) - _seconds(spool.read_opened(node.spool, name).opened_at)

    without = {name: value for name, value in os.environ.items() if name != "TCP_NODELAY"}
    slower, reference = [], []
    for _ in range(5):
        slower.append(seconds(without))
        reference.append(seconds(ENVIRONMENT))
        if min(slower) < min(reference) + delayed_acknowledgements_s / 2:
            return
    pytest.fail(f"{slower} s instead of {reference} s")


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
