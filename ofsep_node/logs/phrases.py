"""What sentences about events are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.text import Text

from ofsep_node.domain.typography import typeset

Line = Mapping[str, Any]

LEVEL_STYLES = {
    "debug": "dim",
    "info": "",
    "warning": "yellow",
    "error": "red",
    "critical": "bold red",
}


def either(language: str, english: str, french: str) -> str:
    """One of two texts, by the language spoken."""
    return typeset(french) if language == "fr" else english


def warned(english: str, french: str, *details: str) -> Callable[[Line, str], Text]:
    """A sentence in the colour of its level, and after it what the line says of the details."""

    def say(line: Line, language: str) -> Text:
        said = ", ".join(str(line[d]) for d in details if line.get(d))
        colon = either(language, ": ", " : ")
        words = either(language, english, french) + (f"{colon}{said}" if said else "")
        return Text(f"! {words}", style=LEVEL_STYLES.get(str(line.get("level")), ""))

    return say


def size(count: int, language: str) -> str:
    """So many bytes, in the largest unit of which there is one."""
    units = either(language, "bytes kB MB GB TB", "octets ko Mo Go To").split()
    number, power = float(count), 0
    while number >= 1000 and power < len(units) - 1:
        number, power = number / 1000, power + 1
    said = f"{number:.0f}" if number >= 100 or not power else f"{number:.1f}"
    return f"{said.replace('.', either(language, '.', ','))} {units[power]}"
