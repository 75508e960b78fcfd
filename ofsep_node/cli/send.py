"""`ofsep-node send`: push files to a node or a PACS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track

from ofsep_node.audit import files_below
from ofsep_node.cli.options import (
    ConfigOption,
    LanguageOption,
    QuietOption,
    TLSAuthorityOption,
    TLSCertificateOption,
    TLSKeyOption,
    TLSOption,
    mention_not_dicom,
    peer_from,
    settings_from,
    spoken,
)
from ofsep_node.cli.words import colon, word
from ofsep_node.errors import NotDicom, UnreadableInput

if TYPE_CHECKING:
    from ofsep_node.delivery import Syntax


def send(
    paths: Annotated[list[Path], typer.Argument(help="DICOM files and folders.", metavar="PATH…")],
    host: Annotated[str, typer.Option(help="Where to.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port; the settings' by default.")] = None,
    called: Annotated[
        str | None, typer.Option(help="AE title called; the settings' by default.")
    ] = None,
    calling: Annotated[str, typer.Option(help="Our own AE title.")] = "OFSEP_SEND",
    tls: TLSOption = False,
    tls_ca: TLSAuthorityOption = None,
    tls_certificate: TLSCertificateOption = None,
    tls_key: TLSKeyOption = None,
    language: LanguageOption = None,
    quiet: QuietOption = False,
    config: ConfigOption = None,
) -> None:
    """Send DICOM files by C-STORE. Exit status: 0 all stored, 1 some were not."""
    from ofsep_node.delivery import send_files

    settings = settings_from(config)
    said_in = spoken(language, settings)
    peer = peer_from(
        settings, (host, port, called, calling), (tls, tls_ca, tls_certificate, tls_key)
    )
    files = _dicom_files(paths, quiet, said_in)
    console = Console(stderr=True)
    answers = track(
        send_files(peer, files),
        word("sending", said_in).format(peer),
        total=len(files),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    refused = 0
    for answer in answers:
        if not answer.stored:
            refused += 1
            status = "" if answer.status is None else f"status {answer.status:04X} "
            told = f"{word('not stored', said_in)}{colon(said_in)}{status}{answer.reason}"
            typer.echo(f"ofsep-node: {answer.path}: {told}", err=True)
    typer.echo(word("stored", said_in).format(len(files) - refused, len(files), peer))
    raise typer.Exit(1 if refused else 0)


def _dicom_files(paths: list[Path], quiet: bool, language: str) -> dict[Path, Syntax]:
    """The DICOM files below the paths; others are mentioned, and left."""
    from ofsep_node.delivery import syntax_of

    files, others = {}, []
    for path in files_below(paths):
        try:
            files[path] = syntax_of(path)
        except NotDicom:
            others.append(path)
    mention_not_dicom(others, quiet, language)
    if not files:
        raise UnreadableInput(f"{', '.join(map(str, paths))}: no DICOM file to send here")
    return files
