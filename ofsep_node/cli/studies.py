"""`ofsep-node studies`: what the node has received."""

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
from ofsep_node.cli.verdict import conclusion
from ofsep_node.cli.words import moment, word
from ofsep_node.domain.text import legible
from ofsep_node.errors import RecordsError
from ofsep_node.records import nodes, queries
from ofsep_node.records.database import Records
from ofsep_node.records.nodes import NodeEntry
from ofsep_node.records.queries import StudyEntry
from ofsep_node.records.revision import opened
from ofsep_node.settings import Settings


def studies(
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    limit: Annotated[
        int, typer.Option(help="How many, the newest first.", min=1, max=1_000_000)
    ] = 50,
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """List the studies received, the newest first. JSON is one line a study."""
    settings = settings_from(config, data)
    with open_records(settings).reading() as session:
        entries = queries.studies(session, limit=limit)
        absent = nodes.away(nodes.entries(session))
    mention_away(absent, spoken(language, settings))
    if format is Format.json:
        for entry in entries:
            write_json(asdict(entry))
        return
    said_in = spoken(language, settings)
    console = terminal.console(wrap=False)
    if not entries:
        console.print(word("none yet", said_in).format(settings.data), markup=False)
    for entry in entries:
        console.print(_lines(entry, said_in))


def open_records(settings: Settings) -> Records:
    """The node's records, with the schema this version works with. Raises RecordsError."""
    if not settings.records.url and not (settings.data / "records.sqlite").exists():
        raise RecordsError(
            f"{settings.data}: holds no records; name the folder the node was started with (--data)"
        )
    return opened(settings.records_url)


def mention_away(absent: list[NodeEntry], language: str) -> None:
    """Say on standard error which nodes may hold objects that nobody else can record."""
    for entry in absent:
        said = word(f"missing while {entry.state}", language)
        seen = moment(entry.seen_at, language, "%H:%M:%S")
        typer.echo(f"ofsep-node: {said.format(legible(entry.name), seen)}", err=True)


def _lines(entry: StudyEntry, language: str) -> Text:
    """Two lines: what a person looks for, and the UID to copy."""
    patient = legible(entry.patient_id or word("no_patient", language))
    series = word("series", language).lower() + (
        "s" if language == "fr" and entry.series > 1 else ""
    )
    counts = f"{entry.series} {series}, {entry.images} images"
    verdict = conclusion(entry.conclusion, language) if entry.conclusion else Text(" … ")
    return Text.assemble(
        verdict,
        f"  {moment(entry.last_received_at, language)}  {patient}  {counts}  ",
        f"{word('from', language)} {legible(', '.join(entry.peers))}  {word(entry.state, language)}",
        f"{_dropped(entry, language)}\n",
        (f"    {legible(entry.study_instance_uid)}", "dim"),
    )


def _dropped(entry: StudyEntry, language: str) -> str:
    """Since when there are no images of it here; nothing while there are some."""
    if entry.dropped_at is None or entry.archived_bytes:
        return ""
    said = word("without images", language)
    return f"  {said.format(moment(entry.dropped_at, language))}"
