"""`ofsep-node simulate`: what the options make, and what the command says."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

from ofsep_node.simulate import FAULTS, manifest_path
from tests.found import below
from tests.node import PROGRAM
from tests.unit.cli.conftest import Run


def test_options_reach_the_examination(run: Run, tmp_path: Path) -> None:
    ran = run(
        "simulate", tmp_path / "made", "--programme", "cord", "--stations", "3", "--agent",
        "gadovist", "--optional", "cord-stir", "--indication", "relapse", "--small",
        "--date", "2025-03-14", "--fault", "cord-thick",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    manifest = json.loads(manifest_path(tmp_path / "made").read_text(encoding="utf-8"))
    keys = [s["key"] for s in manifest["series"]]
    assert {"cord-t2-3", "cord-stir", "cord-t1-gd"} <= set(keys)
    assert manifest["injections"][0]["agent"] == "Gadovist"
    assert manifest["indication"] == "relapse"
    assert list(manifest["expected"]) == ["thickness-cord"]
    images = sum(s["images_sent"] for s in manifest["series"])
    assert ran.out.startswith(f"{images} images of study {manifest['study_instance_uid']}")


def test_the_manifest_on_stdout(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", tmp_path / "made", "--programme", "cord", "--small", "--format", "json")
    assert ran.out == manifest_path(tmp_path / "made").read_text(encoding="utf-8")


def test_faults_are_listed_in_both_languages_with_their_rules(run: Run) -> None:
    listed = run("simulate", "--list-faults").out
    assert "Coronal DWI / Diffusion en coupes coronales" in listed
    assert "field-strength (undetermined)" in listed
    assert "nothing: the node must not be misled" in listed


def test_faults_are_listed_for_programs(run: Run) -> None:
    listed = json.loads(run("simulate", "--list-faults", "--format", "json").out)
    assert [fault["name"] for fault in listed] == list(FAULTS)
    changing = next(fault for fault in listed if fault["name"] == "tr-changes")
    assert "siemens" in changing["vendors"]
    assert "siemens-xa" not in changing["vendors"]
    assert changing["label"]["fr"]


def test_a_wrong_choice_is_one_line(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", tmp_path / "made", "--stations", "5")
    assert ran.err == "ofsep-node: a cord has 2 or 3 stations, not 5\n"
    assert not (tmp_path / "made").exists()


def test_a_date_before_all_patients_is_one_line(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", tmp_path / "made", "--date", "0001-01-01", "--small")
    assert ran.err == (
        "ofsep-node: simulate: --date 0001-01-01: the patient must have been born by then; give a "
        "day of 1900 or later\n"
    )


def test_ctrl_c_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    writing = subprocess.Popen([*PROGRAM, "simulate", folder, "--quiet"], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not any(path.suffix == ".dcm" for path in below(tmp_path)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    writing.send_signal(signal.SIGINT)
    _, said = writing.communicate(timeout=60)
    assert writing.returncode == 130
    assert said == b"ofsep-node: interrupted\n"
    assert list(tmp_path.iterdir()) == []
