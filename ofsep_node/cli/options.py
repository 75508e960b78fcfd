"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ofsep_node.cli.words import word
from ofsep_node.settings import Settings, load_settings

if TYPE_CHECKING:
    from ofsep_node.delivery import Peer


class Format(StrEnum):
    """How a result is written."""

    text = "text"
    json = "json"


class Language(StrEnum):
    """The languages the node speaks."""

    en = "en"
    fr = "fr"


ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration file (TOML).")
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="Folder of the node's spool, archive, records, log."
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="Text for people, or JSON.")]
LanguageOption = Annotated[
    Language | None, typer.Option("--language", help="Language of the text; the node's by default.")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress bar, nothing but the result.")
]


TLSOption = Annotated[
    bool, typer.Option("--tls", help="Over TLS, to the port for it; implied by the next three.")
]
TLSAuthorityOption = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca", metavar="FILE", help="Authorities to trust (PEM); this machine's by default."
    ),
]
TLSCertificateOption = Annotated[
    Path | None,
    typer.Option("--tls-certificate", metavar="FILE", help="Our own certificate (PEM)."),
]
TLSKeyOption = Annotated[
    Path | None,
    typer.Option("--tls-key", metavar="FILE", help="Its key (PEM), if it is in another file."),
]


def peer_from(
    settings: Settings,
    where: tuple[str, int | None, str | None, str],
    tls: tuple[bool, Path | None, Path | None, Path | None],
) -> Peer:
    """The peer that options name: host, port, called and calling title, then those of TLS.

    Raises SettingsError.
    """
    from ofsep_node.delivery import Peer, client_context

    host, port, called, calling = where
    _, authority, certificate, key = tls
    context = client_context(authority, certificate, key) if any(tls) else None
    reception = settings.reception
    default = reception.port if context is None else settings.tls.port
    return Peer(host, port or default, called or reception.ae_title, calling, context)


def settings_from(
    config: Path | None, data: Path | None = None, web_port: str | None = None, **reception: object
) -> Settings:
    """Settings with the flags given on top. Raises SettingsError."""
    flags: dict[str, dict[str, object]] = {
        "node": {} if data is None else {"data": data},
        "web": {} if web_port is None else {"port": web_port},
        "reception": {key: value for key, value in reception.items() if value is not None},
    }
    return load_settings(config, flags=flags)


def spoken(language: Language | None, settings: Settings) -> str:
    """The language asked for, else that of the settings."""
    return language.value if language else settings.node.language


def mention_not_dicom(paths: list[Path], quiet: bool, language: str) -> None:
    """Say which files beside the images were left."""
    if paths and not quiet:
        named = ", ".join(str(p) for p in paths[:3]) + (", …" if len(paths) > 3 else "")
        typer.echo(f"ofsep-node: {word('left out', language).format(len(paths), named)}", err=True)
