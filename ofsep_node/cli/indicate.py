"""`ofsep-node indicate`: why an examination was asked for."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from ofsep_node.cli.options import (
    ConfigOption,
    DataOption,
    Format,
    FormatOption,
    LanguageOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.reviewing import ByOption, open_review, person, tell_review
from ofsep_node.records import queries


def indicate(
    study: Annotated[
        str,
        typer.Argument(
            help="Study Instance UID, a start or an end of it, or a patient ID.", metavar="STUDY"
        ),
    ],
    indication: Annotated[
        str,
        typer.Argument(
            help="One of the edition's indications; `unknown` takes back what was said.",
            metavar="INDICATION",
        ),
    ],
    by: ByOption = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="How that is known.")] = "",
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Say why an examination was asked for, and judge it again at once.

    It decides the programme and the gadolinium. Who says so is recorded. The verdict that stood
    is kept. JSON is the new verdict's document.
    """
    settings = settings_from(config, data)
    who = person(by, reason)
    records, reviewing = open_review(settings)
    with contextlib.closing(records):
        with records.reading() as session:
            uid = queries.find_study(session, study)
        review = reviewing.indicate(uid, indication, who)
    said_in = spoken(language, settings)
    tell_review(review, said_in, as_json=format is Format.json)
