"""The commands with which people correct recorded studies: indicate, pin, rejudge, show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ofsep_node.domain.typography import typeset
from ofsep_node.records import Records
from ofsep_node.records.queries import verdict_history
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.unit.cli.conftest import Run

STUDY = uid_of("study", 1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A node's folder with two settled studies."""
    folder = tmp_path / "data"
    node = IntakeNode(folder, f"sqlite:///{folder / 'records.sqlite'}")
    node.send(t1_slice(1), t1_slice(2, series=2), t1_slice(1, study=2))
    node.wait(61)
    node.records.close()
    return folder


def versions(data: Path) -> list[int]:
    records = Records(f"sqlite:///{data / 'records.sqlite'}")
    with records.reading() as session:
        found = [v.version for v in verdict_history(session, STUDY)]
    records.close()
    return found


def test_an_indication_is_told_with_what_it_changes(run: Run, data: Path) -> None:
    told = run("indicate", STUDY, "pml-follow-up", "--by", "Dr Roux", "--data", data)

    assert (told.status, told.err) == (0, "")
    assert "NOT COMPLIANT" in told.out
    assert f"{STUDY} · settled, version 2" in told.out
    assert "standard programme → reduced programme" in told.out
    shown = run("show", STUDY, "--data", data).out
    assert "quarterly PML follow-up (said by Dr Roux)" in shown


def test_a_pin_is_told_and_shown_with_who_why_and_what_was_recognised(run: Run, data: Path) -> None:
    told = run("pin", f"{STUDY}/2", "weighting=t2", "dimension=2D", "--by", "Marie",
               "--reason", "the console says so", "--data", data)  # fmt: skip
    assert told.status == 0
    assert "series 2 “3D T1 SAG”" in told.out

    shown = run("show", STUDY, "--data", data, "--language", "fr").out
    assert "Corrections" in shown
    assert typeset("pondération T2 (reconnu : pondération T1), selon Marie") in shown
    assert "the console says so" in shown
    history = run("show", STUDY, "--history", "--data", data).out
    assert "correction of a series, said by Marie: the console says so" in history


def test_the_login_name_says_it_where_nobody_is_named(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "mdurand")
    told = run("indicate", STUDY, "relapse", "--data", data, "--format", "json")

    verdict = json.loads(told.out)
    assert verdict["cause"] == {"kind": "indication", "by": "mdurand", "reason": ""}
    assert verdict["corrections"][0]["said"] == {"indication": "relapse"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("indicate", STUDY, "curiosity"), "'curiosity' is not one of first-diagnosis, "),
        (("indicate", "9.9", "relapse"), "no study in the records is called '9.9'"),
        (("indicate", STUDY, "relapse", "--by", " "), "--by: say who"),
        (("pin", f"{STUDY}/7", "organ=cord", "--reason", "r"), "has no series 7; it has: 1, 2"),
        (("pin", "9.9", "organ=cord", "--reason", "r"), "no series in the records is called '9.9'"),
        (("pin", f"{STUDY}/2", "organ", "--reason", "r"), "'organ': write ATTRIBUTE=VALUE"),
        (("pin", f"{STUDY}/2", "organ=knee", "--reason", "r"), "organ is one of brain, cord"),
        (("pin", f"{STUDY}/2", "colour=red", "--reason", "r"), "'colour' is not one of organ, "),
        (("pin", f"{STUDY}/2", "organ=cord", "organ=", "--reason", "r"), "organ is said twice"),
        (("pin", f"{STUDY}/2", "organ=cord", "--reason", " "), "--reason: say how"),
        (("rejudge",), "say which studies to judge again, or --all"),
        (
            ("rejudge", STUDY, "--all"),
            "--all means every study: name some, or give --all, not both",
        ),
    ],
)
def test_what_cannot_be_said_is_one_line(
    run: Run, data: Path, arguments: tuple[str, ...], message: str
) -> None:
    told = run(*arguments, "--data", data)

    assert (told.status, told.out) == (2, "")
    assert message in told.err
    assert len(told.err.splitlines()) == 1
    assert versions(data) == [1]


def test_an_ambiguous_series_lists_those_meant(run: Run, data: Path) -> None:
    told = run("pin", "1", "organ=cord", "--reason", "r", "--data", data)

    assert "'1' names several series, say which: " in told.err
    assert uid_of("series 1", 2) in told.err


SITE = "site: Rennes\nrules:\n  field-strength: {reason: our scanner, check: {fields_t: [7.0]}}\n"


def test_judging_again_tells_what_changed_and_counts(run: Run, data: Path, tmp_path: Path) -> None:
    same = run("rejudge", "--all", "--data", data)
    assert (same.status, same.out) == (0, "2 studies judged again, 0 verdicts changed.\n")
    site, config = tmp_path / "site.yaml", tmp_path / "node.toml"
    site.write_text(SITE)
    config.write_text(f'[protocol]\nsite = "{site}"\n')
    changed = run("rejudge", "--all", "--by", "Paul", "--data", data, "--config", config)

    assert changed.status == 0
    assert changed.out.count(" → ") >= 2
    assert "+ " in changed.out
    assert changed.out.endswith("2 studies judged again, 2 verdicts changed.\n")
    assert versions(data) == [1, 2]
    shown = run("show", STUDY, "--data", data).out
    assert "OFSEP 2020 · Rennes" in shown
    assert "adapted by Rennes: our scanner" in shown


