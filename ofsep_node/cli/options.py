"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ofsep_node.cli.words import counted, word
from ofsep_node.settings import Settings, load_settings


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
        files = counted("files", len(paths), language)
        typer.echo(f"ofsep-node: {word('left out', language).format(files, named)}", err=True)
