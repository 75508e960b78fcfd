"""The source text of the 2020 edition, where it is at hand: its sentences, by id, in its order.

It is looked for in the folder named by OFSEP_PROTOCOL_TEXT (relative to the project), and beside
the checkout otherwise.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / os.environ.get("OFSEP_PROTOCOL_TEXT", str(Path("..", "shared", "protocol")))
SOURCE = FOLDER / "ofsep-2020.fr.md"

ID = re.compile(r"\*\*([A-Z]{2}-\d+)\*\*")
LISTED = re.compile(r"^- \*\*([A-Z]{2}-\d+)\*\*[^«]*« (.*) »$")


def sentences() -> dict[str, str]:
    """Id to sentence; the two columns of the table of sequences are read by their ids."""
    found: dict[str, str] = {}
    for section in SOURCE.read_text(encoding="utf-8").split("\n## "):
        inside: dict[str, str] = {}
        for line in section.splitlines():
            if listed := LISTED.match(line):
                inside[listed[1]] = listed[2]
            elif line.startswith("|"):
                inside.update(_of_a_row(line))
        found.update(sorted(inside.items(), key=lambda item: int(item[0].partition("-")[2])))
    return found


def _of_a_row(line: str) -> dict[str, str]:
    """A row names its first cells in front; a further cell names itself."""
    heading, *cells = [cell.strip() for cell in line.strip("|").split("|")]
    named = dict(zip(ID.findall(heading), cells, strict=False))
    itself = [(ID.match(cell), cell) for cell in cells]
    return named | {m[1]: cell[m.end() :].strip() for m, cell in itself if m}
