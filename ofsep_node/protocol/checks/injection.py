"""What the headers of an examination say of the injection of gadolinium, and of the order of series.

Silence is no evidence: the contrast module (PS3.3 C.7.6.4) is often left out, and an agent once
typed in at the console may stand in every series, those before the injection too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ofsep_node.domain.series import ACQUIRED
from ofsep_node.protocol.checks.observation import JudgedSeries, JudgedStudy

SAME_EXAMINATION = timedelta(hours=6)
"""ContrastBolusStartTime carries no date: further than this from the series it proves nothing."""

_NO_PICTURES = ("localizer", "other")
_TO_THE_SECOND = 14


def pictures(study: JudgedStudy, *organs: str) -> list[JudgedSeries]:
    """Series as the scanner acquired them, localizers left out, of these organs."""
    return [
        s
        for s in study.series
        if s.identity.organ in organs
        and s.identity.role in ACQUIRED
        and s.identity.weighting not in _NO_PICTURES
    ]


def enhanced(series: Iterable[JudgedSeries]) -> list[JudgedSeries]:
    """Series that are known to be made after gadolinium."""
    return [s for s in series if s.identity.gadolinium == "yes"]


def naming_an_agent(series: Iterable[JudgedSeries]) -> list[JudgedSeries]:
    """Series whose header names a product."""
    return [s for s in series if s.facts.contrast.names_agent]


def says_nothing_of_gadolinium(series: Sequence[JudgedSeries]) -> bool:
    """No header of the examination names a product, and no series is known to follow one."""
    return not naming_an_agent(series) and not enhanced(series)


def denies_gadolinium(series: JudgedSeries) -> bool:
    """Whether the header, or a person, says that none was given; silence does not."""
    pinned = "gadolinium" in series.pinned and series.identity.gadolinium == "no"
    return pinned or series.facts.contrast.denies_agent


def began(series: JudgedSeries) -> datetime | None:
    """When the first image of a series was acquired; None where the header does not say."""
    return _moment(series.facts.acquired_at[0]) if series.facts.acquired_at else None


def ended(series: JudgedSeries) -> datetime | None:
    """When the last image of a series was acquired; None where the header does not say."""
    return _moment(series.facts.acquired_at[1]) if series.facts.acquired_at else None


def injected(series: JudgedSeries) -> datetime | None:
    """When the header of a series says that the injection began, on the day of the series.

    None without ContrastBolusStartTime or a time of the series, or far from the series.
    """
    start, acquired = series.facts.contrast.start_time, began(series)
    time = re.match(r"([01]\d|2[0-3]):?([0-5]\d):?([0-5]\d)", start or "")
    if time is None or acquired is None:
        return None
    hour, minute, second = map(int, time.groups())
    same_day = acquired.replace(hour=hour, minute=minute, second=second, microsecond=0)
    days = (same_day + timedelta(days=n) for n in (-1, 0, 1))
    nearest = min(days, key=lambda day: abs(day - acquired))
    return nearest if abs(nearest - acquired) <= SAME_EXAMINATION else None


def _moment(written: str) -> datetime | None:
    """A DICOM DT known to the second; less of it does not tell series apart."""
    try:
        return datetime.strptime(written[:_TO_THE_SECOND], "%Y%m%d%H%M%S")  # noqa: DTZ007 - one scanner's clock
    except ValueError:
        return None
