"""`ofsep-node show`: one study's verdict."""

from __future__ import annotations

from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ofsep_node.cli import terminal
from ofsep_node.cli.changes import changes
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
from ofsep_node.cli.services import print_services
from ofsep_node.cli.standard_output import write_json
from ofsep_node.cli.studies import mention_away, open_records
from ofsep_node.cli.verdict import conclusion, report
from ofsep_node.cli.words import colon, counted, moment, word
from ofsep_node.domain.text import legible
from ofsep_node.domain.verdict import Verdict
from ofsep_node.errors import StudyNotFound, VersionNotFound
from ofsep_node.records import nodes, outbox, queries, retention
from ofsep_node.records.commitments import commitments_of
from ofsep_node.records.documents import from_json
from ofsep_node.records.queries import AssociationEntry, ConflictEntry, VerdictVersion
from ofsep_node.records.retention import Dropped
from ofsep_node.records.retrievals import retrievals_of
from ofsep_node.records.steps import steps_of


def show(
    study: Annotated[
        str,
        typer.Argument(
            help="Study Instance UID, a start or an end of it, or a patient ID.", metavar="STUDY"
        ),
    ],
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    history: Annotated[
        bool, typer.Option("--history", help="Every version, and what changed between them.")
    ] = False,
    compare: Annotated[
        tuple[int, int] | None,
        typer.Option(help="What changed from one version to another.", metavar="VERSION VERSION"),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", "-a", help="Also the checks that passed, and the evidence.")
    ] = False,
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Show a study's verdict.

    JSON is the verdict's document; one line a version with --history or --compare.
    """
    settings = settings_from(config, data)
    with open_records(settings).reading() as session:
        uid = queries.find_study(session, study)
        versions = queries.verdict_history(session, uid)
        associations = queries.associations(session, uid)
        conflicts = queries.conflicts(session, uid)
        reports = outbox.entries(session, study_instance_uid=uid)
        performed, asked = steps_of(session, uid), commitments_of(session, uid)
        fetched = retrievals_of(session, uid)
        dropped = retention.dropped(session, uid)
        absent = nodes.away(nodes.entries(session))
    mention_away(absent, spoken(language, settings))
    if not versions:
        raise StudyNotFound(f"study {uid} has been received and not judged yet: ask again")
    shown = [_called(versions, n) for n in compare] if compare else versions
    if format is Format.json:
        for version in shown if history or compare else versions[-1:]:
            write_json(version.document)
        return
    said_in = spoken(language, settings)
    console = terminal.console()
    if history or compare:
        _print_history(console, shown, said_in)
        return
    console.print(report(from_json(versions[-1].document), said_in, every=every))
    _print_origin(console, associations, conflicts, said_in)
    for entry in reports:
        console.print(entry_line(entry, said_in))
    print_services(console, performed, asked, fetched, said_in)
    if dropped is not None:
        console.print(_dropped(dropped, said_in))


def _dropped(dropped: Dropped, language: str) -> Text:
    because = word(dropped.because, language)
    at = moment(dropped.at, language, "%H:%M:%S")
    return Text(counted("images dropped", dropped.objects, language, at, because), "yellow")


def _called(versions: list[VerdictVersion], number: int) -> VerdictVersion:
    found = next((v for v in versions if v.version == number), None)
    if found is None:
        raise VersionNotFound(
            f"there is no version {number} of this verdict: versions run from "
            f"{versions[0].version} to {versions[-1].version}; --history shows them all"
        )
    return found


def _print_history(console: Console, versions: list[VerdictVersion], language: str) -> None:
    before: Verdict | None = None
    for version in versions:
        verdict = from_json(legible(version.document))
        console.print(
            Text.assemble(
                (f"{word('version', language)} {version.version}  ", "bold"),
                f"{moment(version.judged_at, language, '%H:%M:%S')}  ",
                conclusion(verdict.verdict, language),
                f"  {word(verdict.state, language)}{_because(verdict, language)}",
            )
        )
        for line in changes(before, verdict, language):
            console.print(line)
        before = verdict


def _because(verdict: Verdict, language: str) -> str:
    """Who made this version, and why, when it was not that images came."""
    cause = verdict.cause
    if cause is None:
        return ""
    who = word("operator", language).format(cause.by)
    return f"  {word(cause.kind, language)}, {who}" + (
        f"{colon(language)}{cause.reason}" if cause.reason else ""
    )


def _print_origin(
    console: Console,
    associations: list[AssociationEntry],
    conflicts: list[ConflictEntry],
    language: str,
) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in _ORIGIN:
        table.add_column(word(heading, language))
    for association in associations:
        table.add_row(
            legible(association.calling_ae_title),
            association.address,
            legible(
                association.implementation_version_name
                or association.implementation_class_uid
                or ""
            ),
            f"{association.opened_at.astimezone():%H:%M:%S}",
            word(association.outcome or "open", language),
            str(association.stored),
            str(association.duplicates),
        )
    console.print(table)
    for conflict in conflicts:
        said = f"{word('conflict', language)} {conflict.archived_as}"
        console.print(Text(f"{conflict.sop_instance_uid}{colon(language)}{said}", "yellow"))


_ORIGIN = (
    "received from",
    "address",
    "implementation",
    "opened",
    "end",
    "objects",
    "duplicates",
)
