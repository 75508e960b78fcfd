"""`ofsep-node pin`: what a series is, where recognition is wrong or cannot tell."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
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
from ofsep_node.errors import CorrectionError
from ofsep_node.intake.review import PINNABLE
from ofsep_node.records.series import find_series


def pin(
    series: Annotated[
        str,
        typer.Argument(
            help="Series Instance UID, a start or an end of it, or STUDY/NUMBER.", metavar="SERIES"
        ),
    ],
    identity: Annotated[
        list[str],
        typer.Argument(
            help="What it is: organ, weighting, dimension, plane, gadolinium, role; "
            "an empty value takes back what was said.",
            metavar="ATTRIBUTE=VALUE…",
        ),
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="How that is known.")],
    by: ByOption = None,
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Say what a series is, and judge its examination again at once.

    Who says so is recorded, and what had been recognised stays in the evidence. The verdict that
    stood is kept. JSON is the new verdict's document.
    """
    said = parsed(identity)
    if not reason.strip():
        raise CorrectionError("--reason: say how that is known")
    settings = settings_from(config, data)
    who = person(by, reason)
    records, reviewing = open_review(settings)
    with contextlib.closing(records):
        with records.reading() as session:
            found = find_series(session, series)
        review = reviewing.pin(found, said, who)
    said_in = spoken(language, settings)
    tell_review(review, said_in, as_json=format is Format.json)


def parsed(identity: Sequence[str]) -> dict[str, str | None]:
    """`weighting=t2` as {"weighting": "t2"}, `weighting=` as None. Raises CorrectionError."""
    said: dict[str, str | None] = {}
    for word in identity:
        attribute, equals, value = word.partition("=")
        if not equals:
            known = ", ".join(PINNABLE)
            raise CorrectionError(f"{word!r}: write ATTRIBUTE=VALUE, where ATTRIBUTE is {known}")
        if attribute in said:
            raise CorrectionError(f"{attribute} is said twice")
        said[attribute] = value or None
    return said
