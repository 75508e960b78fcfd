"""The pixels of an examination measured by the commands, offline and from the archive."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import generate_uid
from typer.testing import CliRunner

pytest.importorskip("nilearn")
pytest.importorskip("scipy")

from ofsep_node.cli import app
from ofsep_node.errors import ImagingUnavailable
from ofsep_node.imaging.template import bicallosal_normal
from tests.intake_node import IntakeNode
from tests.unit.imaging.scanner import STUDY, axial_t2, head, sagittal_t1

LIES = head(8, 3, -4, (5, -6, 8))


def inclined_as_the_callosum() -> float:
    """The tilt that follows the bi-callosal line of the head, in degrees."""
    _, y, z = bicallosal_normal(LIES)
    return float(np.degrees(np.arctan2(-y, z)))


@pytest.fixture(scope="module")
def examination(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examination")
    sagittal_t1(folder, LIES)
    axial_t2(folder, LIES, inclined_as_the_callosum(), number=2)
    axial_t2(folder, LIES, inclined_as_the_callosum() + 9, number=3)
    return folder


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def figures(document: dict[str, Any]) -> list[float]:
    return [
        f["measured"]
        for f in document["findings"]
        if f["rule"] == "bicallosal-plane" and f["series"] is not None
    ]


def test_check_measures_what_the_headers_cannot_show(examination: Path) -> None:
    done = run("check", str(examination), "--imaging", "--format", "json", "--quiet")
    document = json.loads(done.stdout)
    right, wrong = figures(document)
    assert right == pytest.approx(3, abs=2.5)  # the head leans by three degrees, the slices do not
    assert wrong == pytest.approx(9.5, abs=2.0)
    assert figures(json.loads(run("check", str(examination), "--format", "json").stdout)) == []


@pytest.fixture
def moved(tmp_path: Path, examination: Path) -> Path:
    """A further 3D T1, the better one but for its frame of reference: the patient had moved."""
    frame = str(generate_uid())
    for path in (examination / "t1").iterdir():
        image = dcmread(path)
        image.SeriesDescription, image.SeriesNumber = "3D T1 SAG sans gd", 1
        image.SeriesInstanceUID = image.FrameOfReferenceUID = frame
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        image.save_as(tmp_path / path.name, enforce_file_format=True)
    return tmp_path


def test_the_t1_that_lies_as_the_axial_series_do_is_registered(
    examination: Path, moved: Path
) -> None:
    done = run("check", str(examination), str(moved), "--imaging", "--format", "json", "--quiet")
    right, wrong = figures(json.loads(done.stdout))
    assert right == pytest.approx(3, abs=2.5)
    assert wrong == pytest.approx(9.5, abs=2.0)


def test_where_there_is_no_such_t1_it_is_said(examination: Path, moved: Path) -> None:
    axial = str(examination / "t2-2")
    done = run("check", axial, str(moved), "--imaging", "--format", "json", "--quiet")
    document = json.loads(done.stdout)
    assert figures(document) == [None]
    assert any(
        "different FrameOfReferenceUID" in f["message"]["en"] and f["outcome"] == "undetermined"
        for f in document["findings"]
        if f["rule"] == "bicallosal-plane" and f["series"]
    )


@pytest.fixture
def received(tmp_path: Path, examination: Path) -> Path:
    data = tmp_path / "data"
    node = IntakeNode(data, f"sqlite:///{data / 'records.sqlite'}")
    node.send(*(path.read_bytes() for path in sorted(examination.rglob("*.dcm"))))
    node.records.close()
    return data


def test_a_received_study_is_measured_and_judged_again(received: Path) -> None:
    done = run("imaging", STUDY, "--data", str(received), "--by", "Marie", "--format", "json")
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["cause"] == {"kind": "imaging", "by": "Marie", "reason": ""}
    assert len(figures(document)) == 2
    said = run("imaging", STUDY, "--data", str(received), "--by", "Marie").stdout
    assert "bicallosal-angle" in said
    assert "signal-to-noise" in said
    shown = json.loads(run("show", STUDY, "--data", str(received), "--format", "json").stdout)
    assert figures(shown) == figures(document)


def test_without_a_t1_there_is_no_angle(examination: Path) -> None:
    done = run("check", str(examination / "t2-2"), "--imaging", "--format", "json")
    assert "no 3D T1 of the brain" in done.stderr
    assert figures(json.loads(done.stdout)) == []


def test_without_the_extra_only_measuring_is_refused(
    examination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nilearn", None)
    done = run("check", str(examination / "t2-2"), "--imaging")
    assert isinstance(done.exception, ImagingUnavailable)
    assert "pip install 'ofsep-node[imaging]'" in str(done.exception)
    assert run("check", str(examination / "t2-2")).exit_code in (1, 3)
