"""Orthanc as a PACS that forwards examinations by the rules of the how-to page, word for word."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from ofsep_node.delivery import Peer, send_files, syntax_of
from ofsep_node.simulate import Manifest, simulate
from tests.acceptance import orthanc
from tests.node import RunningNode, run
from tests.phantom import mr_object

Program = Callable[[str], str]

ENGLISH, FRENCH = orthanc.PAGES
RULES = {"each image": 0, "each stable study": 1}
"""Which of the page's rules is which."""


@pytest.fixture(scope="module")
def examination(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """The FLAIR of a small examination, with 1.5 mm slices, and nothing else of it."""
    whole, folder = (tmp_path_factory.mktemp(name) for name in ("whole", "examination"))
    manifest = simulate(whole / "examination", faults=["flair-thick"], small=True)
    for path in whole.rglob("*.dcm"):
        if "flair" in path.parent.name:
            path.rename(folder / path.name)
    return folder, manifest


def uids(files: list[Path]) -> set[str]:
    return {pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID for file in files}


def send(pacs: Peer, files: list[Path]) -> None:
    answers = list(send_files(pacs, {file: syntax_of(file) for file in files}))
    assert all(answer.stored for answer in answers)


@pytest.mark.parametrize("rule", RULES)
def test_what_orthanc_forwards_is_judged(
    tmp_path: Path, examination: tuple[Path, Manifest], peer: Program, rule: str
) -> None:
    folder, manifest = examination
    files = sorted(folder.rglob("*.dcm"))
    (configuration,) = orthanc.snippets(ENGLISH, "json")
    lua = orthanc.snippets(ENGLISH, "lua")[RULES[rule]]
    with (
        RunningNode(tmp_path / "node", STUDY__QUIET_PERIOD_S="5") as node,
        orthanc.running(
            peer("Orthanc"), tmp_path / "pacs", json.loads(configuration), lua, node.port
        ) as pacs,
    ):
        send(pacs, files)
        node.wait_for_verdict(manifest.study_instance_uid, within_s=180)
        live = dict(node.document(manifest.study_instance_uid))
        opened = node.events("association.opened")
        stored = uids(node.archived())
    assert stored == uids(files)
    assert {e["peer"] for e in opened} == {"ORTHANC"}
    assert rule == "each image" or len(opened) == 1
    offline = json.loads(run("check", folder, "--format", "json", "--quiet").stdout)
    assert live["verdict"] == "non_compliant"
    assert live.pop("version") == offline.pop("version")
    assert live == offline


@pytest.mark.parametrize("rule", RULES)
def test_what_is_not_mr_stays_in_orthanc(tmp_path: Path, peer: Program, rule: str) -> None:
    files = []
    for seed, modality in enumerate(("CT", "MR")):
        image = pydicom.dcmread(mr_object(tmp_path / f"{modality}.dcm", seed=seed))
        image.Modality = modality
        image.StudyInstanceUID = f"1.2.{seed}"
        image.SeriesInstanceUID = f"1.2.{seed}.1"
        image.save_as(tmp_path / f"{modality}.dcm")
        files.append(tmp_path / f"{modality}.dcm")
    (configuration,) = orthanc.snippets(ENGLISH, "json")
    lua = orthanc.snippets(ENGLISH, "lua")[RULES[rule]]
    with (
        RunningNode(tmp_path / "node") as node,
        orthanc.running(
            peer("Orthanc"), tmp_path / "pacs", json.loads(configuration), lua, node.port
        ) as pacs,
    ):
        send(pacs, files)
        node.wait_for_verdict("1.2.1")
        assert uids(node.archived()) == uids(files[1:])


def test_both_languages_give_the_same_rules() -> None:
    assert orthanc.snippets(ENGLISH, "lua") == orthanc.snippets(FRENCH, "lua")
    assert len(orthanc.snippets(ENGLISH, "lua")) == len(RULES)
