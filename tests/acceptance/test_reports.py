"""Reports of a real node, as other makes of software see them."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pydicom
import pypdfium2
import pytest
from highdicom.ko import KeyObjectSelectionDocument
from PIL import Image

from ofsep_node.delivery import send_files, syntax_of
from ofsep_node.records import Records
from ofsep_node.records.documents import from_json
from ofsep_node.reporting import Kind, Report
from ofsep_node.reporting.composite import FORMATS
from ofsep_node.reporting.gathering import context_of, recorded
from ofsep_node.reporting.making import report
from ofsep_node.simulate import simulate
from tests.acceptance import orthanc
from tests.node import RunningNode, run
from tests.ports import free_port
from tests.structured_report import as_told, read_back

Program = Callable[[str], str]
DICOM_KINDS = tuple(FORMATS)
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Made:
    """Reports that `ofsep-node report` made of a study, by kind, and what they are about."""

    study: str
    document: dict[str, Any]
    images: list[Path]
    files: dict[str, Path]


@pytest.fixture(scope="module", params=["siemens", "siemens-xa"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A brain examination with a FLAIR of 1.5 mm, classic and enhanced; its reports in French."""
    folder = tmp_path_factory.mktemp("reports")
    manifest = simulate(
        folder / "examination", vendor=request.param, faults=["flair-thick"], small=True
    )
    images = sorted((folder / "examination").rglob("*.dcm"))
    study = manifest.study_instance_uid
    with RunningNode(folder / "node") as node:
        sent = run("send", folder / "examination", "--port", str(node.port), "--quiet")
        assert sent.returncode == 0, sent.stderr
        node.wait_for_verdict(study, within_s=180)
        document = dict(node.document(study))
    files = {f"{kind}.dcm": folder / f"{kind}.dcm" for kind in DICOM_KINDS}
    for kind, made_one in _reports(folder / "node", study).items():
        files[f"{kind}.dcm"].write_bytes(made_one.content)
    files["provisional.dcm"] = folder / "provisional.dcm"
    files["provisional.dcm"].write_bytes(_provisional(folder / "node", study).content)
    files["bare.pdf"] = folder / "bare.pdf"
    by_hand = run(
        *("report", study, "--kind", "pdf", "--language", "fr"),
        *("--data", folder / "node", "--output", files["bare.pdf"]),
    )
    assert by_hand.returncode == 0, by_hand.stderr
    return Made(study, document, images, files)


def _reports(data: Path, study: str) -> dict[Kind, Report]:
    records = Records(f"sqlite:///{data / 'records.sqlite'}")
    with contextlib.closing(records), records.reading() as session:
        found = recorded(session, study)
    context = context_of(found, data / "archive", "fr", PARIS)
    return {kind: report(kind, found.verdict, context) for kind in DICOM_KINDS}


def _provisional(data: Path, study: str) -> Report:
    """In English, of a study that is received again after a report on it was told."""
    records = Records(f"sqlite:///{data / 'records.sqlite'}")
    with contextlib.closing(records), records.reading() as session:
        found = replace(recorded(session, study), predecessor="2.25.1")
    verdict = replace(found.verdict, state="receiving", version=found.verdict.version + 1)
    return report("sr", verdict, context_of(found, data / "archive", "en", PARIS))


@pytest.mark.parametrize("kind", [*DICOM_KINDS, "provisional"])
def test_dciodvfy_finds_no_error(made: Made, peer: Program, kind: str) -> None:
    checked = subprocess.run(
        [peer("dciodvfy"), str(made.files[f"{kind}.dcm"])],
        capture_output=True,
        text=True,
        check=False,
    )
    said = checked.stdout + checked.stderr
    names = {
        "sr": "ComprehensiveSR",
        "provisional": "ComprehensiveSR",
        "pdf": "EncapsulatedPDF",
        "sc": "SCImage",
    }
    assert names.get(kind, "KeyObjectSelectionDocument") in said
    assert "Error" not in said


@pytest.mark.parametrize("program", ["dsrdump", "dsr2html"])
@pytest.mark.parametrize("kind", ["sr", "ko"])
def test_dcmtk_reads_the_documents(made: Made, peer: Program, kind: str, program: str) -> None:
    shown = subprocess.run(
        [peer(program), str(made.files[f"{kind}.dcm"])], capture_output=True, check=False
    )
    assert shown.returncode == 0, shown.stderr.decode()
    assert not [line for line in shown.stderr.splitlines() if line.startswith((b"E:", b"F:"))]
    text = shown.stdout.decode("utf-8" if kind == "sr" else "latin-1", "replace")
    assert "LEF" in text
    if kind == "sr":
        assert "Conformité au protocole OFSEP" in text
        assert "Non conforme" in text


def test_the_structured_report_is_the_verdict(made: Made) -> None:
    dataset = pydicom.dcmread(made.files["sr.dcm"])
    assert read_back(dataset) == as_told(from_json(made.document), "fr")
    assert dataset.CompletionFlag == "COMPLETE"
    provisional = pydicom.dcmread(made.files["provisional.dcm"])
    assert provisional.CompletionFlag == "PARTIAL"
    (before,) = provisional.PredecessorDocumentsSequence
    assert (
        before.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        == "2.25.1"
    )


