"""`ofsep-node config check`: right, or one message for each thing that is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

SHIPPED = Path(__file__).parents[3] / "config" / "node.toml"


def test_the_shipped_file_is_good(run: Run) -> None:
    ran = run("config", "check", SHIPPED)
    assert ran.status == 0
    assert ran.out.startswith("Good: AE title OFSEP_NODE on 0.0.0.0 port 11112")
    assert run("config", "check", "--config", SHIPPED).out == ran.out
    assert run("config", "check").status == 0


def test_the_password_of_the_database_is_not_shown(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text('[records]\nurl = "postgresql+psycopg://me:hush@localhost/ofsep"\n')
    ran = run("config", "check", file)
    assert ran.status == 0
    assert "hush" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[reception]\nprt = 1\n", "node.toml:2: reception.prt: no such setting"),
        ("node = 3\n", "node.toml:1: node: "),
        ('[protocol]\nedition = "ofsep-1999"\n', "ofsep-1999: no such protocol edition"),
        (
            '[protocol]\nsite = "none.yaml"\n',
            "none.yaml: cannot read the edition or site file: No such file",
        ),
        ('[node]\ndata = "node.toml"\n', "node.toml: is a file, where [node] data needs a folder"),
        ('[records]\nurl = "nonsense"\n', "not a database URL"),
    ],
)
def test_what_is_wrong(run: Run, tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "node.toml"
    file.write_text(text)
    ran = run("config", "check", file)
    assert (ran.status, ran.out) == (2, "")
    assert says in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to every folder")
def test_a_folder_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    file = tmp_path / "node.toml"
    file.write_text(f'[node]\ndata = "{closed}"\n')
    ran = run("config", "check", file)
    assert ran.status == 2
    assert "cannot be written by this user" in ran.err
