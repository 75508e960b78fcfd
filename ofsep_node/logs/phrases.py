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
