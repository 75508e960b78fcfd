"""What the parts of a node tell of their work, as it happens.

The classes here count nothing: they serve where nobody asks for metrics, and what counts is made
from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from ofsep_node.domain.events import Event
from ofsep_node.domain.retention import Cause, Hold


class ReceptionMeter:
    """Told by a receiver's threads. `peer` is a calling AE title; durations are in seconds."""

    def accepted(self, peer: str) -> None:
        """An association was accepted."""

    def rejected(self, reason: str) -> None:
        """An association was not; `reason` is one of a closed list."""

    def ended(self, outcome: Literal["released", "aborted"]) -> None:
        """An accepted association is over."""

    def stored(self, peer: str, size: int) -> None:
        """An object of `size` bytes is safe in the spool, and about to be answered Success."""

    def refused(self, status: int) -> None:
        """An object is about to be answered with an error."""

    def answered(self, seconds: float) -> None:
        """An object that is safe was answered, so long after its last byte."""

    def inquired(self, operation: str, outcome: str) -> None:
        """A query (`find`) or a retrieval (`move`, `get`) had its last response."""

    def gave(self, operation: str, sent: int, failed: int) -> None:
        """So many objects were sent in a retrieval, and so many could not be."""


class IntakeMeter:
    """Told by the intake's one thread, after the transaction that did it was committed."""

    def committed(self, events: Sequence[Event]) -> None:
        """What a transaction told."""

    def recorded(self, waited_s: Iterable[float]) -> None:
        """Objects are in the records, each so long after its response."""

    def judged(self, waited_s: Iterable[float]) -> None:
        """Associations have their verdicts, each so long after its end."""

    def hindered(self) -> None:
        """Database, archive or spool could not be worked on; it is tried again."""


class DeliveryMeter:
    """Told by the workers of the delivery, after the transaction that recorded it was committed."""

    def sent(self, destination: str, waited_s: float) -> None:
        """A destination has taken a report, so long after it was due."""

    def failed(self, destination: str) -> None:
        """An attempt to deliver a report has failed."""


class RetentionMeter:
    """Told by whoever drops images unasked, after it was recorded."""

    def dropped(self, because: Cause, objects: int, size: int) -> None:
        """Images of a study are gone from the archive; `size` in bytes."""

    def above_watermark(self, *, full: bool) -> None:
        """Whether the archive's disk is too full, and nothing more may be dropped."""

    def looked(self, held: Mapping[Hold, int]) -> None:
        """The archive was looked through; so many studies over their time are kept, by reason."""
