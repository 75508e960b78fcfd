"""`ofsep-node rejudge`: recorded studies judged again by the edition and site file of today."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.text import Text

from ofsep_node.cli import terminal
from ofsep_node.cli.changes import changes
from ofsep_node.cli.options import (
    ConfigOption,
    DataOption,
    Format,
    FormatOption,
    LanguageOption,
    QuietOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.reviewing import ByOption, open_review, person, warn_of_other_rules
from ofsep_node.cli.standard_output import write_json
from ofsep_node.cli.verdict import conclusion
from ofsep_node.cli.words import counted, word
from ofsep_node.domain.text import legible
from ofsep_node.domain.verdict import finding_changes
from ofsep_node.errors import CorrectionError, JudgingFailed
from ofsep_node.intake.review import Review
from ofsep_node.records import queries
from ofsep_node.records.database import Records
from ofsep_node.records.documents import from_json, to_json


def rejudge(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            help="Study Instance UIDs, starts or ends of them, or patient IDs.", metavar="[STUDY…]"
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", "-a", help="Every study in the records.")] = False,
    by: ByOption = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why they are judged again.")] = "",
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    quiet: QuietOption = False,
    config: ConfigOption = None,
) -> None:
    """Judge recorded studies again, by the edition and site file of the settings.

    No image is read: the recorded facts are. A study whose verdict stays the same keeps its
    version; any other gets a new one, and the old is kept. A node that runs judges by the files
    it read last: `ofsep-node reload` first. JSON is one line a changed study.
    """
    settings = settings_from(config, data)
    who = person(by, reason)
    _refuse_contradiction(studies or [], every=every)
    said_in = spoken(language, settings)
    telling = _Telling(format, said_in)
    records, reviewing = open_review(settings)
    with contextlib.closing(records):
        bar = Console(stderr=True)
        hidden = quiet or not bar.is_terminal
        uids = _meant(records, studies or [])
        for uid in track(
            uids, word("judging", said_in), console=bar, transient=True, disable=hidden
        ):
            try:
                telling.tell(uid, reviewing.rejudge(uid, who))
            except JudgingFailed as error:
                telling.fail(error)
    if not quiet:
        telling.sum_up()
    raise typer.Exit(1 if telling.counts["failed"] else 0)


def _refuse_contradiction(studies: Sequence[str], *, every: bool) -> None:
    if not studies and not every:
        raise CorrectionError("say which studies to judge again, or --all")
    if studies and every:
        raise CorrectionError("--all means every study: name some, or give --all, not both")


def _meant(records: Records, names: Sequence[str]) -> list[str]:
    with records.reading() as session:
        if not names:
            return queries.study_uids(session)
        return list(dict.fromkeys(queries.find_study(session, name) for name in names))


class _Telling:
    """A line for each study whose verdict changed, and a last one with the counts.

    That other rules judge than before is told of the first study of which it is so.
    """

    def __init__(self, format: Format, language: str) -> None:  # noqa: A002 - as the option
        self.counts: Counter[str] = Counter()
        self._warned = False
        self._json = format is Format.json
        self._language = language
        self._console = terminal.console(wrap=False)

    def tell(self, study_instance_uid: str, review: Review) -> None:
        self.counts["changed" if review.changed else "unchanged"] += 1
        self._warned = self._warned or warn_of_other_rules(review, self._language)
        if not review.changed:
            return
        if self._json:
            document = {"study_instance_uid": study_instance_uid} | _as_json(review)
            write_json(document)
            return
        self._console.print(self._line(study_instance_uid, review))
        before = None if review.before is None else from_json(legible(to_json(review.before)))
        for line in changes(before, from_json(legible(to_json(review.after))), self._language):
            self._console.print(line)

    def fail(self, error: JudgingFailed) -> None:
        self.counts["failed"] += 1
        sys.stderr.write(f"ofsep-node: {error}\n")

    def sum_up(self) -> None:
        changed, total = self.counts["changed"], self.counts.total()
        judged = counted("judged again", total, self._language)
        verdicts = counted("changed", changed, self._language)
        typer.echo(f"{judged}, {verdicts}.", err=self._json)

    def _line(self, study_instance_uid: str, review: Review) -> Text:
        old = Text(" … ")
        if review.before is not None:
            old = conclusion(review.before.verdict, self._language)
        new = conclusion(review.after.verdict, self._language)
        return Text.assemble(f"{study_instance_uid}  ", old, " → ", new)


def _as_json(review: Review) -> dict[str, object]:
    before, after = review.before, review.after
    found = finding_changes(before.findings if before else (), after.findings)
    return {
        "before": before and {"version": before.version, "verdict": before.verdict},
        "after": {"version": after.version, "verdict": after.verdict},
        "raised": [{"rule": f.rule, "series": f.series} for f in found.raised],
        "regraded": [
            {"rule": new.rule, "series": new.series, "before": old.severity, "after": new.severity}
            for old, new in found.regraded
        ],
        "cleared": [{"rule": f.rule, "series": f.series} for f in found.cleared],
    }
