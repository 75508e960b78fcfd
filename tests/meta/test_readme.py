"""The command lines of the README: each is one that the program takes, and does what is said."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from ofsep_node.cli import app
from ofsep_node.cli.later import Later
from tests.meta.project import ROOT
from tests.node import CLEAN, PROGRAM, RunningNode

README = (ROOT / "README.md").read_text(encoding="utf-8")
OURS = ".venv/bin/ofsep-node"
DCMTK = {"echoscu", "dcmsend"}


def lines() -> list[str]:
    """The lines of its blocks of commands, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    written = (shlex.split(line, comments=True) for line in "".join(blocks).splitlines())
    return [shlex.join(words) for words in written if words]


def inline() -> list[str]:
    """Whole commands in the middle of a sentence."""
    found = re.findall(r"`((?:make|ofsep-node) [^`]+)`", README)
    return [line for line in found if "ARGS" not in line]


def test_it_has_commands_of_every_kind() -> None:
    assert {line.split()[0] for line in lines()} == {"make", OURS, *DCMTK}


@pytest.mark.parametrize("line", [n for n in [*lines(), *inline()] if n.split()[0] == "make"])
def test_what_it_has_made_can_be_made(line: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {*line.split()[1:]} <= {*targets}


@pytest.mark.parametrize("arguments", re.findall(r'`make serve ARGS="([^`]*)"`', README))
def test_what_it_hands_to_make_is_taken(arguments: str) -> None:
    parsed("serve", *shlex.split(arguments))


@pytest.mark.parametrize("line", [n for n in lines() if n.startswith(OURS)])
def test_a_command_line_is_taken(line: str) -> None:
    parsed(*shlex.split(line)[1:])


@pytest.mark.parametrize("line", [n for n in inline() if n.startswith("ofsep-node")])
def test_a_command_that_is_spoken_of_is_there(line: str) -> None:
    command = get_command(app)
    for name in line.split()[1:]:
        assert isinstance(command, TyperGroup)
        command = command.commands[name]
        command = command.command() if isinstance(command, Later) else command


def parsed(*arguments: str) -> None:
    """Have the program read a command line, and do nothing. Raises what it would complain of."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    context = group.make_context("ofsep-node", list(arguments))
    name, command, rest = group.resolve_command(context, list(arguments))
    assert command is not None
    command.make_context(name, rest, parent=context)


SAYS = {
    "simulate": "437 images of study",
    "send": "437 of 437 files stored by OFSEP_NODE",
    "studies": "SIM-000000",
    "show": "Voxel 1 x 1 x 1.5 mm, expected at most 1 mm",
    "tail": "verdict: NOT COMPLIANT",
    "indicate": "indication unknown → relapse",
    "pin": "SIM-000000",
    "check": "NOT COMPLIANT",
}
"""What is seen of the examination that the README simulates, with one fault."""


@pytest.mark.slow
def test_the_first_study_is_received_and_told_of_as_it_says(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    with RunningNode(tmp_path / "data") as node:
        for line in (n for n in lines() if n.startswith(OURS)):
            command, *arguments = shlex.split(line)[1:]
            done = run_in(project, node, command, *arguments)
            assert SAYS[command] in done.stdout, (line, done.stdout, done.stderr)
            assert done.returncode == (1 if command == "check" else 0), done.stderr
            if command == "send":
                node.wait_for(lambda e: e["event"] == "study.verdict")
        document = run_in(project, node, "show", "SIM-000000", "--format", "json").stdout
        assert json.loads(document)["verdict"] == "non_compliant"


def run_in(
    folder: Path, node: RunningNode, command: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """A command of the README, asked of a node that is not the reader's."""
    given = ["../exams/thick" if a == "FOLDER" else a for a in arguments]
    settings = {"NODE__DATA": str(node.data), "RECEPTION__PORT": str(node.port)}
    return subprocess.run(
        [*PROGRAM, command, *given, *(["--no-follow"] if command == "tail" else [])],
        cwd=folder,
        env=CLEAN
        | {"PYTHONPATH": str(ROOT)}
        | {f"OFSEP_NODE_{name}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
