"""Orthanc as the SCU of storage commitment: it asks by its REST interface, and is told."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pydicom
import pytest

from ofsep_node.delivery import Peer, send_files, syntax_of
from tests.acceptance import orthanc
from tests.node import RunningNode
from tests.phantom import mr_object
from tests.ports import free_port

Program = Callable[[str], str]
WITHIN_S = 60


@dataclass
class Orthanc:
    """Its REST interface."""

    port: int

    def ask(self, path: str, content: object = None) -> Any:
        """The answer to a GET, or to a POST with content."""
        body = None if content is None else json.dumps(content)
        with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as http:
            http.request("GET" if body is None else "POST", path, body)
            answer = http.getresponse()
            assert answer.status == HTTPStatus.OK, answer.read()
            return json.load(answer)

    def outcome(self, objects: list[dict[str, str]]) -> Any:
        """What Orthanc is told of objects that it asks the node about."""
        asked = self.ask("/modalities/ofsep/storage-commitment", {"DicomInstances": objects})
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            outcome = self.ask(asked["Path"])
            if outcome["Status"] != "Pending":
                return outcome
            time.sleep(0.2)
        raise AssertionError("Orthanc was told nothing")


@contextlib.contextmanager
def running(program: str, tmp_path: Path) -> Iterator[tuple[RunningNode, Orthanc]]:
    """A node and an Orthanc that know each other."""
    dicom, http = free_port(), free_port()
    peers = tmp_path / "peers.toml"
    peers.write_text(f'[[peer]]\nae_title = "ORTHANC"\naddresses = ["127.0.0.1"]\nport = {dicom}\n')
    folder = tmp_path / "orthanc"
    folder.mkdir()
    with RunningNode(tmp_path / "node", RECEPTION__PEERS=str(peers)) as node:
        modality = {"AET": "OFSEP_NODE", "Host": "127.0.0.1", "Port": node.port}
        written = {
            "DicomAet": "ORTHANC",
            "DicomModalities": {"ofsep": modality},
            "DicomAlwaysAllowEcho": True,
            "HttpPort": http,
            "AuthenticationEnabled": False,
        }
        with orthanc.started(program, folder, written, dicom):
            yield node, Orthanc(http)


@pytest.fixture
def pair(tmp_path: Path, peer: Program) -> Iterator[tuple[RunningNode, Orthanc]]:
    with running(peer("Orthanc"), tmp_path) as both:
        yield both


def test_orthanc_is_told_what_is_safe_and_what_is_not(
    tmp_path: Path, pair: tuple[RunningNode, Orthanc]
) -> None:
    node, pacs = pair
    image = mr_object(tmp_path / "a.dcm")
    sender = Peer("127.0.0.1", node.port, "OFSEP_NODE", "ORTHANC")
    assert all(answer.stored for answer in send_files(sender, {image: syntax_of(image)}))
    head = pydicom.dcmread(image, stop_before_pixels=True)
    kept = {"SOPClassUID": str(head.SOPClassUID), "SOPInstanceUID": str(head.SOPInstanceUID)}
    absent = {**kept, "SOPInstanceUID": "1.9.9"}
    all_safe = pacs.outcome([kept])
    in_part = pacs.outcome([kept, absent])
    assert (all_safe["Status"], all_safe["Success"], all_safe["Failures"]) == (
        "Success",
        [kept],
        [],
    )
    assert (in_part["Status"], in_part["Success"]) == ("Failure", [kept])
    (failure,) = in_part["Failures"]
    assert absent.items() <= failure.items(), failure
    assert failure["FailureReason"] == 0x0112, failure
    assert node.wait_for(lambda e: e["event"] == "commitment.reported")["peer"] == "ORTHANC"
