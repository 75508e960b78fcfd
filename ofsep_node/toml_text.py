"""TOML as people write it: read with one clear message, and found again by its line.

What tomllib gives does not know any more on which line something stood.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ofsep_node.errors import SettingsError

_HEADER = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


class _Line(NamedTuple):
    """A header or a key: in the table of which name, and in which of them, counted from 0."""

    number: int
    table: str
    nth: int
    key: str


def text_of(file: Path, what: str) -> str:
    """A file's text. Raises SettingsError, which names the file, and says that `what` is not read."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: not a text file in UTF-8 (byte {error.start + 1})") from None
    except OSError as error:
        raise SettingsError(f"{file}: cannot read {what}: {error.strerror}") from None


def tables_of(file: Path, text: str) -> dict[str, Any]:
    """What the text of a file says. Raises SettingsError, which names the file."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not TOML: {error}") from None


def line_of(text: str, table: str, key: str = "", nth: int = 0) -> int:
    """The line of a key in the `nth` table of a name; that of the table when it has no such key.

    A table that is written as a key, as in `peer = []`, is found as one; what is nowhere, in line 1.
    """
    lines = list(_lines(text))
    for found in ((table, nth, key), (table, nth, ""), ("", 0, table)):
        for number, *where in lines:
            if tuple(where) == found:
                return number
    return 1


def _lines(text: str) -> Iterator[_Line]:
    table, seen = "", Counter({"": 1})
    for number, written in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(written):
            table = header[1]
            seen[table] += 1
            yield _Line(number, table, seen[table] - 1, "")
        elif key := _KEY.match(written):
            yield _Line(number, table, seen[table] - 1, key[1])
