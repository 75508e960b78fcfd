"""Which images may be dropped: the one place where that is decided.

Dropped are the images of whole studies. Verdicts, and the facts they were made from, are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from ofsep_node.domain.verdict import State

Cause = Literal["age", "watermark", "request"]
"""Why images are dropped: their time is over, the disk is full, a person asks for it."""


class Hold(StrEnum):
    """What keeps the images of a study, however old they are and however full the disk is."""

    RECEIVING = "receiving"
    SENDING = "sending"
    COMMITMENT = "commitment"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a study stands, as far as it matters to its images.

    `being_sent` says that an association that brought objects of it is open; `commitments` are
    the requests about objects of it of which the outcome has not been told; `reports` are those
    on it that wait, are on their way, or were given up and tell what still stands.
    """

    state: State
    last_received_at: datetime
    being_sent: bool = False
    commitments: int = 0
    reports: int = 0

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Everything that keeps its images."""
        return tuple(self._holds())

    def _holds(self) -> Iterator[Hold]:
        if self.state == "receiving":
            yield Hold.RECEIVING
        if self.being_sent:
            yield Hold.SENDING
        if self.commitments:
            yield Hold.COMMITMENT
        if self.reports:
            yield Hold.REPORT


@dataclass(frozen=True, slots=True)
class Rule:
    """Images are over their time so long after the last of their study came."""

    cause: Cause
    after: timedelta

    def since(self, at: datetime) -> datetime:
        """Studies that got an image after this are not over their time."""
        return at - self.after

    def drops(self, standing: Standing, at: datetime) -> bool:
        """Whether the images of a study are to be dropped now."""
        return standing.last_received_at <= self.since(at) and not standing.holds


@dataclass(frozen=True, slots=True)
class Watermark:
    """Above `high` percent of a file system room is made, until no more than `low` are filled."""

    high: float
    low: float

    def excess(self, *, free: int, total: int) -> int:
        """How many bytes too many there are; 0 below the high mark."""
        filled = total - free
        if filled * 100 <= self.high * total:
            return 0
        return max(0, filled - int(self.low * total / 100))
