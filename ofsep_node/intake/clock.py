"""The time, which tests hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""The time, timezone-aware."""


def utc_now() -> datetime:
    """The time, timezone-aware, in UTC."""
    return datetime.now(UTC)
