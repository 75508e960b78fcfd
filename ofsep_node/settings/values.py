"""What single settings may be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

AETitle = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=16, pattern=r"^[\x20-\x5b\x5d-\x7e]+$"
    ),
]
"""An application entity title: 1 to 16 characters, no backslash (PS3.5 table 6.2-1, AE)."""


def comma_separated(value: object) -> object:
    """The environment writes lists as `a,b`."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


OptionalPath = Annotated[Path | None, BeforeValidator(lambda v: v or None)]
"""The path of a file; empty where there is none."""

LAST_PORT = 65_535
LONGEST_S = 31_536_000
"""A year: whoever gives more means another unit, or had a key stick."""
LONGEST_DAYS = 36_500
"""A century: what is to be kept for ever has a value of its own."""
RECEIVERS_AT_MOST = 4
"""Of those started by themselves: beyond it, disk and intake are the limit, not receivers."""

Receivers = Annotated[
    int,
    BeforeValidator(
        lambda v: min(len(os.sched_getaffinity(0)), RECEIVERS_AT_MOST) if v == "auto" else v
    ),
    Field(ge=1, le=64),
]
"""A number of processes; "auto" is one a core that this process may use."""

WebPort = Annotated[
    Annotated[int, Field(ge=0, le=LAST_PORT)] | None,
    BeforeValidator(lambda v: None if v in ("", "off") else v),
]
"""A port number, or "off"."""


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("no time zone of this machine, such as Europe/Paris") from None


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""The name of a time zone in the machine's tz database."""

UID = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9]+(\.[0-9]+)+$")]
LogLevel = Literal["debug", "info", "warning", "error"]


class Section(BaseModel):
    """One table of the file: no unknown keys, nothing changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
