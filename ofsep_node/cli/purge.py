"""`ofsep-node purge`: images out of the archive now, or what would go."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated

import typer
from rich.text import Text

from ofsep_node.cli import terminal
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
from ofsep_node.cli.reviewing import ByOption, person
from ofsep_node.cli.standard_output import write_json
from ofsep_node.cli.studies import open_records
from ofsep_node.cli.words import colon, counted, moment, size, word
from ofsep_node.domain.retention import Rule
from ofsep_node.errors import NodeError, SettingsError
from ofsep_node.records import queries
from ofsep_node.records.database import Records
from ofsep_node.records.retention import ArchivedStudy
from ofsep_node.retention import Look, NotOfTheArchive, Outcome, Retention, Schedule
from ofsep_node.settings import LONGEST_DAYS, Settings


def purge(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            help="Study Instance UIDs, starts or ends of them, or patient IDs. Without any, those "
            "that the settings name ([retention]), or --older-than.",
            metavar="[STUDY…]",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Drop nothing: say what would go, and what would stay."),
    ] = False,
    older_than: Annotated[
        float | None,
        typer.Option(
            metavar="DAYS",
            min=0,
            max=LONGEST_DAYS,
            help="Those whose last image came so long ago, by no setting.",
        ),
    ] = None,
    by: ByOption = None,
    data: DataOption = None,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    quiet: QuietOption = False,
    config: ConfigOption = None,
) -> None:
    """Drop images from the archive now; verdicts and facts are kept.

    Images of a study that is being received, on which a report is not delivered, or of whose storage
    commitment somebody is still to be told, are kept in any case, with the reason. The node may
    run meanwhile. JSON is one line a study. Ends with status 1 when a study that was named is kept.
    """
    settings = settings_from(config, data)
    telling = _Telling(format, spoken(language, settings), dry_run=dry_run)
    _refuse_contradiction(studies or [], older_than, settings)
    who = person(by, "").by
    with contextlib.closing(open_records(settings)) as records:
        retention = Retention(records, settings.archive, settings.node.name, who, waits=True)
        work = _Purge(retention, telling, dry_run=dry_run)
        with _archive_in_one_line():
            if studies:
                work.drop_named(_meant(records, studies))
            else:
                work.drop_all(_schedule(settings, older_than), settings)
    if not quiet:
        telling.sum_up()
    raise typer.Exit(1 if telling.failed or (studies and telling.counts["kept"]) else 0)


def _refuse_contradiction(
    studies: Sequence[str], older_than: float | None, settings: Settings
) -> None:
    if studies and older_than is not None:
        raise SettingsError("--older-than is for studies that are not named: give one of the two")
    if not studies and older_than is None and not settings.retention.is_on:
        raise SettingsError(
            "the settings keep images for ever: set [retention] days or high_percent, say "
            "--older-than DAYS, or name studies"
        )


def _schedule(settings: Settings, older_than: float | None) -> Schedule:
    if older_than is None:
        return Schedule.of(settings.retention)
    return Schedule(Rule("request", timedelta(days=older_than)))


def _meant(records: Records, names: Sequence[str]) -> list[str]:
    with records.reading() as session:
        return list(dict.fromkeys(queries.find_study(session, name) for name in names))


@contextlib.contextmanager
def _archive_in_one_line() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        raise NodeError(
            f"{error.filename}: {error.strerror}; what was not removed is tried again with the next "
            "purge"
        ) from None


class _Purge:
    """Drops studies, or looks at what would become of them, and has each told."""

    def __init__(self, retention: Retention, telling: _Telling, *, dry_run: bool) -> None:
        self._retention = retention
        self._telling = telling
        self._dry = dry_run

    def drop_named(self, uids: Sequence[str]) -> None:
        rule = Rule("request", timedelta())
        self._finish_others_work()
        for uid in uids:
            outcome = self._act(self._retention.study(uid), rule)
            if outcome is not None:
                self._telling.tell(outcome)

    def drop_all(self, schedule: Schedule, settings: Settings) -> None:
        self._finish_others_work()
        look = Look(self._retention, schedule, settings.archive, dry=self._dry)
        for outcome in look.through(self._act):
            if outcome.holds or outcome.size:
                self._telling.tell(outcome)

    def _finish_others_work(self) -> None:
        """Also that of a purge that was killed: its studies count as dropped."""
        if self._dry:
            return
        for uid in self._retention.unfinished():
            try:
                self._retention.finish(uid)
            except NotOfTheArchive as error:
                self._telling.fail(error)

    def _act(self, study: ArchivedStudy, rule: Rule) -> Outcome | None:
        if self._dry:
            return self._retention.looked_at(study, rule)
        try:
            return self._retention.drop(study, rule)
        except NotOfTheArchive as error:
            self._telling.fail(error)
            return None


class _Telling:
    """A line for each study, and a last one with the counts."""

    def __init__(self, format: Format, language: str, *, dry_run: bool) -> None:  # noqa: A002 - as the option
        self.counts: Counter[str] = Counter()
        self.failed = False
        self._json = format is Format.json
        self._language = language
        self._gone = "would_drop" if dry_run else "dropped"
        self._console = terminal.console(wrap=False)

    def tell(self, outcome: Outcome) -> None:
        action = "kept" if outcome.holds else self._gone if outcome.size else "gone"
        self.counts[action] += 1
        self.counts["bytes"] += outcome.size
        if self._json:
            write_json(_as_json(outcome, action))
        else:
            self._console.print(self._line(outcome, action))

    def fail(self, error: Exception) -> None:
        self.failed = True
        typer.echo(f"ofsep-node: {error}", err=True)

    def sum_up(self) -> None:
        gone = counted(self._gone, self.counts[self._gone], self._language)
        kept = counted("kept", self.counts["kept"], self._language)
        room = size(self.counts["bytes"], self._language)
        typer.echo(f"{gone} ({room}), {kept}.", err=self._json)

    def _line(self, outcome: Outcome, action: str) -> Text:
        study, spoken_in = outcome.study, self._language
        at = moment(study.last_received_at, spoken_in)
        room = f"{study.images} images, {size(study.archived_bytes, spoken_in)}"
        said = ", ".join(word(f"hold {hold}", spoken_in) for hold in outcome.holds)
        if action == "gone":
            said = word("dropped before", spoken_in)
        why = f"{colon(spoken_in)}{said}" if said else f", {word(outcome.rule.cause, spoken_in)}"
        return Text.assemble(
            (f"{word(action, spoken_in):11}", "yellow" if said else "bold"),
            f"  {study.study_instance_uid}  {at}  {room}{why}",
        )


def _as_json(outcome: Outcome, action: str) -> dict[str, object]:
    return {
        "study_instance_uid": outcome.study.study_instance_uid,
        "last_received_at": outcome.study.last_received_at,
        "action": action,
        "because": outcome.rule.cause,
        "kept_by": list(outcome.holds),
        "images": outcome.study.images,
        "bytes": outcome.study.archived_bytes,
    }
