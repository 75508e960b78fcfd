"""`ofsep-node check`: the same judge, offline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from ofsep_node import __version__
from ofsep_node.audit import Audit, files_below
from ofsep_node.cli import terminal
from ofsep_node.cli.imaging import measured_of
from ofsep_node.cli.options import (
    ConfigOption,
    Format,
    FormatOption,
    LanguageOption,
    QuietOption,
    mention_not_dicom,
    settings_from,
    spoken,
)
from ofsep_node.cli.standard_output import write_json
from ofsep_node.cli.words import word
from ofsep_node.domain.correction import Corrections
from ofsep_node.domain.study import Study
from ofsep_node.domain.verdict import Conclusion, Verdict
from ofsep_node.errors import SettingsError, UnreadableInput
from ofsep_node.imaging.installation import require
from ofsep_node.protocol import Edition, judge, load_edition

STATUS_OF: dict[Conclusion, int] = {
    "compliant": 0,
    "compliant_with_remarks": 0,
    "non_compliant": 1,
    "undetermined": 3,
}
UNREADABLE = 2
WORST_FIRST = (1, UNREADABLE, 3, 0)


def check(
    paths: Annotated[list[Path], typer.Argument(help="DICOM files and folders.", metavar="PATH…")],
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    indication: Annotated[
        str, typer.Option(help="Why the examination was asked for; decides the programme.")
    ] = "unknown",
    site: Annotated[
        Path | None, typer.Option(help="Site file with adaptations.", metavar="FILE")
    ] = None,
    edition: Annotated[
        str | None, typer.Option(help="Edition of the protocol: a name or a file.")
    ] = None,
    imaging: Annotated[
        bool,
        typer.Option("--imaging", help="Measure on the pixels, too. Needs the extra `imaging`."),
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", "-a", help="Also the checks that passed, and the evidence.")
    ] = False,
    language: LanguageOption = None,
    quiet: QuietOption = False,
    config: ConfigOption = None,
) -> None:
    """Judge examinations on disk.

    Exit status: 0 compliant (with or without remarks), 1 non-compliant, 2 usage or unreadable
    input, 3 undetermined. With several studies, the worst of them. JSON is one line a study.
    """
    if imaging:
        require()
    settings = settings_from(config)
    said_in = spoken(language, settings)
    protocol = load_edition(edition or settings.protocol.edition, site or settings.protocol.site)
    _known_indication(protocol, indication)
    audit = _audit(paths, quiet, said_in)
    indicated = Corrections.of_indication(indication, "ofsep-node check")
    verdicts = [_judged(s, protocol, indicated) for s in audit.studies()]
    if imaging:
        pairs = zip(audit.studies(), verdicts, strict=True)
        measured = [_measured(s, v, audit, protocol, said_in, quiet) for s, v in pairs]
        verdicts = [_judged(s, protocol, indicated) for s in measured]
    for message in audit.unreadable:
        typer.echo(f"ofsep-node: {message}", err=True)
    if not verdicts and audit.unreadable:  # what is wrong with each is said
        raise typer.Exit(UNREADABLE)
    if not verdicts:
        raise UnreadableInput(f"{', '.join(map(str, paths))}: no DICOM object could be read here")
    mention_not_dicom(audit.not_dicom, quiet, said_in)
    _write(verdicts, format, said_in, every)
    statuses = {STATUS_OF[v.verdict] for v in verdicts} | (
        {UNREADABLE} if audit.unreadable else {0}
    )
    raise typer.Exit(next(s for s in WORST_FIRST if s in statuses))


def _judged(study: Study, edition: Edition, corrections: Corrections) -> Verdict:
    return judge(
        study,
        edition,
        corrections=corrections,
        state="settled",
        version=1,
        software=__version__,
    )


def _measured(
    study: Study, verdict: Verdict, audit: Audit, edition: Edition, language: str, quiet: bool
) -> Study:
    found = measured_of(verdict, audit.files, edition, language, quiet=quiet).found
    return replace(study, imaging=found)


def _known_indication(edition: Edition, indication: str) -> None:
    known = ["unknown", *(i.id for i in edition.indications)]
    if indication not in known:
        raise SettingsError(f"--indication {indication}: not one of {', '.join(known)}")


def _audit(paths: list[Path], quiet: bool, language: str) -> Audit:
    audit, files = Audit(), files_below(paths)
    console = Console(stderr=True)
    shown = console.is_terminal and not quiet
    for file in track(
        files, word("reading", language), console=console, transient=True, disable=not shown
    ):
        audit.add(file)
    return audit


def _write(verdicts: list[Verdict], format: Format, language: str, every: bool) -> None:  # noqa: A002
    from ofsep_node.cli.verdict import report
    from ofsep_node.records.documents import to_json

    if format is Format.json:
        for verdict in verdicts:
            write_json(to_json(verdict))
        return
    console = terminal.console()
    for verdict in verdicts:
        console.print(report(verdict, language, every=every))
