"""Events as the intake writes them: about an association's peer, and the UIDs that apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ofsep_node.domain.events import Event, EventLevel, EventName
from ofsep_node.records.schema import AssociationRow


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom an event is about: the association a study was last heard of from, if any is known."""

    association: str | None = None
    peer: str | None = None
    address: str | None = None

    @classmethod
    def of(cls, row: AssociationRow | None) -> Origin:
        """The peer of a recorded association."""
        if row is None:
            return cls()
        return cls(row.association_id, row.calling_ae_title, row.address)


def worded(language: str, say: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Details in the node's language and, under its name, in the other: who reads chooses."""
    other = "en" if language == "fr" else "fr"
    return say(language) | {other: say(other)}


def event(
    name: EventName,
    origin: Origin,
    *,
    level: EventLevel = "info",
    study: str | None = None,
    series: str | None = None,
    instance: str | None = None,
    details: dict[str, Any] | None = None,
) -> Event:
    """One event; the log's line has the same fields."""
    return Event(
        name=name,
        level=level,
        association=origin.association,
        peer=origin.peer,
        address=origin.address,
        study=study,
        series=series,
        instance=instance,
        details=details or {},
    )
