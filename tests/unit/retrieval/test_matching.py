"""What matches what (PS3.4 section C.2.2.2)."""

from __future__ import annotations

import pytest

from ofsep_node.domain.person_name import folded
from ofsep_node.retrieval.keys import Matching
from ofsep_node.retrieval.matching import is_well_formed, matches


@pytest.mark.parametrize(
    ("matching", "wanted", "value", "is_match"),
    [
        (Matching.TEXT, "", "", True),
        (Matching.TEXT, "*", "", True),
        (Matching.TEXT, "P-1", "P-1", True),
        (Matching.TEXT, "P-1", "p-1", False),
        (Matching.TEXT, "P-1", "P-10", False),
        (Matching.TEXT, "P-?", "P-1", True),
        (Matching.TEXT, "P-?", "P-", False),
        (Matching.TEXT, "*-1", "P-1-1", True),
        (Matching.TEXT, "P*1*0", "P-1-10", True),
        (Matching.TEXT, "P*1*0", "P-0-1", False),
        (Matching.TEXT, "ab*ba", "aba", False),
        (Matching.TEXT, "a**b", "ab", True),
        (Matching.TEXT, "50%", "50%", True),
        (Matching.TEXT, "50%", "50 mL", False),
        (Matching.TEXT, "(*)", "(x)", True),
        (Matching.TEXT, "(.*)", "(x)", False),
        (Matching.TEXT, "MR", "MR\\SR", True),
        (Matching.TEXT, "CT\\SR", "MR\\SR", True),
        (Matching.TEXT, "CT", "MR\\SR", False),
        (Matching.TEXT, "x", "", False),
        (Matching.NAME, "dupré^élodie", "DUPRE^ELODIE", True),
        (Matching.NAME, "DUPRE*", "Dupré^Élodie^^Mme", True),
        (Matching.NAME, "DUPRE^ELODIE", "Dupré^Élodie^^^", True),
        (Matching.NAME, "DUPRE", "Dupré^Élodie", False),
        (Matching.NAME, "*LODIE*", "Dupré^Élodie", True),
        (Matching.UID, "1.2\\1.3", "1.3", True),
        (Matching.UID, "1.2", "1.23", False),
        (Matching.NUMBER, "7", "007", True),
        (Matching.NUMBER, "7", "", False),
        (Matching.NUMBER, "seven", "7", False),
        (Matching.DATE, "20261123", "20261123", True),
        (Matching.DATE, "20261123", "2026.11.23", True),
        (Matching.DATE, "20261101-20261130", "20261130", True),
        (Matching.DATE, "20261101-20261130", "20261201", False),
        (Matching.DATE, "-20261130", "19990101", True),
        (Matching.DATE, "20261101-", "20261031", False),
        (Matching.DATE, "20261101-", "", False),
        (Matching.TIME, "0800-0830", "083059.5", True),
        (Matching.TIME, "0800-0830", "0831", False),
        (Matching.TIME, "080000", "080000.000000", True),
        (Matching.TIME, "-0900", "08:15:00", True),
        (Matching.NONE, "7", "3", True),
    ],
)
def test_matching(matching: Matching, wanted: str, value: str, is_match: bool) -> None:
    assert matches(matching, wanted, value) is is_match


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Dupré^Élodie^^^", "DUPRE^ELODIE"),
        (" le  Goff ^ Anaïs ", "LE GOFF^ANAIS"),
        ("Yamada^Tarou=山田^太郎=", "YAMADA^TAROU=山田^太郎"),
        ("^", ""),
        ("strauß", "STRAUSS"),
    ],
)
def test_names_are_folded(name: str, plain: str) -> None:
    assert folded(name) == plain


def test_many_asterisks_are_no_attack() -> None:
    """A single regular expression would try for longer than the universe is old."""
    assert not matches(Matching.TEXT, "*a" * 200 + "b", "a" * 1_000)
    assert matches(Matching.TEXT, "*a" * 200, "a" * 1_000)


@pytest.mark.parametrize(
    "wanted", ["", "*", "20261123", "2026", "-20261123", "1993.11.23-", "202601 - 202602"]
)
def test_a_date_is_a_day_a_month_a_year_or_a_range(wanted: str) -> None:
    assert is_well_formed(Matching.DATE, wanted)


@pytest.mark.parametrize("wanted", ["xx", "-", "2026*", "20260101-20270101-2", "23/11/2026"])
def test_what_is_no_date_is_not_taken_for_any(wanted: str) -> None:
    assert not is_well_formed(Matching.DATE, wanted)


@pytest.mark.parametrize(
    ("wanted", "is_time"),
    [("0830", True), ("08:30:00", True), ("083000.5-", True), ("8", False), ("noon", False)],
)
def test_a_time_has_two_digits_of_each(wanted: str, is_time: bool) -> None:
    assert is_well_formed(Matching.TIME, wanted) is is_time
