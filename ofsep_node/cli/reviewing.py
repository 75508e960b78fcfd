"""What the commands share that judge recorded studies again."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import typer
from rich.text import Text

from ofsep_node.cli import terminal
from ofsep_node.cli.changes import changes, judged_by, verdict_line
from ofsep_node.cli.standard_output import write_json
from ofsep_node.cli.studies import open_records
from ofsep_node.cli.words import word
from ofsep_node.domain.text import legible
from ofsep_node.errors import CorrectionError
from ofsep_node.intake.dispatch import Dispatch
from ofsep_node.intake.judging import Judging
from ofsep_node.intake.review import Person, Review, Reviewing
from ofsep_node.protocol import load_edition
from ofsep_node.records.database import Records
from ofsep_node.records.documents import from_json, to_json
from ofsep_node.settings import Settings

ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who says so; the login name by default.")
]


def open_review(settings: Settings) -> tuple[Records, Reviewing]:
    """The records, and what judges their studies by the settings' edition and site file.

    Raises RecordsError, EditionError.
    """
    edition = load_edition(settings.protocol.edition, settings.protocol.site)
    judging = Judging(
        edition,
        settings.node.language,
        timedelta(seconds=settings.study.quiet_period_s),
        settings.log.patient_id,
    )
    records = open_records(settings)
    dispatch = Dispatch(settings.routing, settings.delivery.provisional_after_s)
    return records, Reviewing(records, judging, settings.node.name, dispatch=dispatch)


def person(by: str | None, reason: str) -> Person:
    """Who asks, and why. Raises CorrectionError when nobody can be named."""
    name = (by if by is not None else _login_name()).strip()
    if not name:
        raise CorrectionError("--by: say who; the login name is not known")
    return Person(name, reason.strip())


def tell_review(review: Review, language: str, *, as_json: bool) -> None:
    """The verdict as it stands now, in one line, and below it what has changed; or its document."""
    warn_of_other_rules(review, language)
    if as_json:
        write_json(to_json(review.after))
        return
    console = terminal.console(wrap=False)
    for line in said_of(review, language):
        console.print(line)


def said_of(review: Review, language: str) -> Iterator[Text]:
    """The line of the verdict, and those of what has changed."""
    after = from_json(legible(to_json(review.after)))
    before = None if review.before is None else from_json(legible(to_json(review.before)))
    yield verdict_line(after, language)
    if review.changed:
        yield from changes(before, after, language)
    else:
        yield Text(f"    {word('unchanged', language)}", style="dim")


def warn_of_other_rules(review: Review, language: str) -> bool:
    """Whether the verdict before was judged by other rules than these; if so, it is told."""
    before, after = review.before, review.after
    if before is None or before.protocol.digest == after.protocol.digest:
        return False
    old, new = (legible(judged_by(verdict, language)) for verdict in (before, after))
    sys.stderr.write(f"ofsep-node: {word('other rules', language).format(old, new)}\n")
    return True


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return ""
