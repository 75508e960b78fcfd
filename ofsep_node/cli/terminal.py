"""Where results are printed."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Progress
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.segment import Segment

PIPED_WIDTH = 120
"""Columns when nobody's window says how many there are."""

_NO_BREAK, _WORD = "\N{NO-BREAK SPACE}", "\ue000"
"""Rich breaks lines at a no-break space, too: until it has, a private letter stands for it."""


def console(*, wrap: bool = True) -> Console:
    """Standard output: as wide as the window, or wide enough for a table when it is piped.

    Without `wrap` lines are left whole, however long.
    """
    out = _Unbroken(file=cast("TextIO", _Written(sys.stdout)), highlight=False, soft_wrap=not wrap)
    if not out.is_terminal:
        out.width = PIPED_WIDTH
    return out


class _Unbroken(Console):
    """Breaks no line at a no-break space, and leaves it to the command that nobody reads it."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        if isinstance(renderable, str):
            renderable = self.render_str(renderable)
        if isinstance(renderable, Text) and _NO_BREAK in renderable.plain:
            renderable = renderable.copy()
            renderable.plain = renderable.plain.replace(_NO_BREAK, _WORD)
        return super().render(renderable, options)


class _Written:
    """A stream; where it is no terminal, without the blanks that fill up the lines of a table."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        text = text.replace(_WORD, _NO_BREAK)
        return self._out.write(text if self._out.isatty() else re.sub(r" +(?=\n)", "", text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


def progress(*, quiet: bool) -> Progress:
    """A bar on standard error that leaves no trace; none when quiet or not on a terminal."""
    out = Console(stderr=True)
    return Progress(console=out, transient=True, disable=quiet or not out.is_terminal)