def test_the_key_objects_are_the_images_of_the_flair(made: Made) -> None:
    selection = KeyObjectSelectionDocument.from_dataset(pydicom.dcmread(made.files["ko.dcm"]))
    listed = {
        str(sop.ReferencedSOPInstanceUID)
        for study in selection.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for sop in series.ReferencedSOPSequence
    }
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in made.images]
    flair = {str(h.SOPInstanceUID) for h in headers if "FLAIR" in h.SeriesDescription.upper()}
    assert listed == flair != set()


def test_the_pdf_holds_the_verdict_in_french(made: Made) -> None:
    bare = made.files["bare.pdf"].read_bytes()
    encapsulated = pydicom.dcmread(made.files["pdf.dcm"])
    assert encapsulated.EncapsulatedDocument[: encapsulated.EncapsulatedDocumentLength] == bare
    document = pypdfium2.PdfDocument(bare)
    assert len(document) <= 2
    text = " ".join(document[0].get_textpage().get_text_bounded().split())
    assert "NON CONFORME" in text
    assert "Conformité au protocole OFSEP 2020" in text
    assert "Séquences 3D : résolution minimale = 1 mm³" in text
    shown = [o for o in document[0].get_objects() if isinstance(o, pypdfium2.PdfImage)]
    assert len(shown) == len(made.document["series"])


def test_orthanc_files_them_with_the_images_and_shows_them(
    made: Made, peer: Program, tmp_path: Path
) -> None:
    (configuration,) = orthanc.snippets(orthanc.PAGES[0], "json")
    files = [*made.images, *(made.files[f"{kind}.dcm"] for kind in DICOM_KINDS)]
    port = free_port()
    with orthanc.running(
        peer("Orthanc"), tmp_path / "pacs", json.loads(configuration), "", 1, http_port=port
    ) as pacs:
        answers = list(send_files(pacs, {file: syntax_of(file) for file in files}))
        assert all(answer.stored for answer in answers)
        pdf = _instance(port, made.files["pdf.dcm"])
        assert _get(port, f"/instances/{pdf}/pdf") == made.files["bare.pdf"].read_bytes()
        page = _instance(port, made.files["sc.dcm"])
        preview = Image.open(io.BytesIO(_get(port, f"/instances/{page}/preview")))
        tags = json.loads(_get(port, f"/instances/{page}/simplified-tags"))
        assert preview.size == (int(tags["Columns"]), int(tags["Rows"]))
        tree = json.loads(_get(port, f"/instances/{_instance(port, made.files['sr.dcm'])}/tags"))
        assert (
            tree["0040,a043"]["Value"][0]["0008,0104"]["Value"] == "Conformité au protocole OFSEP"
        )
        assert len(json.loads(_get(port, "/patients"))) == 1
        assert len(json.loads(_get(port, "/studies"))) == 1
        series = [json.loads(_get(port, f"/series/{s}")) for s in json.loads(_get(port, "/series"))]
        modalities = sorted(s["MainDicomTags"]["Modality"] for s in series)
        assert modalities == sorted([*["MR"] * (len(series) - 4), "DOC", "KO", "OT", "SR"])


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        content: bytes = answer.read()
        return content


def _instance(port: int, file: Path) -> str:
    """Orthanc's own name of an object."""
    uid = str(pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID)
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/tools/lookup", data=uid.encode(), method="POST"
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - ours
        (found,) = json.loads(answer.read())
    return str(found["ID"])


def test_a_study_without_failing_series_has_no_key_objects(tmp_path: Path) -> None:
    manifest = simulate(tmp_path / "examination", programme="reduced", small=True)
    with RunningNode(tmp_path / "node") as node:
        run("send", tmp_path / "examination", "--port", str(node.port), "--quiet")
        node.wait_for_verdict(manifest.study_instance_uid, within_s=180)
    refused = run(
        *("report", manifest.study_instance_uid, "--kind", "ko"),
        *("--data", tmp_path / "node", "--output", tmp_path / "ko.dcm"),
    )
    assert (refused.returncode, refused.stderr) == (
        2,
        "ofsep-node: no series fails: a list of key objects would be empty\n",
    )
    assert not (tmp_path / "ko.dcm").exists()
    unknown = run("report", "1.2.3", "--kind", "sr", "--data", tmp_path / "node")
    assert unknown.returncode == 2
    assert "no study in the records is called '1.2.3'" in unknown.stderr
    into = run(
        *("report", manifest.study_instance_uid, "--kind", "json"),
        *("--data", tmp_path / "node", "--output", tmp_path / "no" / "where.json"),
    )
    assert into.returncode == 2
    assert "cannot be written: No such file or directory" in into.stderr
    shown = run(
        *("report", manifest.study_instance_uid, "--kind", "json"),
        *("--data", tmp_path / "node"),
    )
    assert json.loads(shown.stdout)["study"]["study_instance_uid"] == manifest.study_instance_uid
    assert "Traceback" not in refused.stderr + unknown.stderr + into.stderr
