"""Everything that recognition says is said in French, and nothing else is translated."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message
from ofsep_node.recognition import recognise
from ofsep_node.recognition.anatomy import BRAIN_ONLY
from ofsep_node.recognition.french import FRENCH
from ofsep_node.recognition.naming import ATTRIBUTE_NAMES
from ofsep_node.recognition.nature import NON_MR_NAMES
from ofsep_node.recognition.said import listed, numeral, said
from ofsep_node.recognition.traits import VENDOR_RULES
from ofsep_node.recognition.vocabulary import ORGANS
from tests.meta.project import PACKAGE
from tests.unit.recognition.headers import build
from tests.unit.recognition.sequences import PROTOCOL, SURROUNDING

READS = {rule.reads for _, rules in VENDOR_RULES for rule in rules}

OF_TABLES: dict[tuple[str, str], set[str]] = {
    ("naming", "ATTRIBUTE_NAMES[self.rule.where]"): set(ATTRIBUTE_NAMES.values()),
    ("naming", "self.rule.reads"): READS,
    ("traits", "named.rule.reads"): READS,
    ("anatomy", "organ"): {word.organ for word in ORGANS},
    ("anatomy", "name"): {name for _, name in BRAIN_ONLY.values()},
    ("contrast", "claim"): {"yes", "no"},
    ("nature", "name"): {name for _, name in NON_MR_NAMES},
    ("nature", "plane"): {"axial", "sagittal", "coronal"},
}
"""Where what is said comes out of a table: module and expression, and what the table holds."""


def calls() -> Iterator[tuple[str, ast.expr]]:
    """Module and first argument of every `said`."""
    for path in (PACKAGE / "recognition").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "said":
                yield path.stem, node.args[0]


def spoken() -> set[str]:
    """Every English sentence and word that recognition may say."""
    found: set[str] = set()
    for module, template in calls():
        if isinstance(template, ast.Constant):
            found.add(str(template.value))
        else:
            found |= OF_TABLES[module, ast.unparse(template)]
    return found


def fields(template: str) -> list[str | None]:
    return [
        f"{name}:{spec}"
        for _, name, spec, _ in string.Formatter().parse(template)
        if name is not None
    ]


def test_all_that_is_said_has_its_french_and_no_french_is_left_over() -> None:
    assert {*FRENCH} == spoken()


def test_every_table_is_read() -> None:
    seen = {(m, ast.unparse(t)) for m, t in calls() if not isinstance(t, ast.Constant)}
    assert seen == {*OF_TABLES}


@pytest.mark.parametrize("template", FRENCH)
def test_the_french_takes_the_same_values(template: str) -> None:
    assert fields(FRENCH[template]) == fields(template)


@pytest.mark.parametrize("french", FRENCH.values())
def test_french_signs_stand_apart(french: str) -> None:
    assert not re.search(r"[^ ][;?!»]|[^ ]:(?!\.0f)(?!\))|«[^ ]", french)


def test_a_message_in_a_message_stands_in_its_own_language() -> None:
    whole = said("{}: {}", numeral("TE 2.9 ms"), said("two inversions, DIR"))
    assert whole == Message(
        fr="TE 2,9 ms : deux inversions, DIR", en="TE 2.9 ms: two inversions, DIR"
    )
    assert listed([said("yes"), said("no")]) == Message(fr="oui, non", en="yes, no")


def test_a_description_with_braces_is_said_as_it_is_written() -> None:
    assert said('"{}" in the description', "{0} {x}").en == '"{0} {x}" in the description'


@pytest.mark.parametrize("header", [*(h for h, _ in PROTOCOL.values()), *SURROUNDING.values()])
def test_a_series_has_its_evidence_line_by_line_in_both_languages(header: dict[str, Any]) -> None:
    identity = recognise(build(**header))
    assert len(identity.evidence) == len(identity.evidence_fr)
    assert identity.evidence_in("fr") == identity.evidence_fr
    assert identity.evidence_in("en") == identity.evidence


def test_what_an_older_version_kept_is_told_in_english() -> None:
    assert SeriesIdentity(evidence=("TI 1800 ms",)).evidence_in("fr") == ("TI 1800 ms",)
