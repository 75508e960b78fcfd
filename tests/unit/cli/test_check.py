"""`ofsep-node check`: exit statuses, the verdict's JSON, and input that cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydantic import TypeAdapter

from ofsep_node.domain.verdict import Verdict
from ofsep_node.records.documents import from_json, to_json
from tests.unit.cli.conftest import Ran, Run

TOP = {
    "schema", "protocol", "study", "state", "version", "verdict", "requirements", "series",
    "findings",
}  # fmt: skip
PROTOCOL = {"name", "edition", "digest"}
STUDY = {"study_instance_uid", "patient_id", "study_date", "parts", "programme", "indication"}
REQUIREMENT = {"id", "level", "status", "series", "nearest"}
SERIES = {
    "series_instance_uid", "number", "description", "instances", "complete", "identity", "measured",
}  # fmt: skip
IDENTITY = {
    "organ", "weighting", "dimension", "plane", "gadolinium", "role", "confidence", "evidence",
}  # fmt: skip
MEASURED = {
    "field_t", "slice_thickness_mm", "spacing_mm", "gap_mm", "pixel_mm", "acquired_pixel_mm",
    "voxel_mm3", "echo_time_ms", "repetition_time_ms", "inversion_time_ms", "b_values",
    "directions", "extent_mm",
}  # fmt: skip
FINDING = {
    "rule", "sentence", "scope", "series", "outcome", "severity", "measured", "expected", "unit",
    "message", "quote",
}  # fmt: skip


def folder_of(examination: Path, words: str) -> Path:
    return next(p for p in sorted(examination.iterdir()) if words in p.name)


def image(examination: Path) -> Path:
    return next(iter(sorted(folder_of(examination, "flair").glob("*.dcm"))))


def document(ran: Ran) -> dict[str, Any]:
    (line,) = ran.out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def rewritten(path: Path, **changes: Any) -> None:
    """Change elements of an image; None takes one out."""
    dataset = pydicom.dcmread(path)
    for keyword, value in changes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path)


def test_a_compliant_examination(run: Run, written: Path) -> None:
    ran = run("check", written)
    assert (ran.status, ran.err) == (0, "")
    assert "COMPLIANT" in ran.out
    french = run("check", written, "--language", "fr")
    assert "CONFORME" in french.out
    assert "Séquence requise" in french.out
    assert run("check", written, "--quiet").err == ""


def test_what_is_not_for_a_terminal_has_no_blanks_at_the_ends_of_its_lines(
    run: Run, written: Path
) -> None:
    lines = run("check", written, "--all").out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_evidence_is_told_in_the_language_asked_for(run: Run, written: Path) -> None:
    assert "inversion that nulls fluid, FLAIR" in run("check", written, "--all").out
    french = run("check", written, "--all", "--language", "fr").out
    assert "inversion qui annule les liquides, FLAIR" in french
    assert "inversion that" not in french


def test_a_missing_sequence(run: Run, examination: Path) -> None:
    shutil.rmtree(folder_of(examination, "flair"))
    ran = run("check", examination)
    assert ran.status == 1
    assert "NOT COMPLIANT" in ran.out
    assert "3D FLAIR: missing" in ran.out
    assert "manquante" in run("check", examination, "--language", "fr").out


def test_a_header_that_does_not_say(run: Run, examination: Path) -> None:
    for path in folder_of(examination, "flair").glob("*.dcm"):
        rewritten(path, SliceThickness=None)
    ran = run("check", examination)
    assert ran.status == 3
    assert "UNDETERMINED" in ran.out


def test_the_worst_of_several_studies(run: Run, written: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(written, tmp_path / "other"))
    shutil.rmtree(folder_of(other, "flair"))
    for number, path in enumerate(other.glob("*/*.dcm")):
        rewritten(path, StudyInstanceUID="1.2.3.4", SOPInstanceUID=f"1.2.3.4.{number}")
    ran = run("check", written, other, "--format", "json")
    assert ran.status == 1
    verdicts = [json.loads(line)["verdict"] for line in ran.out.splitlines()]
    assert sorted(verdicts) == ["compliant", "non_compliant"]


def test_json_has_the_published_keys(run: Run, examination: Path) -> None:
    shutil.rmtree(folder_of(examination, "adc"))
    ran = run("check", examination, "--format", "json")
    assert ran.status == 1
    verdict = document(ran)
    assert set(verdict) >= TOP
    assert set(verdict["protocol"]) >= PROTOCOL
    assert set(verdict["study"]) >= STUDY
    for key, expected in (("requirements", REQUIREMENT), ("series", SERIES), ("findings", FINDING)):
        assert verdict[key]
        assert all(expected <= set(item) for item in verdict[key])
    for series in verdict["series"]:
        assert set(series["identity"]) >= IDENTITY
        assert set(series["measured"]) >= MEASURED
    assert all(set(f["message"]) == {"fr", "en"} for f in verdict["findings"])
    assert (verdict["schema"], verdict["state"], verdict["study"]["parts"]) == (
        1,
        "settled",
        ["brain"],
    )


def test_json_is_a_verdict_and_comes_back_the_same(run: Run, written: Path) -> None:
    found = document(run("check", written, "--format", "json"))
    verdict = TypeAdapter(Verdict).validate_python(found)
    assert verdict == from_json(found)
    assert to_json(verdict) == found
    assert json.loads(json.dumps(to_json(from_json(found)))) == found
    assert verdict.findings[0].message.fr


def test_the_indication_decides_the_programme(run: Run, examination: Path) -> None:
    shutil.rmtree(folder_of(examination, "t1"))
    assert run("check", examination).status == 1
    ran = run("check", examination, "--indication", "pml-follow-up", "--format", "json")
    assert (ran.status, document(ran)["study"]["programme"]) == (0, "reduced")
    unknown = run("check", examination, "--indication", "holiday")
    assert unknown.status == 2
    assert "--indication holiday: not one of unknown, first-diagnosis" in unknown.err


def test_a_site_file_changes_the_judgement(run: Run, examination: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(
        "site: Here\nrules:\n  voxel-3d:\n    reason: agreed\n    check: {edge_mm: 0.5, volume_mm3: 0.1}\n"
    )
    before = document(run("check", examination, "--format", "json"))
    ran = run("check", examination, "--site", site, "--format", "json")
    assert ran.status == 1
    assert document(ran)["protocol"]["digest"] != before["protocol"]["digest"]
    site.write_text("site: Here\nrules: {voxel-9d: {reason: agreed}}\n")
    wrong = run("check", examination, "--site", site)
    assert (wrong.status, f"{site}:2: rule voxel-9d is not in" in wrong.err) == (2, True)


def one_complaint(ran: Ran, *named: object) -> None:
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    for name in named:
        assert str(name) in ran.err


def test_input_that_cannot_be_used(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    one_complaint(run("check", tmp_path / "none"), tmp_path / "none", "no such file or folder")
    one_complaint(run("check", empty), empty, "holds no file")
    assert run("check").status == 2


@pytest.mark.parametrize("name", ["notes.txt", "image.dcm", "empty.dcm"])
def test_files_that_are_no_dicom(run: Run, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / name).write_text("" if name.startswith("empty") else "Dear colleague,\n" * 50)
    one_complaint(run("check", folder), folder, "no DICOM object could be read here")
    one_complaint(run("check", folder / name), folder / name, "no DICOM object could be read here")


def test_a_truncated_object_has_one_complaint(run: Run, examination: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.dcm"
    whole = next(folder_of(examination, "flair").iterdir()).read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    one_complaint(run("check", cut), cut, "send or copy it again")


def test_a_text_beside_the_images_changes_nothing(run: Run, examination: Path) -> None:
    (folder_of(examination, "flair") / "notes.dcm").write_text("Dear colleague,\n" * 50)
    ran = run("check", examination)
    assert ran.status == 0
    assert "not DICOM" in ran.err
    assert "1 file:" in ran.err


@pytest.mark.parametrize(("kept", "says"), [(0.5, "truncated"), (0.05, "")])
def test_a_truncated_object_is_named(run: Run, examination: Path, kept: float, says: str) -> None:
    path = image(examination)
    os.truncate(path, int(path.stat().st_size * kept))
    ran = run("check", examination, "--quiet")
    assert ran.status in {1, 2}
    assert ran.err.count("\n") == 1
    assert ran.err.startswith(f"ofsep-node: {path}: {says}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_is_named(run: Run, examination: Path) -> None:
    path = image(examination)
    path.chmod(0)
    ran = run("check", examination, "--quiet")
    assert ran.status in {1, 2}
    assert ran.err.startswith(f"ofsep-node: {path}: Permission denied")


def test_a_dicomdir_beside_the_images_is_left_out(run: Run, examination: Path) -> None:
    (examination / "DICOMDIR").write_bytes(bytes(128) + b"DICM" + b"directory")
    ran = run("check", examination)
    assert ran.status == 0
    assert "DICOMDIR" not in ran.err


def test_the_same_object_twice_counts_once(run: Run, examination: Path) -> None:
    path = image(examination)
    shutil.copy(path, path.with_name("copy.dcm"))
    other_meta = pydicom.dcmread(path)
    other_meta.file_meta.ImplementationVersionName = "ELSEWHERE"
    other_meta.save_as(path.with_name("sent.dcm"))
    once = document(run("check", examination, "--format", "json"))
    assert once["verdict"] == "compliant"
    assert {s["complete"] for s in once["series"]} == {True}


def test_another_content_under_the_same_uid_is_a_remark(run: Run, examination: Path) -> None:
    path = image(examination)
    copy = path.with_name("other.dcm")
    shutil.copy(path, copy)
    rewritten(copy, ImageComments="other")
    ran = run("check", examination)
    assert ran.status == 0
    assert "COMPLIANT WITH REMARKS" in ran.out
    assert "unique-instances" in ran.out


def test_as_a_program_results_and_complaints_are_apart(written: Path, tmp_path: Path) -> None:
    def program(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ofsep_node", *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )  # fmt: skip

    (tmp_path / "notes.txt").write_text("beside the images")
    good = program("check", str(written), "notes.txt", "--format", "json")
    assert (good.returncode, json.loads(good.stdout)["verdict"]) == (0, "compliant")
    assert good.stderr == "ofsep-node: left out, not DICOM: 1 file: notes.txt\n"
    bad = program("check", "none")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "ofsep-node: none: no such file or folder\n"
