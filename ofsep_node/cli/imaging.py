"""`ofsep-node imaging`: what is measured on the pixels of a received study."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ofsep_node.cli import terminal
from ofsep_node.cli.options import (
    ConfigOption,
    DataOption,
    Format,
    FormatOption,
    LanguageOption,
    QuietOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.reviewing import ByOption, open_review, person, tell_review
from ofsep_node.cli.words import about, colon, moment, number, word
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Verdict
from ofsep_node.errors import ImagesDropped, StudyNotFound
from ofsep_node.imaging.installation import require
from ofsep_node.protocol import Edition, load_edition
from ofsep_node.protocol.checks.bicallosal_plane import BicallosalPlane
from ofsep_node.records import queries
from ofsep_node.records.archived import archived_files
from ofsep_node.records.database import Records
from ofsep_node.records.documents import UnreadableDocument, from_json
from ofsep_node.records.retention import dropped

if TYPE_CHECKING:
    from ofsep_node.imaging.measuring import Measured


def imaging(
    study: Annotated[
        str,
        typer.Argument(
            help="Study Instance UID, a start or an end of it, or a patient ID.", metavar="STUDY"
        ),
    ],
    by: ByOption = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is measured.")] = "",
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    quiet: QuietOption = False,
    config: ConfigOption = None,
) -> None:
    """Measure on the images of a study, and judge it again by what was found.

    The 3D T1 is registered to a template, which gives the angle of each axial 2D series to the
    bi-callosal plane; the signal to noise ratio is estimated for each original series. Needs the
    extra `imaging`. What cannot be measured is told on standard error, with the reason.
    """
    require()
    settings = settings_from(config, data)
    said_in = spoken(language, settings)
    who = person(by, reason)
    edition = load_edition(settings.protocol.edition, settings.protocol.site)
    records, reviewing = open_review(settings)
    with contextlib.closing(records):
        uid, verdict, files = _recorded(records, study, settings.archive)
        measured = measured_of(verdict, files, edition, said_in, quiet=quiet)
        if measured.found:
            review = reviewing.measured(uid, measured.found, who)
    as_json = format is Format.json
    if measured.found:
        if not as_json:
            tell_figures(measured, verdict, said_in)
        tell_review(review, said_in, as_json=as_json)
    raise typer.Exit(0 if measured.found else 1)


def measured_of(
    verdict: Verdict,
    files: Mapping[str, Sequence[Path]],
    edition: Edition,
    language: str,
    *,
    quiet: bool,
) -> Measured:
    """Measure, with a line that says what is under way; what was not measured is told at once."""
    from ofsep_node.imaging.measuring import measure

    console = Console(stderr=True)
    with (
        console.status("…") if console.is_terminal and not quiet else contextlib.nullcontext() as s
    ):
        measured = measure(verdict, files, _axial(edition), s.update if s else _unsaid)
    for refused in measured.refused:
        series = verdict.series_called(refused.series_instance_uid)
        what = f"{word(refused.quantity, language)} {word('not measured', language)}"
        reason = refused.reason.in_language(language)
        said = f"{about(series, language)}{what}{colon(language)}{reason}"
        typer.echo(f"ofsep-node: {said}", err=True)
    return measured


def _unsaid(_: str) -> None:
    """Nobody watches."""


def tell_figures(measured: Measured, verdict: Verdict, language: str) -> None:
    """A line for each figure, with the method by which it was made."""
    console = terminal.console(wrap=False)
    for one in measured.found:
        series = verdict.series_called(one.series_instance_uid)
        name = one.series_instance_uid if series is None else series.named(language)
        value = number(f"{one.value:+.1f}°" if one.unit == "deg" else f"{one.value:.1f}", language)
        what = f"{word(one.quantity, language)} {value}"
        console.print(f"{name}{colon(language)}{what} ({one.method})", markup=False)


def _axial(edition: Edition) -> Callable[[SeriesIdentity], bool]:
    """The series whose plane the edition asks for."""
    checks = [r.check for _, r in edition.rules() if isinstance(r.check, BicallosalPlane)]
    return lambda identity: any(check.series.accepts(identity) for check in checks)


def _recorded(
    records: Records, study: str, archive: Path
) -> tuple[str, Verdict, dict[str, list[Path]]]:
    with records.reading() as session:
        uid = queries.find_study(session, study)
        history = queries.verdict_history(session, uid)
        names, gone = archived_files(session, uid), dropped(session, uid)
    if gone is not None and not names:
        raise ImagesDropped(
            f"study {uid}: its images are no longer in the archive, they were dropped on "
            f"{moment(gone.at, 'en')}; send them again, and measure then"
        )
    try:
        verdict = from_json(history[-1].document) if history else None
    except UnreadableDocument:
        verdict = None
    if verdict is None:
        raise StudyNotFound(f"study {uid} has no verdict yet: ofsep-node rejudge {uid}")
    return uid, verdict, {s: [archive / n for n in found] for s, found in names.items()}
