"""What is told of a report in the outbox, whoever acts on it."""

from __future__ import annotations

from ofsep_node.domain.events import Event, EventLevel, EventName
from ofsep_node.records.outbox import OutboxEntry


def of_report(
    entry: OutboxEntry, name: EventName, level: EventLevel = "info", **details: object
) -> Event:
    """An event about a report: its number, what it tells and whom, and how often it was tried."""
    about = {
        "report": entry.entry_id,
        "destination": entry.destination,
        "kind": entry.kind,
        "version": entry.version,
        "attempts": entry.attempts,
    }
    return Event(
        name=name,
        level=level,
        peer=entry.sender.ae_title,
        address=entry.sender.address,
        study=entry.study_instance_uid,
        details=about | details,
    )
