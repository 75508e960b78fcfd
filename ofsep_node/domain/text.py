"""Text that came over the network, made fit to be shown to a person."""

from __future__ import annotations

import unicodedata
from typing import Any


def legible(value: Any) -> Any:
    """The same value with every control character replaced, in strings however deep inside.

    A sender chooses AE titles and descriptions, and must not be able to move the cursor, clear
    the screen or start a line of its own on the terminal of whoever reads them.
    """
    if isinstance(value, str):
        return value if value.isprintable() else "".join(map(_shown, value))
    if isinstance(value, dict):
        return {legible(k): legible(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(legible, value))
    return value


def _shown(character: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in _UNSAFE else character


_UNSAFE = ("Cc", "Cf", "Zl", "Zp")
"""Controls, invisible formats (which turn text around), and separators of lines."""
