"""Days, numbers and words as each language writes them."""

from __future__ import annotations

from datetime import datetime

import pytest

from ofsep_node.cli.words import counted, day, moment, number
from ofsep_node.domain.typography import typeset
from ofsep_node.domain.verdict import series_name
from ofsep_node.logs import percent


@pytest.mark.parametrize(
    ("written", "english", "french"),
    [
        ("20250314", "2025-03-14", "14/03/2025"),
        ("2025", "2025", "2025"),
        ("20251399", "20251399", "20251399"),
        (None, "-", "-"),
    ],
)
def test_a_day(written: str | None, english: str, french: str) -> None:
    assert (day(written, "en"), day(written, "fr")) == (english, french)


@pytest.mark.parametrize(
    ("number", "english", "french"),
    [
        (0, "0 studies judged again", "0 examen jugé à nouveau"),
        (1, "1 study judged again", "1 examen jugé à nouveau"),
        (3, "3 studies judged again", "3 examens jugés à nouveau"),
    ],
)
def test_a_count(number: int, english: str, french: str) -> None:
    assert counted("judged again", number, "en") == english
    assert counted("judged again", number, "fr") == french


def test_a_moment_is_told_by_the_local_clock() -> None:
    at = datetime(2025, 3, 14, 10, 5, 7).astimezone()
    assert moment(at, "en") == "2025-03-14 10:05"
    assert moment(at, "fr", "%H:%M:%S") == "14/03/2025 10:05:07"


def test_numbers_and_names() -> None:
    assert (number("1.00 x 1.50", "fr"), number("1.00", "en")) == ("1,00 x 1,50", "1.00")
    assert (percent(0.97, "fr"), percent(0.97, "en")) == (typeset("97 %"), "97%")
    assert series_name(5, "FLAIR", "fr") == typeset("5 « FLAIR »")
    assert series_name(None, "FLAIR", "en") == "? “FLAIR”"