def test_a_site_file_that_is_left_out_is_told_once(run: Run, data: Path, tmp_path: Path) -> None:
    site, config = tmp_path / "site.yaml", tmp_path / "node.toml"
    site.write_text(SITE)
    config.write_text(f'[protocol]\nsite = "{site}"\n')
    run("rejudge", "--all", "--data", data, "--config", config)
    told = run("rejudge", "--all", "--data", data)

    assert told.status == 0
    (warning,) = told.err.splitlines()
    assert "another edition or site file: OFSEP 2020, Rennes (" in warning
    assert "now OFSEP 2020, no site file (" in warning
    assert "--config" in warning
    assert run("rejudge", "--all", "--data", data).err == ""


def test_the_history_tells_other_rules_and_what_they_only_grade_anew(
    run: Run, data: Path, tmp_path: Path
) -> None:
    site, config = tmp_path / "site.yaml", tmp_path / "node.toml"
    lenient = "{reason: agreed, severity: warning}"
    site.write_text(f"site: Rennes\nrules: {{brain-required-sequences: {lenient}}}\n")
    config.write_text(f'[protocol]\nsite = "{site}"\n')
    changed = run("rejudge", STUDY, "--data", data, "--config", config, "--format", "json")
    regraded = json.loads(changed.out)["regraded"]
    assert {"rule": "brain-required-sequences", "series": None, "before": "error",
            "after": "warning"} in regraded  # fmt: skip

    history = run("show", STUDY, "--history", "--data", data).out
    _, second = history.split("version 2")
    rules, *others = second.splitlines()[1:]
    assert rules.startswith("    rules: OFSEP 2020, no site file (")
    assert " → OFSEP 2020, Rennes (" in rules
    assert [line for line in others if line.startswith("    + ")] == []
    assert sum(line.endswith(": error → warning") for line in others) == len(regraded)
    french = run("show", STUDY, "--history", "--data", data, "--language", "fr").out
    assert typeset("    règles : OFSEP 2020, sans fichier de site (") in french
    assert typeset(" : erreur → remarque") in french


def test_two_versions_are_held_against_each_other(run: Run, data: Path) -> None:
    for weighting in ("t2", "flair", "t2"):
        said = ("--reason", "seen", "--data", data)
        assert run("pin", f"{STUDY}/2", f"weighting={weighting}", *said).status == 0
    first, *changed = run("show", STUDY, "--compare", 1, 3, "--data", data).out.split("version ")[
        1:
    ]
    assert first.startswith("1 ")
    assert "2 “3D T1 SAG”" in changed[0]
    assert "→" in changed[0]
    assert changed[0].startswith("3 ")
    same = run("show", STUDY, "--compare", 4, 2, "--data", data).out.split("version ")[2]
    assert [line for line in same.splitlines()[1:] if line.strip()] == []
    lines = run("show", STUDY, "--compare", 3, 1, "--format", "json", "--data", data).out
    assert [json.loads(line)["version"] for line in lines.splitlines()] == [3, 1]


def test_a_version_that_there_is_not_is_named_with_those_there_are(run: Run, data: Path) -> None:
    told = run("show", STUDY, "--compare", 1, 7, "--data", data)
    assert told.status == 2
    assert "no version 7 of this verdict: versions run from 1 to 1" in told.err


def test_judging_again_as_json_is_one_line_a_changed_study(
    run: Run, data: Path, tmp_path: Path
) -> None:
    site, config = tmp_path / "site.yaml", tmp_path / "node.toml"
    site.write_text(SITE)
    config.write_text(f'[protocol]\nsite = "{site}"\n')
    told = run("rejudge", STUDY, "--data", data, "--config", config, "--format", "json")

    (line,) = map(json.loads, told.out.splitlines())
    assert line["study_instance_uid"] == STUDY
    assert (line["before"]["version"], line["after"]["version"]) == (1, 2)
    assert {"rule": "field-strength", "series": None} in line["raised"]


def test_required_sequences_come_first_and_what_is_offered_in_a_line(run: Run, data: Path) -> None:
    shown = run("show", STUDY, "--data", data).out

    assert shown.index("3D FLAIR") < shown.index("Optional, absent: ")
    assert "cord" not in shown.split("Optional, absent: ")[1].splitlines()[0]


def test_a_correction_by_other_rules_than_the_verdicts_says_so(
    run: Run, data: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("site: Here\nrules:\n  voxel-3d: {reason: agreed, severity: warning}\n")
    config = tmp_path / "node.toml"
    config.write_text(f'[protocol]\nsite = "{site}"\n')
    told = run("indicate", STUDY, "relapse", "--data", data, "--config", config)
    assert told.status == 0
    assert "another edition or site file" in told.err
    again = run("indicate", STUDY, "follow-up", "--data", data, "--config", config)
    assert again.err == ""
