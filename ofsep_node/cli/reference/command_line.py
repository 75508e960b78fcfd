"""The page of the command line: what each command says of itself."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from typer.testing import CliRunner

HELP_WIDTH = 92


def command_line() -> str:
    """Every command that is not hidden, with its help."""
    from ofsep_node.cli import app

    parts = [
        "# Command line\n",
        (
            "Results go to standard output, logs and complaints to standard error. Every command\n"
            "exits with 2 when it cannot do what was asked, after one message that says why.\n"
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
    for command in app.registered_commands:
        if not command.hidden and command.callback is not None:
            yield (command.name or command.callback.__name__,)
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands if group.typer_instance else ():
            if command.callback is not None:
                yield (str(group.name), command.name or command.callback.__name__)


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
