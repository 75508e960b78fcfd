"""`ofsep-node simulate`: an examination as a scanner writes it, with or without faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from ofsep_node.cli.options import (
    Format,
    FormatOption,
    LanguageOption,
    QuietOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.terminal import progress
from ofsep_node.cli.words import word
from ofsep_node.errors import SettingsError

if TYPE_CHECKING:
    from ofsep_node.simulate.request import Request

_EARLIEST_YEAR = 1900


def simulate(
    destination: Annotated[
        Path | None, typer.Argument(help="A new or an empty folder.", metavar="FOLDER")
    ] = None,
    vendor: Annotated[
        str,
        typer.Option(help="Whose scanner: siemens, siemens-xa, ge, philips, canon and others."),
    ] = "siemens",
    programme: Annotated[
        str, typer.Option(help="standard, reduced, cord or brain-cord.")
    ] = "standard",
    stations: Annotated[int, typer.Option(help="Acquisitions of the cord, 2 or 3.")] = 2,
    optional: Annotated[
        list[str] | None,
        typer.Option(help="An optional series by its key, or all; may be given several times."),
    ] = None,
    gadolinium: Annotated[
        bool, typer.Option("--gadolinium", help="Inject before the FLAIR; T1 after it.")
    ] = False,
    agent: Annotated[
        str | None, typer.Option(help="Which contrast agent; means --gadolinium.")
    ] = None,
    around: Annotated[
        bool, typer.Option("--around", help="The series that real life puts beside a protocol.")
    ] = False,
    indication: Annotated[
        str, typer.Option(help="An indication of the protocol, written as a request form would.")
    ] = "unknown",
    dummy_run: Annotated[
        bool, typer.Option("--dummy-run", help="De-identified, with a DICOMDIR.")
    ] = False,
    composed: Annotated[
        bool, typer.Option("--composed", help="A composed spine beside its stations.")
    ] = False,
    mixed: Annotated[
        bool, typer.Option("--mixed", help="Enhanced and classic objects in one study.")
    ] = False,
    fault: Annotated[
        list[str] | None, typer.Option(help="A named fault; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same objects.")] = 0,
    date: Annotated[
        datetime | None, typer.Option(help="Date of the examination.", formats=["%Y-%m-%d"])
    ] = None,
    small: Annotated[
        bool, typer.Option("--small", help="A core of each volume only: quick, covers no head.")
    ] = False,
    list_faults: Annotated[
        bool, typer.Option("--list-faults", help="Say which faults there are, and leave.")
    ] = False,
    output_format: FormatOption = Format.text,
    language: LanguageOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write a phantom examination of a fictitious patient.

    The whole of it is written, or nothing. Beside the folder, FOLDER.manifest.json says what each
    series is, and which rules must fail.
    """
    if list_faults:
        _list_faults(output_format)
        return
    if destination is None:
        raise SettingsError("simulate: name the folder to write to (or --list-faults)")
    if date and date.year < _EARLIEST_YEAR:
        raise SettingsError(
            f"simulate: --date {date.date()}: the patient must have been born by then; give a day of "
            f"{_EARLIEST_YEAR} or later"
        )
    from ofsep_node.simulate import simulate as write

    said_in = spoken(language, settings_from(None))
    with progress(quiet=quiet) as bar:
        manifest = write(
            destination,
            vendor=vendor,
            programme=programme,
            stations=stations,
            optional=tuple(optional or ()),
            gadolinium=agent or ("Dotarem" if gadolinium else ""),
            around=around,
            indication=indication,
            dummy_run=dummy_run,
            composed=composed,
            mixed=mixed,
            faults=fault or [],
            seed=seed,
            study_date=date.date() if date else None,
            small=small,
            progress=_told(bar, word("writing", said_in)),
        )
    if output_format is Format.json:
        typer.echo(manifest.to_json(), nl=False)
        return
    images = sum(s.images_sent for s in manifest.series)
    typer.echo(word("written", said_in).format(images, manifest.study_instance_uid, destination))


def _told(bar: Progress, doing: str) -> Callable[[int, int], None]:
    task = bar.add_task(doing)
    return lambda done, total: bar.update(task, completed=done, total=total)


def _list_faults(output_format: Format) -> None:
    from ofsep_node.simulate import FAULTS

    if output_format is Format.json:
        typer.echo(json.dumps([_described(n) for n in FAULTS], ensure_ascii=False, indent=2))
        return
    width = max(len(name) for name in FAULTS)
    for name, fault in FAULTS.items():
        rules = ", ".join((*fault.fails, *(f"{r} (undetermined)" for r in fault.undetermined)))
        typer.echo(f"{name:{width}}  {fault.label.en} / {fault.label.fr}")
        typer.echo(f"{'':{width}}  -> {rules or 'nothing: the node must not be misled'}")
        needed = _needed(fault.shown_in)
        if needed:
            typer.echo(f"{'':{width}}  needs {needed}")


def _needed(plain: Request) -> str:
    """The options of an examination in which a fault shows; empty for the usual one."""
    usual = type(plain)()
    options = [] if plain.vendor == usual.vendor else [f"--vendor {plain.vendor}"]
    options += [] if plain.programme == usual.programme else [f"--programme {plain.programme}"]
    options += [f"--optional {key}" for key in plain.optional]
    options += ["--gadolinium"] if plain.gadolinium else []
    options += [f"--indication {plain.indication}"] if plain.indication != "unknown" else []
    options += ["--dummy-run"] if plain.dummy_run else []
    return " ".join(options)


def _described(name: str) -> dict[str, object]:
    from ofsep_node.simulate import FAULTS, VENDORS

    fault = FAULTS[name]
    plain = fault.shown_in
    return {
        "name": name,
        "label": asdict(fault.label),
        "effect": fault.effect,
        "fails": fault.fails,
        "undetermined": fault.undetermined,
        "programme": plain.programme,
        "optional": plain.optional,
        "gadolinium": plain.gadolinium,
        "indication": plain.indication,
        "dummy_run": plain.dummy_run,
        "vendors": [vendor for vendor in VENDORS if fault.fits(vendor)],
    }
