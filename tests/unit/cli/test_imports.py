"""A command loads what it needs and no more: people wait for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from ofsep_node.cli import app
from ofsep_node.cli.later import Later
from ofsep_node.records.migration import upgrade

HEADERS = frozenset({"pydicom", "pynetdicom", "numpy", "csa_header"})
TABLES = frozenset({"sqlalchemy", "alembic", "psycopg"})
SERVERS = frozenset({"starlette", "uvicorn", "prometheus_client", "cryptography"})

RUN_AND_LIST = """
import sys
from ofsep_node.cli import run
try:
    run()
finally:
    print("loaded:", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def commands() -> Mapping[str, object]:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return group.commands


@pytest.fixture
def data(tmp_path: Path) -> Path:
    upgrade(f"sqlite:///{tmp_path / 'records.sqlite'}")
    log = tmp_path / "log" / "ofsep-node.jsonl"
    log.parent.mkdir()
    log.write_text('{"event": "node.stopped", "at": "2026-11-27T12:40:03+00:00"}\n')
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], HEADERS | TABLES | SERVERS | {"rich", "structlog", "pydantic", "yaml"}),
        (["--version"], HEADERS | TABLES | SERVERS | {"rich", "structlog", "pydantic", "yaml"}),
        (["tail", "--no-follow"], HEADERS | TABLES | SERVERS | {"yaml"}),
        (["studies"], HEADERS | SERVERS | {"alembic", "psycopg", "structlog", "yaml"}),
        (["show", "1.2.3"], HEADERS | SERVERS | {"alembic", "psycopg", "structlog", "yaml"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_does_not_load(
    arguments: list[str], unwanted: frozenset[str], data: Path
) -> None:
    of_a_node = [] if arguments[0].startswith("-") else ["--data", str(data)]
    ran = subprocess.run(
        [sys.executable, "-c", RUN_AND_LIST, *arguments, *of_a_node],
        capture_output=True,
        text=True,
        check=False,
    )
    (listed,) = (line for line in ran.stderr.splitlines() if line.startswith("loaded:"))
    loaded = set(listed.split())
    if "show" in arguments:
        assert "no study in the records is called '1.2.3'" in ran.stderr
    else:
        assert ran.returncode == 0, ran.stderr
    assert "ofsep_node" in loaded
    assert not loaded & unwanted


def test_the_list_says_of_each_command_what_the_command_says_of_itself() -> None:
    for name, listed in commands().items():
        assert isinstance(listed, Later)
        itself = listed.command()
        assert listed.hidden or listed.get_short_help_str(200) == itself.get_short_help_str(200), (
            name
        )


def test_a_command_that_is_not_there_is_named() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "ofsep_node", "studie"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "Did you mean 'studies'?" in ran.stderr
