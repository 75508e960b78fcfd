"""A small simulated examination, written once, and the command line run on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ofsep_node.cli import app
from ofsep_node.cli.ending import USAGE
from ofsep_node.errors import OfsepNodeError
from ofsep_node.simulate import simulate

DAY = date(2025, 3, 14)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command as `ofsep-node` does: `run("check", folder)`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: object) -> Ran:
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        if isinstance(result.exception, OfsepNodeError):
            return Ran(USAGE, result.stdout, f"ofsep-node: {result.exception}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return invoke


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small compliant examination. Read only."""
    folder = tmp_path_factory.mktemp("compliant")
    simulate(folder, study_date=DAY, small=True)
    return folder


@pytest.fixture
def examination(written: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(written, tmp_path / "examination"))
