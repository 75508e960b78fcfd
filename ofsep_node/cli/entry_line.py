"""A report of the outbox in one line."""

from __future__ import annotations

from rich.text import Text

from ofsep_node.cli.words import colon, moment, word
from ofsep_node.domain.text import legible
from ofsep_node.records.outbox import OutboxEntry

_STYLES = {"failed": "red", "waiting": "yellow", "sent": "green"}


def entry_line(entry: OutboxEntry, language: str) -> Text:
    """One report: its number, what became of it, where it goes, and why it has not arrived."""
    state = "taken" if entry.is_taken else entry.state
    waits_again = entry.attempts and not entry.is_taken
    at = entry.ended_at or (entry.due_at if waits_again else entry.queued_at)
    said = f"{colon(language)}{legible(entry.reason)}" if entry.reason else ""
    back = f" ({legible(entry.sender.ae_title)})" if entry.back else ""
    tries = f", {word('attempts', language).format(entry.attempts)}" if entry.attempts > 1 else ""
    return Text.assemble(
        f"{entry.entry_id:>5}  ",
        (f"{word(f'report {state}', language):12}", _STYLES.get(entry.state, "dim")),
        f"  {moment(at, language, '%H:%M:%S')}  {entry.kind} → {entry.destination}{back}  ",
        f"{entry.study_instance_uid}, {word('version', language)} {entry.version}{tries}{said}",
    )
