"""The page of the command line: what each command says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from ofsep_node.cli.later import Later

HELP_WIDTH = 92


def command_line() -> str:
    """Every command that is not hidden, with its help."""
    from ofsep_node.cli import app

    parts = [
        "# Command line\n",
        (
            "Results go to standard output, logs and complaints to standard error. Every command\n"
            "exits with 2 when it cannot do what was asked, after one message that says why; with\n"
            "130 when Ctrl-C stopped it, with 141 when nobody read its output to the end (`| head`).\n"
        ),
    ]
    for name in _commands(app):
        said = CliRunner().invoke(
            app, [*name, "--help"], prog_name="ofsep-node", terminal_width=HELP_WIDTH
        )
        title = " ".join(("ofsep-node", *name))
        parts.append(f"## {title}\n\n```text\n{_trimmed(said.output)}\n```\n")
    return "\n".join(parts)


def _commands(app: typer.Typer) -> Iterator[tuple[str, ...]]:
    for name, listed in _below(typer.main.get_command(app)):
        if isinstance(listed, Later) and not listed.hidden:
            below = [(name, sub) for sub, _ in _below(listed.command())]
            yield from below or ((name,),)


def _below(group: object) -> Iterable[tuple[str, object]]:
    return group.commands.items() if isinstance(group, TyperGroup) else ()


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
