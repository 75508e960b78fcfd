"""A whole node, queried and fetched from by other programs: DCMTK, Orthanc, dcmjs."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from ofsep_node.delivery import Peer, send_files, syntax_of
from ofsep_node.simulate import Manifest, simulate
from tests.acceptance import orthanc
from tests.node import RunningNode, run
from tests.phantom import mr_object
from tests.ports import free_port
from tests.reception_node import data_set, wait_until
from tests.retrieving import TITLE, Answer, find, get, move
from tests.scrape import Scrape
from tests.storescp import storescp

Program = Callable[[str], str]

MODEL = {**os.environ, "TCP_NODELAY": "1"}
SENDER = "MR_TEST"

CONFIGURATION = """
[reception]
peers = "{peers}"

[destinations.pacs]
type = "dicom"
ae_title = "{title}"
host = "127.0.0.1"
port = {port}
reports = ["sr"]
"""

PEERS = f"""
[[peer]]
ae_title = "{SENDER}"
addresses = ["127.0.0.1"]

[[peer]]
ae_title = "{TITLE}"
addresses = ["127.0.0.1"]
roles = ["echo", "query"]

[[peer]]
ae_title = "ORTHANC"
addresses = ["127.0.0.1"]
roles = ["echo", "query"]
"""


@contextlib.contextmanager
def running(tmp_path: Path, title: str, port: int) -> Iterator[RunningNode]:
    """A node that knows a destination of this name and port."""
    peers, config = tmp_path / "peers.toml", tmp_path / "node.toml"
    peers.write_text(PEERS, encoding="utf-8")
    config.write_text(CONFIGURATION.format(peers=peers, title=title, port=port), encoding="utf-8")
    with RunningNode(tmp_path / "node", "--config", str(config)) as node:
        yield node


def send(node: RunningNode, *files: Path) -> None:
    sender = Peer("127.0.0.1", node.port, "OFSEP_NODE", SENDER)
    assert all(a.stored for a in send_files(sender, {f: syntax_of(f) for f in files}))


def dcmtk(program: str, node: RunningNode, *arguments: str) -> subprocess.CompletedProcess[str]:
    """findscu, movescu or getscu in the Study Root."""
    return subprocess.run(
        [
            program,
            "-S",
            "-aet",
            TITLE,
            "-aec",
            "OFSEP_NODE",
            *arguments,
            "127.0.0.1",
            str(node.port),
        ],
        env=MODEL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def asking(keys: list[str]) -> list[str]:
    """Keys as DCMTK's options."""
    return [word for key in keys for word in ("-k", key)]


@pytest.fixture(scope="module")
def examination(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Manifest]:
    folder = tmp_path_factory.mktemp("examination")
    manifest = simulate(folder / "examination", small=True)
    return sorted(folder.rglob("*.dcm")), manifest


def test_dcmtk_finds_moves_and_gets_a_study_with_its_reports(
    tmp_path: Path, peer: Program, examination: tuple[list[Path], Manifest]
) -> None:
    files, manifest = examination
    study = f"StudyInstanceUID={manifest.study_instance_uid}"
    with (
        storescp(peer("storescp"), tmp_path / "pacs", "+B") as pacs,
        running(tmp_path, "PACS", pacs.port) as node,
    ):
        send(node, *files)
        node.wait_for_verdict(manifest.study_instance_uid, within_s=180)

        found = tmp_path / "found"
        found.mkdir()
        keys = ["QueryRetrieveLevel=SERIES", study, "SeriesInstanceUID", "Modality"]
        keys.append("NumberOfSeriesRelatedInstances")
        asked = dcmtk(peer("findscu"), node, *asking(keys), "-X", "-od", str(found))
        assert asked.returncode == 0, asked.stderr
        series = [pydicom.dcmread(path, force=True) for path in found.iterdir()]
        assert sum(int(s.NumberOfSeriesRelatedInstances) for s in series) == len(files) + 2
        assert {s.Modality for s in series} == {"MR", "SR", "DOC"}

        whole = asking(["QueryRetrieveLevel=STUDY", study])
        moved = dcmtk(peer("movescu"), node, "-aem", "PACS", *whole)
        assert moved.returncode == 0, moved.stderr
        got = tmp_path / "got"
        got.mkdir()
        fetched = dcmtk(peer("getscu"), node, "+B", "-od", str(got), *whole)
        assert fetched.returncode == 0, fetched.stderr
        archived = sorted(data_set(path) for path in node.archived())
        at_pacs = sorted(data_set(path) for path in pacs.folder.iterdir())
        at_viewer = sorted(data_set(path) for path in got.iterdir())
        done = [node.events("retrieve.started"), node.events("retrieve.done")]
        scrape = Scrape(node)
        wait_until(lambda: all(
            Scrape(node)("queries_total", operation=asked_for, outcome="answered") == 1
            for asked_for in ("find", "move", "get")
        ))  # fmt: skip
        shown = run("show", manifest.study_instance_uid, "--data", node.data, "--language", "fr")
    assert len(at_pacs) == len(files) + 2
    assert set(archived) <= set(at_pacs)
    assert at_viewer == at_pacs, "the reports too are the same bytes"
    assert [len(lines) for lines in done] == [2, 2]
    for line in done[1]:
        assert (line["peer"], line["study"]) == (TITLE, manifest.study_instance_uid)
        assert (line["sent"], line["failed"]) == (len(files) + 2, 0)
    counted = f"{len(files) + 2} objets sur {len(files) + 2}"
    lines = [line for line in shown.stdout.splitlines() if counted in line]
    assert [line.rpartition(",")[0] for line in lines] == [
        f"Envoyé à PACS pour {TITLE}\xa0: {counted}",
        f"Récupéré par {TITLE}\xa0: {counted}",
    ]
    given = scrape("objects_retrieved_total", operation="get", outcome="sent")
    assert given == len(files) + 2


