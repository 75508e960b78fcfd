"""`ofsep-node send`: push files to a node or a PACS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track

from ofsep_node.audit import files_below
from ofsep_node.cli.destination import (
    CalledOption,
    CallingOption,
    HostOption,
    PortOption,
    TLSAuthorityOption,
    TLSCertificateOption,
    TLSKeyOption,
    TLSOption,
    destination,
)
from ofsep_node.cli.options import (
    ConfigOption,
    LanguageOption,
    QuietOption,
    mention_not_dicom,
    settings_from,
    spoken,
)
from ofsep_node.cli.words import colon, word
from ofsep_node.errors import NotDicom, PeerError, UnreadableInput

if TYPE_CHECKING:
    from ofsep_node.delivery import Answer, Syntax


def send(
    paths: Annotated[list[Path], typer.Argument(help="DICOM files and folders.", metavar="PATH…")],
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    called: CalledOption = None,
    calling: CallingOption = "OFSEP_SEND",
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
    peer = destination(
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
    stored = 0
    try:
        for answer in _until_it_fails(answers):
            stored += _told(answer, said_in)
    finally:  # also when it is interrupted
        typer.echo(word("stored", said_in).format(stored, len(files), peer))
    raise typer.Exit(0 if stored == len(files) else 1)


def _until_it_fails(answers: Iterable[Answer[Path]]) -> Iterator[Answer[Path]]:
    """The answers there are; then, when the peer is not there or goes away, why there are no more."""
    try:
        yield from answers
    except PeerError as error:
        typer.echo(f"ofsep-node: {error}", err=True)


def _told(answer: Answer[Path], language: str) -> bool:
    """Whether the file was stored; if not, it is said why."""
    if not answer.stored:
        status = "" if answer.status is None else f"status {answer.status:04X} "
        told = f"{word('not stored', language)}{colon(language)}{status}{answer.reason}"
        typer.echo(f"ofsep-node: {answer.of}: {told}", err=True)
    return answer.stored


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
