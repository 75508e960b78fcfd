"""Where results are printed."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress

PIPED_WIDTH = 120
"""Columns when nobody's window says how many there are."""


def console(*, wrap: bool = True) -> Console:
    """Standard output: as wide as the window, or wide enough for a table when it is piped.

    Without `wrap` lines are left whole, however long.
    """
    out = Console(highlight=False, soft_wrap=not wrap)
    if not out.is_terminal:
        out.width = PIPED_WIDTH
    return out


def progress(*, quiet: bool) -> Progress:
    """A bar on standard error that leaves no trace; none when quiet or not on a terminal."""
    out = Console(stderr=True)
    return Progress(console=out, transient=True, disable=quiet or not out.is_terminal)
