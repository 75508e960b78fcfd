"""`ofsep-node simulate`: an examination as a scanner writes it, with or without faults."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from ofsep_node.cli.options import QuietOption
from ofsep_node.errors import SettingsError


def simulate(
    destination: Annotated[
        Path | None, typer.Argument(help="A new or an empty folder.", metavar="FOLDER")
    ] = None,
    vendor: Annotated[str, typer.Option(help="Whose scanner.")] = "siemens",
    programme: Annotated[str, typer.Option(help="standard or reduced.")] = "standard",
    fault: Annotated[
        list[str] | None, typer.Option(help="A named fault; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same objects.")] = 0,
    date: Annotated[
        datetime | None, typer.Option(help="Date of the examination.", formats=["%Y-%m-%d"])
    ] = None,
    small: Annotated[
        bool, typer.Option("--small", help="A core of each volume only: quick, covers no head.")
    ] = False,
    list_faults: Annotated[
        bool, typer.Option("--list-faults", help="Say which faults there are, and leave.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Write a phantom examination of a fictitious patient, and its manifest.json."""
    if list_faults:
        _list_faults()
        return
    if destination is None:
        raise SettingsError("simulate: name the folder to write to (or --list-faults)")
    from ofsep_node.simulate import simulate as write

    console = Console(stderr=True)
    with Progress(
        console=console, transient=True, disable=quiet or not console.is_terminal
    ) as progress:
        task = progress.add_task("Writing")
        manifest = write(
            destination,
            vendor=vendor,
            programme=programme,
            faults=fault or [],
            seed=seed,
            study_date=date.date() if date else None,
            small=small,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    typer.echo(
        f"{len(manifest.files)} images of study {manifest.study_instance_uid}: {destination}"
    )


def _list_faults() -> None:
    from ofsep_node.simulate import FAULTS

    width = max(len(name) for name in FAULTS)
    for name, fault in FAULTS.items():
        typer.echo(f"{name:{width}}  {fault.label.en}")
