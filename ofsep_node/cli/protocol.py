"""`ofsep-node protocol`: what is asked, how it is checked, and whether the files are right."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ofsep_node.cli import terminal
from ofsep_node.cli.options import (
    ConfigOption,
    Format,
    FormatOption,
    LanguageOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.standard_output import write_json
from ofsep_node.errors import SettingsError
from ofsep_node.settings import Settings

WIDEST = 100
"""Columns of a page that may be printed and pinned beside the console."""

app = typer.Typer(help="The protocol.", no_args_is_help=True, rich_markup_mode=None)

EditionOption = Annotated[
    str | None, typer.Option("--edition", help="Edition of the protocol: a name or a file.")
]
SiteOption = Annotated[
    Path | None, typer.Option("--site", help="Site file with adaptations.", metavar="FILE")
]


@app.callback()
def _protocol() -> None:
    """The protocol: what it asks, how it is checked."""


@app.command()
def show(
    programme: Annotated[
        str | None, typer.Option(help="Programme of the protocol; the usual one by default.")
    ] = None,
    edition: EditionOption = None,
    site: SiteOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """The protocol on one page: the sequences with their numbers, the field, gadolinium.

    Numbers that the site's file changes are marked.
    """
    from ofsep_node.cli.protocol_report import sheet_report
    from ofsep_node.protocol import load_edition
    from ofsep_node.protocol.sheet import sheet

    settings, name, adaptations = _chosen(config, edition, site)
    as_written, protocol = load_edition(name), load_edition(name, adaptations)
    known = sorted({p for r in protocol.requirements() for p in r.programmes})
    if programme is not None and programme not in known:
        raise SettingsError(f"--programme {programme}: not one of {', '.join(known)}")
    page = sheet(protocol, programme or protocol.programme, as_written)
    if format is Format.json:
        write_json(asdict(page))
        return
    _print(sheet_report(page, spoken(language, settings)))


@app.command()
def coverage(
    edition: EditionOption = None,
    site: SiteOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Every sentence of the protocol, in its order, and how it is checked."""
    from ofsep_node.cli.protocol_report import coverage_report
    from ofsep_node.protocol import load_edition
    from ofsep_node.protocol.coverage import coverage as covered

    settings, name, adaptations = _chosen(config, edition, site)
    found = covered(load_edition(name, adaptations))
    if format is Format.json:
        counts = {
            **{source: found.statuses(source) for source in ("ofsep", "node")},
            "severities": found.severities(),
        }
        write_json({**asdict(found), "counts": counts})
        return
    _print(coverage_report(found, spoken(language, settings)))


@app.command()
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Edition and site files; without any, those of the settings.", metavar="FILE…"
        ),
    ] = None,
    edition: EditionOption = None,
    config: ConfigOption = None,
) -> None:
    """Say what is wrong, or does nothing, in edition and site files.

    A site file is read over the edition of the settings, or the one named. Exit status: 0 clean,
    1 something was found, 2 usage.
    """
    from ofsep_node.protocol.lint import lint as faults_of
    from ofsep_node.protocol.loading import edition_path
    from ofsep_node.protocol.written import read

    _, name, adaptations = _chosen(config, edition, None)
    path = edition_path(name)
    paths = files or [path, *([adaptations] if adaptations else [])]
    faults = [fault for file in paths for fault in faults_of(file, lambda: read(path))]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if faults:
        raise typer.Exit(1)
    sys.stdout.write(f"Clean: {', '.join(map(str, paths))}\n")


@app.command()
def compare(
    before: Annotated[str, typer.Argument(help="An edition: a name or a file.", metavar="A")],
    after: Annotated[
        str | None, typer.Argument(help="Another one; A itself when left out.", metavar="B")
    ] = None,
    site_a: Annotated[
        Path | None, typer.Option(help="Site file over the first.", metavar="FILE")
    ] = None,
    site_b: Annotated[
        Path | None, typer.Option(help="Site file over the second.", metavar="FILE")
    ] = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Say what differs between two editions, or between an edition and a site's adaptation.

    Exit status: 0 nothing that could change a verdict, 1 something differs, 2 usage.
    """
    from ofsep_node.cli.protocol_report import comparison_report
    from ofsep_node.protocol import load_edition
    from ofsep_node.protocol.comparison import compare as differences_between

    settings = settings_from(config)
    differences = differences_between(
        load_edition(before, site_a), load_edition(after or before, site_b)
    )
    if format is Format.json:
        write_json([{"kind": d.kind, **asdict(d)} for d in differences])
    else:
        _print(comparison_report(differences, spoken(language, settings)))
    raise typer.Exit(1 if differences else 0)


def _chosen(
    config: Path | None, edition: str | None, site: Path | None
) -> tuple[Settings, str, Path | None]:
    settings = settings_from(config)
    protocol = settings.protocol
    return settings, edition or protocol.edition, site or protocol.site


def _print(what: Any) -> None:
    console = terminal.console()
    console.width = min(console.width, WIDEST)
    console.print(what)
