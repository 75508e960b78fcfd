"""`ofsep-node nodes`: the nodes that share a database, and which of them are away."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from ofsep_node.cli import terminal
from ofsep_node.cli.options import (
    ConfigOption,
    DataOption,
    Format,
    FormatOption,
    LanguageOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.standard_output import write_json
from ofsep_node.cli.studies import open_records
from ofsep_node.cli.words import moment, word
from ofsep_node.domain.text import legible
from ofsep_node.records import nodes
from ofsep_node.records.database import now
from ofsep_node.records.nodes import NodeEntry

app = typer.Typer(
    help="The nodes that share the database.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_nodes(
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """List the nodes on this node's PostgreSQL. JSON is one line a node."""
    settings = settings_from(config, data)
    with open_records(settings).reading() as session:
        entries = nodes.entries(session)
    if format is Format.json:
        for entry in entries:
            write_json(asdict(entry))
        return
    console = terminal.console(wrap=False)
    for entry in entries:
        console.print(_line(entry, spoken(language, settings)))


@app.command()
def forget(
    name: Annotated[str, typer.Argument(help="A node that will not return.", metavar="NAME")],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Drop a node that is gone for good, with what its spool may still hold."""
    with open_records(settings_from(config, data)).writing() as session:
        nodes.forget(session, name, now(session))
    typer.echo(f"The node {name} is forgotten.")


def _line(entry: NodeEntry, language: str) -> Text:
    seen = moment(entry.seen_at, language, "%H:%M:%S")
    return Text.assemble(
        (
            f"{word(f'node {entry.state}', language):8}",
            "yellow" if entry.may_hold_objects else "bold",
        ),
        f"  {legible(entry.name)}  {word('on', language)} {legible(entry.host)}  {entry.version}  ",
        word("node seen", language).format(seen, entry.waiting),
    )