NATIVE = {
    "+te": ExplicitVRLittleEndian,
    "+tb": ExplicitVRBigEndian,
    "+td": DeflatedExplicitVRLittleEndian,
}


def native(dcmconv: str, folder: Path) -> dict[str, Path]:
    """An image with a nested sequence in each native transfer syntax but the default, by SOP Instance UID."""
    made = {}
    for seed, (option, syntax) in enumerate(NATIVE.items()):
        path = mr_object(folder / f"{seed}.dcm", seed=seed)
        image, item, inner = pydicom.dcmread(path), Dataset(), Dataset()
        inner.CodeValue, inner.CodeMeaning = "113076", "Segmentation"
        item.DiffusionBValue, item.PurposeOfReferenceCodeSequence = 1000.5, [inner]
        image.ReferencedImageSequence = [item, Dataset()]
        image.RedPaletteColorLookupTableData = b"\1\0\2\0"
        image.save_as(path)
        subprocess.run([dcmconv, option, str(path), f"{path}.{seed}"], check=True)
        assert syntax_of(Path(f"{path}.{seed}")).transfer_syntax_uid == syntax
        made[str(image.SOPInstanceUID)] = Path(f"{path}.{seed}")
    return made


def test_a_destination_that_takes_only_the_default_transfer_syntax_has_the_same_values(
    tmp_path: Path, peer: Program
) -> None:
    images = native(peer("dcmconv"), tmp_path)
    study = str(pydicom.dcmread(tmp_path / "0.dcm").StudyInstanceUID)
    with (
        storescp(peer("storescp"), tmp_path / "pacs", "+xi") as pacs,
        running(tmp_path, "PACS", pacs.port) as node,
    ):
        send(node, *images.values())
        node.wait_for_verdict(study)
        moved = move(node.port, "PACS", "STUDY", StudyInstanceUID=study)
        at_pacs = [pydicom.dcmread(path) for path in pacs.folder.iterdir()]
    assert (moved.status, moved.counts) == (0, (len(images) + 2, 0, 0))
    assert {t.file_meta.TransferSyntaxUID for t in at_pacs} == {ImplicitVRLittleEndian}
    taken = {str(t.SOPInstanceUID): t for t in at_pacs if t.Modality == "MR"}
    assert taken.keys() == images.keys()
    for number, uid in enumerate(images):
        assert list(taken[uid]) == list(pydicom.dcmread(tmp_path / f"{number}.dcm"))


def test_a_peer_without_the_role_is_refused_and_nobody_has_it_by_default(
    tmp_path: Path, peer: Program
) -> None:
    keys = asking(["QueryRetrieveLevel=STUDY", "PatientID=*"])
    with running(tmp_path, "PACS", free_port()) as node:
        refused = subprocess.run(
            [peer("findscu"), "-S", "-aet", SENDER, *keys, "127.0.0.1", str(node.port)],
            capture_output=True,
            text=True,
            check=False,
        )
    with RunningNode(tmp_path / "open") as node:
        strangers = dcmtk(peer("findscu"), node, *keys)
    for asked in (refused, strangers):
        assert "No Acceptable Presentation Contexts" in asked.stderr


