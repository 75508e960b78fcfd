"""What happens in a node, as the log, the tail and the event table name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

EventName = Literal[
    "node.started", "node.draining", "node.stopped",
    "association.opened", "association.rejected", "association.released", "association.aborted",
    "association.verdict",
    "instance.stored", "instance.duplicate", "instance.conflict", "instance.refused",
    "instance.unreadable",
    "series.recognised",
    "finding.raised", "finding.cleared",
    "study.settled", "study.verdict", "study.reopened",
]  # fmt: skip

EventLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `details` holds JSON values only, and no patient name."""

    name: EventName
    level: EventLevel = "info"
    association: str | None = None
    peer: str | None = None
    address: str | None = None
    study: str | None = None
    series: str | None = None
    instance: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
