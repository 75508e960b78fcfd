"""What the benchmarks measured: printed, and on demand written to a page with a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

Say = Callable[[str], None]

_WIDTH, _ROW, _LABELS = 640, 26, 150


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of text under a heading; `rounds` are the single measurements that a plot shows."""

    title: str
    heading: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    rounds: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def markdown(self) -> str:
        """A table of Markdown, with its title."""
        rows = (self.heading, ("---",) * len(self.heading), *self.lines)
        return f"## {self.title}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"

    def plain(self) -> str:
        """The same in columns."""
        widths = [max(map(len, column)) for column in zip(self.heading, *self.lines, strict=True)]
        rows = (self.heading, *self.lines)
        padded = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
        return "\n".join(("", self.title, *(f"  {row.rstrip()}" for row in padded)))


class Figures:
    """The tables of one run."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._tables: list[Table] = []

    def add(self, table: Table) -> None:
        """Say a table, and keep it for the page."""
        self._say(table.plain())
        self._tables.append(table)

    def write(self, page: Path, introduction: str) -> None:
        """The page, and beside the folder of pictures the plot that it shows."""
        plot = page.parent.parent / "pictures" / f"{page.stem}.svg"
        drawn = [table for table in self._tables if table.rounds]
        plot.write_text(_plot(drawn), encoding="utf-8")
        parts = [introduction, _machine(), f"![Every round as a dot](../pictures/{plot.name})"]
        parts += [table.markdown() for table in self._tables]
        page.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


def _machine() -> str:
    cores = os.cpu_count()
    day = datetime.now(UTC).date().isoformat()
    return f"Measured on {day}: {cores} cores, Linux {platform.release().split('-')[0]}, ext4, loopback."


def _plot(tables: Sequence[Table]) -> str:
    """Dots on a line for each receiver, a panel for each table; nothing but SVG."""
    body: list[str] = []
    top = 0
    for table in tables:
        body += _panel(table, top)
        top += _ROW * (len(table.rounds) + 2)
    style = "text{font:13px sans-serif;fill:#555}circle{fill:#2a6f97;fill-opacity:.65}"
    style += "line{stroke:#bbb}.title{font-weight:bold}.own circle{fill:#c1121f}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}">'
    return "\n".join((head, f"<style>{style}</style>", *body, "</svg>")) + "\n"


def _panel(table: Table, top: int) -> list[str]:
    most = max(max(values) for values in table.rounds.values())
    unit = next(name for name in table.heading if name.endswith("/s"))
    drawn = [f'<text class="title" x="0" y="{top + 18}">{table.title} ({unit})</text>']
    for number, (name, values) in enumerate(table.rounds.items(), start=1):
        y = top + _ROW * number + 14
        dots = "".join(
            f'<circle cx="{_LABELS + v / most * (_WIDTH - _LABELS - 60):.0f}" cy="{y}" r="5"/>'
            for v in values
        )
        own = ' class="own"' if number == 1 else ""
        drawn += [
            f'<text x="0" y="{y + 4}">{name}</text>',
            f'<line x1="{_LABELS}" x2="{_WIDTH - 60}" y1="{y}" y2="{y}"/><g{own}>{dots}</g>',
        ]
    drawn.append(f'<text x="{_WIDTH - 55}" y="{top + _ROW + 18}">{most:.0f}</text>')
    return drawn
