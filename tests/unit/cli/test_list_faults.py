from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ofsep_node.cli import app

SAID = CliRunner().invoke(app, ["simulate", "--list-faults"]).output


@pytest.mark.parametrize("fault", ["omniscan", "cord-hole", "t2-tilted", "dti-gap", "cord-first"])
def test_a_fault_can_be_made_with_the_options_that_are_listed(fault: str, tmp_path: Path) -> None:
    lines = SAID.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"{fault} "))
    needs, options = lines[at + 2].split(maxsplit=1)
    assert needs == "needs"
    made = CliRunner().invoke(
        app,
        [
            *("simulate", str(tmp_path / "exam"), "--small", "--quiet"),
            *("--fault", fault),
            *options.split(),
        ],
    )
    assert made.exit_code == 0, made.output


def test_a_fault_of_the_usual_examination_needs_nothing() -> None:
    lines = SAID.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("flair-thick "))
    assert "needs" not in lines[at + 2]
