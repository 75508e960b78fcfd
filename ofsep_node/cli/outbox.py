"""`ofsep-node outbox`: reports that are due, sent, or could not be delivered."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ofsep_node.cli import terminal
from ofsep_node.cli.entry_line import entry_line
from ofsep_node.cli.options import (
    ConfigOption,
    DataOption,
    Format,
    FormatOption,
    LanguageOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.reviewing import ByOption, person
from ofsep_node.cli.standard_output import write_json
from ofsep_node.cli.studies import open_records
from ofsep_node.cli.words import word
from ofsep_node.records import outbox, outbox_by_hand, queries
from ofsep_node.records.database import now
from ofsep_node.records.outbox_by_hand import Hand

app = typer.Typer(
    help="Reports on their way to destinations.", no_args_is_help=True, rich_markup_mode=None
)

Number = Annotated[int, typer.Argument(help="The report's number.", metavar="REPORT")]


@app.command("list")
def list_reports(
    study: Annotated[
        str | None, typer.Option(help="Of one study only, named as for show.", metavar="STUDY")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", "-a", help="Also those that are sent, cancelled or outdated.")
    ] = False,
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """List the reports that wait or failed. JSON is one line a report."""
    settings = settings_from(config, data)
    said_in = spoken(language, settings)
    with open_records(settings).reading() as session:
        uid = None if study is None else queries.find_study(session, study)
        found = outbox.entries(session, () if every else ("waiting", "failed"), uid)
    if format is Format.json:
        for entry in found:
            write_json(asdict(entry))
        return
    console = terminal.console(wrap=False)
    for entry in found:
        console.print(entry_line(entry, said_in))
    if not found:
        console.print(word("outbox empty", said_in))


@app.command()
def retry(
    report: Number,
    by: ByOption = None,
    data: DataOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Try a report again at once, as if it were new: one that waits, failed or was cancelled.

    Not one of a verdict that is outdated.
    """
    settings = settings_from(config, data)
    hand = Hand(person(by, "").by, settings.node.name)
    with open_records(settings).writing() as session:
        entry = outbox_by_hand.retry(session, report, now(session), hand)
    terminal.console(wrap=False).print(entry_line(entry, spoken(language, settings)))


@app.command()
def cancel(
    report: Number,
    by: ByOption = None,
    reason: Annotated[str, typer.Option(help="Why.", metavar="TEXT")] = "",
    data: DataOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Try a report no more: one that waits or failed."""
    settings = settings_from(config, data)
    who = person(by, reason)
    hand = Hand(who.by, settings.node.name, who.reason)
    with open_records(settings).writing() as session:
        entry = outbox_by_hand.cancel(session, report, now(session), hand)
    terminal.console(wrap=False).print(entry_line(entry, spoken(language, settings)))
