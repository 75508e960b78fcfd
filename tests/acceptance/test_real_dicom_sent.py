"""Real headers of many vendors, sent whole to a running node by a real sender."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from tests.node import RunningNode, dcmsend, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real-dicom-sent")]

Document = Mapping[str, Any]


class Sent:
    """What a node says of all real headers, and what they were."""

    def __init__(self, node: RunningNode, root: Path) -> None:
        self.root = root
        self.log = node.log.read_text(encoding="utf-8")
        self.events = node.events()
        listed = run("studies", "--data", node.data, "--format", "json").stdout.splitlines()
        self.studies = [json.loads(line) for line in listed]
        self.documents = {
            s["study_instance_uid"]: node.document(s["study_instance_uid"]) for s in self.studies
        }

    @cached_property
    def headers(self) -> dict[str, Any]:
        """The first header of each folder of series."""
        return {
            str(folder.relative_to(self.root)): dcmread(
                next(iter(sorted(folder.glob("*.dcm")))), stop_before_pixels=True
            )
            for folder in sorted(self.root.glob("*/series-*"))
        }

    def series(self, folder: str) -> Document:
        """The series of a folder in its study's verdict."""
        header = self.headers[folder]
        document = self.documents[header.StudyInstanceUID]
        found = [
            s for s in document["series"] if s["series_instance_uid"] == header.SeriesInstanceUID
        ]
        assert len(found) == 1
        return dict(found[0])

    def findings(self, folder: str) -> dict[str, Document]:
        """The findings on a folder's series, by rule."""
        header = self.headers[folder]
        document = self.documents[header.StudyInstanceUID]
        return {
            f["rule"]: f for f in document["findings"] if f["series"] == header.SeriesInstanceUID
        }


@pytest.fixture(scope="module")
def sent(
    real_dicom: Path, peer: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sent]:
    files = sorted(real_dicom.rglob("*.dcm"))
    # Long enough that no study settles while later ones still arrive.
    with RunningNode(tmp_path_factory.mktemp("real") / "node", STUDY__QUIET_PERIOD_S="3") as node:
        dcmsend(peer("dcmsend"), node.port, files, "-aet", "PACS")
        studies = {
            str(dcmread(f, specific_tags=["StudyInstanceUID"]).StudyInstanceUID) for f in files
        }
        for study in studies:
            node.wait_for_verdict(study, within_s=180)
        yield Sent(node, real_dicom)


def test_every_object_is_recorded(sent: Sent) -> None:
    files = len(list(sent.root.rglob("*.dcm")))
    assert sum(s["images"] for s in sent.studies) == files
    assert all(s["state"] == "settled" for s in sent.studies)
    assert not [e for e in sent.events if e["event"] in ("instance.unreadable", "instance.refused")]


def test_the_flair_of_four_images_is_incomplete(sent: Sent) -> None:
    series = sent.series("siemens-flair3d-part/series-4")
    assert series["identity"]["weighting"] == "flair"
    assert series["complete"] is False
    assert sent.findings("siemens-flair3d-part/series-4")["series-complete"]["outcome"] == "fail"


def test_the_mprage_of_two_millimetres_fails(sent: Sent) -> None:
    finding = sent.findings("siemens-xa30-enhanced/series-5")["voxel-3d"]
    assert (finding["outcome"], finding["severity"]) == ("fail", "error")
    assert finding["measured"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    "folder", ["siemens-mprage/series-5", "philips-mprage/series-1301", "uih-t1/series-2"]
)
def test_those_of_one_millimetre_pass(sent: Sent, folder: str) -> None:
    findings = sent.findings(folder)
    assert findings["voxel-3d"]["outcome"] == "pass"
    assert findings["no-gap-3d"]["outcome"] == "pass"
    identity = sent.series(folder)["identity"]
    assert (identity["organ"], identity["weighting"], identity["dimension"]) == (
        "brain",
        "t1",
        "3D",
    )


@pytest.mark.parametrize(
    "folder",
    [
        "siemens-xa30-enhanced/series-8",  # field map
        "siemens-xa30-enhanced/series-13",  # FA
        "siemens-xa30-enhanced/series-14",  # colour FA
        "siemens-xa30-enhanced/series-99",  # structured report
    ],
)
def test_what_the_protocol_does_not_speak_of_troubles_nobody(sent: Sent, folder: str) -> None:
    assert sent.findings(folder) == {}


def test_a_raw_object_spoils_no_series(sent: Sent) -> None:
    series = sent.series("philips-mprage/series-1301")  # the raw object has its UID
    assert series["instances"] == 171
    assert series["complete"] is True


def test_the_log_and_the_json_say_the_same(sent: Sent) -> None:
    for study, document in sent.documents.items():
        verdicts = [e for e in sent.events if e["event"] == "study.verdict" and e["study"] == study]
        assert verdicts[-1]["conclusion"] == document["verdict"]
        last: dict[tuple[str, Any, Any], str] = {}
        for event in sent.events:
            if event["event"].startswith("finding.") and event.get("study") == study:
                about = event["expected"] if not event.get("series") else None
                last[event["rule"], event.get("series"), str(about)] = event["event"]
        raised = {key for key, name in last.items() if name == "finding.raised"}
        standing = {
            (f["rule"], f["series"], str(None if f["series"] else f["expected"]))
            for f in document["findings"]
            if f["outcome"] in ("fail", "undetermined")
        }
        assert raised == standing


def test_no_patient_stands_in_the_log(sent: Sent) -> None:
    for header in sent.headers.values():
        for value in (header.get("PatientName"), header.get("PatientID")):
            name = str(value or "")
            if len(name) > 4 and not any(name in folder for folder in sent.headers):
                told = [
                    line
                    for line in sent.log.splitlines()
                    if name in line and name not in json.loads(line).get("description", "")
                ]
                assert not told, name
