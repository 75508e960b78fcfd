"""`ofsep-node protocol`: what is asked, how it is checked, and whether the files are right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ofsep_node.protocol import load_edition
from ofsep_node.protocol.loading import CONFIG
from tests.unit.cli.conftest import Run

EDITION = load_edition("ofsep-2020")
EXAMPLE = CONFIG / "sites" / "example.yaml"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_names_every_sequence_of_the_programme(run: Run, language: str) -> None:
    ran = run("protocol", "show", "--language", language)
    assert ran.status == 0
    said = "".join(ran.out.split())
    for requirement in EDITION.requirements():
        label = requirement.label.message().in_language(language)
        assert "".join(label.split())[:12] in said
    assert ("1,5Tou3T" if language == "fr" else "1.5Tor3T") in said


def test_the_page_fits_beside_the_console(run: Run) -> None:
    for arguments in (["--language", "fr"], ["--site", EXAMPLE], ["--programme", "reduced"]):
        lines = run("protocol", "show", *arguments).out.splitlines()
        assert max(map(len, lines)) <= 100
        assert len(lines) <= 66  # as many as a sheet of A4 holds
        assert "\x1b" not in "".join(lines)


def test_the_page_marks_what_is_the_sites(run: Run) -> None:
    out = run("protocol", "show", "--site", EXAMPLE).out
    assert "Example hospital" in out.splitlines()[0]
    assert "slices ≤ 3.5 mm *" in out
    assert "* thickness-2d: thickness_mm 3.5 mm instead of 3 mm" in out
    assert "*" not in run("protocol", "show").out.replace("T2*", "")


def test_the_page_as_json(run: Run) -> None:
    page = json.loads(run("protocol", "show", "--format", "json", "--site", EXAMPLE).out)
    assert (page["programme"], page["site"]) == ("standard", "Example hospital")
    dwi = next(s for s in page["sequences"] if s["id"] == "brain.dwi")
    thickness = next(a for a in dwi["alternatives"][0]["asked"] if a["rule"] == "thickness-2d")
    assert thickness["words"] == {"fr": "coupes ≤ 3,5 mm", "en": "slices ≤ 3.5 mm"}
    assert thickness["adapted"]


def test_a_programme_that_is_not_there(run: Run) -> None:
    ran = run("protocol", "show", "--programme", "short")
    assert (ran.status, ran.out) == (2, "")
    assert "--programme short: not one of reduced, standard" in ran.err


def test_the_settings_name_edition_site_and_language(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text(f'[protocol]\nsite = "{EXAMPLE}"\n[node]\nlanguage = "fr"\n')
    out = run("protocol", "show", "--config", file).out
    assert "Example hospital" in out
    assert "coupes ≤ 3,5 mm *" in out


def test_a_page_in_french_is_french_throughout(run: Run) -> None:
    coverage = run("protocol", "coverage", "--language", "fr").out
    assert "Toutes les images d'un examen" in coverage
    assert not re.search(r"\w: |\bthe\b", coverage)
    difference = run("protocol", "compare", "ofsep-2020", "--site-b", EXAMPLE, "--language", "fr")
    assert re.search(r"in-plane-2d severity +erreur +remarque", difference.out)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_coverage_goes_through_every_sentence(run: Run, language: str) -> None:
    ran = run("protocol", "coverage", "--language", language)
    assert ran.status == 0
    for sentence in EDITION.sentences:
        assert f" {sentence.id} " in ran.out
    for _, rule in EDITION.rules():
        assert rule.id in ran.out
    assert f": {len([*EDITION.rules()])} (" in ran.out


def test_the_coverage_as_json(run: Run) -> None:
    found = json.loads(run("protocol", "coverage", "--format", "json").out)
    assert [s["sentence"] for s in found["sentences"]] == [s.id for s in EDITION.sentences]
    assert sum(found["counts"]["severities"].values()) == len([*EDITION.rules()])
    assert {*found["counts"]["ofsep"]} == {"checked", "manual", "not_in_dicom"}


def test_lint_without_files_reads_those_of_the_settings(run: Run, tmp_path: Path) -> None:
    ran = run("protocol", "lint")
    assert ran.status == 0
    assert ran.out == f"Clean: {CONFIG / 'protocols' / 'ofsep-2020.yaml'}\n"
    site = tmp_path / "site.yaml"
    site.write_text("site: Here\nrules:\n  voxel-3d: {reason: a}\n")
    file = tmp_path / "node.toml"
    file.write_text(f'[protocol]\nsite = "{site}"\n')
    ran = run("protocol", "lint", "--config", file)
    assert (ran.status, ran.out) == (1, f"{site}:3: rule voxel-3d: nothing is changed\n")


def test_lint_reads_every_file_that_is_named(run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("site: [\n")
    second.write_text("site: ' '\n")
    ran = run("protocol", "lint", first, EXAMPLE, second)
    assert ran.status == 1
    assert [line.split(":")[0] for line in ran.out.splitlines()] == [str(first), str(second)]
    assert run("protocol", "lint", EXAMPLE).out == f"Clean: {EXAMPLE}\n"


def test_lint_of_no_file_is_usage(run: Run, tmp_path: Path) -> None:
    ran = run("protocol", "lint", tmp_path / "none.yaml")
    assert (ran.status, ran.out) == (2, "")
    assert "none.yaml: no such file" in ran.err


def test_equal_editions(run: Run) -> None:
    ran = run("protocol", "compare", "ofsep-2020", "ofsep-2020")
    assert (ran.status, ran.out) == (0, "Nothing differs that could change a verdict.\n")
    ran = run("protocol", "compare", "ofsep-2020", "--format", "json")
    assert (ran.status, json.loads(ran.out)) == (0, [])


def test_an_edition_with_and_without_a_site(run: Run) -> None:
    ran = run("protocol", "compare", "ofsep-2020", "--site-b", EXAMPLE)
    assert ran.status == 1
    for words in ("thickness-2d", "3.5 mm", "Example hospital", "agreed with"):
        assert words in " ".join(ran.out.split())
    ran = run("protocol", "compare", "ofsep-2020", "--site-a", EXAMPLE, "--format", "json")
    assert ran.status == 1
    found = {(d["id"], d["field"]): d for d in json.loads(ran.out)}
    difference = found["thickness-2d", "check.thickness_mm"]
    assert (difference["before"], difference["after"], difference["kind"]) == (3.5, 3.0, "changed")


def test_two_editions(run: Run, tmp_path: Path) -> None:
    shipped = (CONFIG / "protocols" / "ofsep-2020.yaml").read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(shipped.replace("T2 sagittale", "T2 axiale", 1), encoding="utf-8")
    ran = run("protocol", "compare", "ofsep-2020", other)
    assert ran.status == 1
    assert "~ SQ-3 quote" in ran.out
    ran = run("protocol", "compare", "ofsep-2020", "ofsep-1999")
    assert (ran.status, ran.out) == (2, "")
    assert "ofsep-1999: no such protocol edition" in ran.err