def test_orthanc_queries_and_retrieves(
    tmp_path: Path, peer: Program, examination: tuple[list[Path], Manifest]
) -> None:
    files, manifest = examination
    dicom, http = free_port(), free_port()
    folder = tmp_path / "orthanc"
    folder.mkdir()
    with running(tmp_path, "ORTHANC", dicom) as node:
        written = {
            "DicomAet": "ORTHANC",
            "DicomModalities": {"ofsep": ["OFSEP_NODE", "127.0.0.1", node.port]},
            "HttpPort": http,
            "AuthenticationEnabled": False,
            "DicomAlwaysAllowEcho": True,
            "DicomCheckModalityHost": False,
            "UnknownSopClassAccepted": True,
            "DicomAlwaysAllowStore": True,
        }
        with orthanc.started(peer("Orthanc"), folder, written, dicom):
            send(node, *files)
            node.wait_for_verdict(manifest.study_instance_uid, within_s=180)
            query = _ask(
                http,
                "/modalities/ofsep/query",
                {
                    "Level": "Study",
                    "Query": {"PatientID": "*", "StudyDate": "", "ModalitiesInStudy": ""},
                },
            )
            answers = _ask(http, f"/queries/{query['ID']}/answers")
            told = _ask(http, f"/queries/{query['ID']}/answers/0/content?simplify")
            _ask(
                http,
                f"/queries/{query['ID']}/retrieve",
                {"TargetAet": "ORTHANC", "Synchronous": True},
            )
            held = _ask(http, "/instances")
    assert answers == ["0"]
    assert told["StudyInstanceUID"] == manifest.study_instance_uid
    assert set(told["ModalitiesInStudy"].split("\\")) == {"MR", "SR", "DOC"}
    assert len(held) == len(files) + 2


def _ask(port: int, path: str, content: object = None) -> Any:
    """Orthanc's answer to a GET, or to a POST with content."""
    body = None if content is None else json.dumps(content)
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=120)) as http:
        http.request("GET" if body is None else "POST", path, body)
        answer = http.getresponse()
        assert answer.status == HTTPStatus.OK, answer.read()
        return json.load(answer)


def test_it_is_received_as_ever_while_others_fetch(tmp_path: Path) -> None:
    before = [mr_object(tmp_path / f"b{n}.dcm", seed=n) for n in range(40)]
    while_fetching = [mr_object(tmp_path / f"w{n}.dcm", seed=100 + n) for n in range(40)]
    study = str(pydicom.dcmread(before[0]).StudyInstanceUID)
    answers: list[Answer] = []

    def fetch(port: int) -> None:
        answers.extend(get(port, "STUDY", StudyInstanceUID=study) for _ in range(5))

    with running(tmp_path, "PACS", free_port()) as node:
        send(node, *before)
        node.wait_for_verdict(study)
        fetching = threading.Thread(target=fetch, args=(node.port,))
        fetching.start()
        told = len(node.events())
        send(node, *while_fetching)
        fetching.join(120)
        node.wait_for_verdict(study, after=told)
        found = find(node.port, "STUDY", StudyInstanceUID=study, NumberOfStudyRelatedInstances="")
        wait_until(lambda: Scrape(node)("studies_reopened_total") == 1)
    assert [answer.counts[1] for answer in answers] == [0] * 5
    assert found.values("NumberOfStudyRelatedInstances") == ["82"]


def dcmjs_asks(dcmjs: Path, script: str, **asked: object) -> list[dict[str, Any]]:
    run = subprocess.run(
        ["node", str(Path(__file__).parent / "dcmjs" / script), json.dumps(asked)],
        env={**os.environ, "NODE_PATH": str(dcmjs)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_dcmjs_finds_and_gets(tmp_path: Path, dcmjs: Path) -> None:
    image = mr_object(tmp_path / "a.dcm")
    head: Dataset = pydicom.dcmread(image)
    with running(tmp_path, "PACS", free_port()) as node:
        send(node, image)
        node.wait_for_verdict(str(head.StudyInstanceUID))
        told = dcmjs_asks(
            dcmjs,
            "fetch.js",
            port=node.port,
            calling=TITLE,
            called="OFSEP_NODE",
            study=str(head.StudyInstanceUID),
        )
    assert {"kind": "find", "name": "Test^Reception"} in told
    stored = [line["instance"] for line in told if line["kind"] == "store"]
    assert str(head.SOPInstanceUID) in stored
    assert {"kind": "get", "status": 0} in told
