"""On which line of a TOML text something stands: what tomllib reads does not know any more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

_HEADER = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


class _Line(NamedTuple):
    """A header or a key: in the table of which name, and in which of them, counted from 0."""

    number: int
    table: str
    nth: int
    key: str


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
