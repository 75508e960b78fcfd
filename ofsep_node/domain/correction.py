"""What people know better than the headers: the indication, and what a series is.

An operator says it of one study; a site file says it of every series whose description matches.
The judge takes both over and shows them in the verdict; what was recognised stays in evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UNKNOWN_INDICATION = "unknown"

PinnedAttribute = Literal["organ", "weighting", "dimension", "plane", "gadolinium", "role"]


@dataclass(frozen=True, slots=True)
class Pin:
    """One attribute of one series' identity, as a person says it is."""

    series_instance_uid: str
    attribute: PinnedAttribute
    value: str
    by: str
    reason: str
    at: str  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Indicated:
    """Why the examination was asked for, as a person says."""

    indication: str
    by: str
    reason: str = ""
    at: str | None = None  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Corrections:
    """All that people said of one study; a later pin of the same attribute has replaced an earlier."""

    indication: Indicated | None = None
    pins: tuple[Pin, ...] = ()

    @classmethod
    def of_indication(cls, indication: str, by: str) -> Corrections:
        """Nothing but the indication; none at all when it is unknown."""
        known = indication != UNKNOWN_INDICATION
        return cls(Indicated(indication, by)) if known else cls()


NO_CORRECTIONS = Corrections()
