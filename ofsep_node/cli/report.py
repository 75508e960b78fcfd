"""`ofsep-node report`: a report on a study, made by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ofsep_node.cli.options import (
    ConfigOption,
    DataOption,
    Language,
    LanguageOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.studies import open_records
from ofsep_node.errors import StudyNotFound, UnreadableInput
from ofsep_node.records import queries
from ofsep_node.records.documents import UnreadableDocument
from ofsep_node.reporting import Kind
from ofsep_node.settings import Settings


def report(
    study: Annotated[
        str,
        typer.Argument(
            help="Study Instance UID, a start or an end of it, or a patient ID.", metavar="STUDY"
        ),
    ],
    kind: Annotated[
        Kind,
        typer.Option(
            help="Structured report, PDF, its first page as an image, key objects, JSON or HTML."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where it goes; - or nothing: standard output. With --kind pdf a name in .pdf "
            "gets the PDF itself, every other the DICOM object that it is in.",
        ),
    ] = None,
    data: DataOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Make a report on a study's verdict as it stands, as it would be sent."""
    settings = settings_from(config, data)
    said_in = language or Language(spoken(None, settings))
    content = _content(study, kind, said_in, settings, bare=_wants_bare_pdf(kind, output))
    _write(content, output)


def _wants_bare_pdf(kind: Kind, output: Path | None) -> bool:
    return kind == "pdf" and output is not None and output.suffix.lower() == ".pdf"


def _content(
    study: str, kind: Kind, language: Language, settings: Settings, *, bare: bool
) -> bytes:
    from ofsep_node.reporting.encapsulated import pdf_in
    from ofsep_node.reporting.gathering import context_of, recorded
    from ofsep_node.reporting.making import report as make

    with open_records(settings).reading() as session:
        uid = queries.find_study(session, study)
        try:
            found = recorded(session, uid)
        except UnreadableDocument as error:
            raise StudyNotFound(
                f"study {uid}: {error}; judge it again: ofsep-node rejudge {uid}"
            ) from None
    pictures = kind in {"pdf", "sc", "html"}
    context = context_of(found, settings.archive, language.value, settings.zone, pictures=pictures)
    made = make(kind, found.verdict, context).content
    return pdf_in(made) if bare else made


def _write(content: bytes, output: Path | None) -> None:
    if output is None or str(output) == "-":
        if sys.stdout.isatty() and b"\0" in content:
            raise UnreadableInput("the report is no text: name a file with --output")
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise UnreadableInput(f"{output}: cannot be written: {error.strerror}") from None
