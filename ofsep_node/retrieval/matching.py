"""Whether a value is what a key asks for (PS3.4 section C.2.2.2). Pure, and the last word.

The database narrows a search down by the same keys, and may find more than what matches.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ofsep_node.domain.person_name import folded
from ofsep_node.retrieval.keys import Matching

UNIVERSAL = ("", "*")
"""Values that everything matches, an absent value included."""


_DATE = r"(\d{4}(\.?\d{2}){0,2})?"
_TIME = r"(\d{2}(:?\d{2}){0,2}(\.\d{1,6})?)?"
_RANGES = {
    Matching.DATE: re.compile(rf"(?!-?$){_DATE}(\s*-\s*{_DATE})?"),
    Matching.TIME: re.compile(rf"(?!-?$){_TIME}(\s*-\s*{_TIME})?"),
}


def is_well_formed(matching: Matching, wanted: str) -> bool:
    """Whether a key's value can be matched at all: a mistyped date would find everything, or nothing.

    A year or a month, and ACR-NEMA's points and colons, are taken for what is meant.
    """
    pattern = _RANGES.get(matching)
    if pattern is None or wanted in UNIVERSAL:
        return True
    return all(pattern.fullmatch(one.strip()) for one in wanted.split("\\"))


def matches(matching: Matching, wanted: str, value: str) -> bool:
    """Whether a value matches a key's; one of several values on either side is enough."""
    if wanted in UNIVERSAL or matching is Matching.NONE:
        return True
    return any(
        _matches(matching, one.strip(), held.strip())
        for one in wanted.split("\\")
        for held in value.split("\\")
    )


def _matches(matching: Matching, wanted: str, value: str) -> bool:
    match matching:
        case Matching.UID:
            return wanted == value
        case Matching.TEXT:
            return _is_like(wanted, value)
        case Matching.NAME:
            return _is_like(folded(wanted), folded(value))
        case Matching.NUMBER:
            return _number(wanted) is not None and _number(wanted) == _number(value)
        case Matching.DATE:
            return _within(date_range(wanted), date_of(value))
        case Matching.TIME:
            return _within(time_range(wanted), _time(value, "0"))
    return True


class _Part(NamedTuple):
    """What stands between two asterisks, and how many characters it stands for."""

    pattern: re.Pattern[str]
    length: int


def _is_like(wanted: str, value: str) -> bool:
    """`*` is any run of characters, `?` any one (PS3.4 section C.2.2.2.4).

    Part by part from the left, which takes no longer for many asterisks than for one: a single
    regular expression could be made to try for hours.
    """
    first, *parts = _parts(wanted)
    if not parts:
        return first.pattern.fullmatch(value) is not None
    *between, last = parts
    found = first.pattern.match(value)
    for part in between:
        found = found and part.pattern.search(value, found.end())
    start = len(value) - last.length
    return found is not None and start >= found.end() and bool(last.pattern.match(value, start))


@lru_cache(maxsize=256)
def _parts(wanted: str) -> tuple[_Part, ...]:
    return tuple(
        _Part(re.compile(re.escape(part).replace(r"\?", "."), re.DOTALL), len(part))
        for part in re.split(r"\*+", wanted)
    )


def _number(written: str) -> int | None:
    try:
        return int(written)
    except ValueError:
        return None


Range = tuple[str, str]
"""First and last value, both included, as texts that sort; empty where the range is open."""


def date_range(wanted: str) -> Range:
    """The dates that a key asks for, as YYYYMMDD."""
    first, last = _ends(wanted)
    return date_of(first), date_of(last)


def time_range(wanted: str) -> Range:
    """The times that a key asks for, as HHMMSSFFFFFF; a last minute is asked for to its end."""
    if "-" not in wanted:
        exact = _time(wanted, "0")
        return exact, exact
    first, last = _ends(wanted)
    return _time(first, "0"), _time(last, "9")


def _ends(wanted: str) -> tuple[str, str]:
    first, hyphen, last = wanted.partition("-")
    return first.strip(), (last if hyphen else first).strip()


def date_of(written: str) -> str:
    """A date without the points of ACR-NEMA."""
    return written.strip().replace(".", "")


def _time(written: str, filling: str) -> str:
    digits = re.sub(r"[^0-9]", "", written)
    return digits.ljust(12, filling) if digits else ""


def _within(wanted: Range, value: str) -> bool:
    first, last = wanted
    return bool(value) and (not first or first <= value) and (not last or value <= last)
