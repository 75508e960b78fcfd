"""Statuses that a Storage SCP answers (PS3.4 section B.2.3)."""

from __future__ import annotations

_SUCCESS = 0x0000
_WARNING = 0xB  # of the four hexadecimal digits, the first


def is_warning(status: int) -> bool:
    """Whether the object was stored, and something of it was not as it should be."""
    return status >> 12 == _WARNING


def is_stored(status: int) -> bool:
    """Success, or success with a warning."""
    return status == _SUCCESS or is_warning(status)
