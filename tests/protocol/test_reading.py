"""How the protocol is read: each row of that page is a working rule of the edition, with examples.

The page is no part of the project: it lies beside the source text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from ofsep_node.domain.verdict import Severity
from ofsep_node.protocol import load_edition
from ofsep_node.protocol.edition import Rule
from ofsep_node.protocol.trial import tried
from tests.protocol.source import FOLDER

PAGE = FOLDER / "reading.md"

pytestmark = pytest.mark.skipif(
    not PAGE.exists(), reason=f"no {PAGE}: set OFSEP_PROTOCOL_TEXT to its folder"
)

ROWS = {
    "field-strength": ("field-strength",),
    "brain-required-sequences": ("brain-required-sequences",),
    "cord-required-sequences": ("cord-required-sequences",),
    "optional-sequences": ("optional-sequences",),
    "adc-pairs-with-dwi": ("adc-pairs-with-dwi",),
    "brain-before-cord": ("brain-before-cord",),
    "single-injection": ("single-injection",),
    "gadolinium-indicated": ("gadolinium-indicated",),
    "gadolinium-not-indicated": ("gadolinium-not-indicated",),
    "gadolinium-macrocyclic": ("gadolinium-macrocyclic",),
    "gadolinium-dose": ("gadolinium-dose",),
    "gadolinium-before-flair": ("gadolinium-before-flair",),
    "brain-interval, cord-interval": ("brain-interval", "cord-interval"),
    "voxel-3d": ("voxel-3d",),
    "no-gap-3d": ("no-gap-3d",),
    "thickness-2d": ("thickness-2d",),
    "in-plane-2d": ("in-plane-2d",),
    "bicallosal-plane": ("bicallosal-plane",),
    "dti-voxel / dti-directions / dti-gap": ("dti-voxel", "dti-directions", "dti-gap"),
    "axial-plane / sagittal-plane": ("axial-plane", "sagittal-plane"),
    "thickness-cord": ("thickness-cord",),
    "whole-cord": ("whole-cord",),
    "signal-to-noise": ("signal-to-noise",),
}
"""Row of the page, to the rules of the edition that it became."""

OWN = {
    "series-complete": ("series-complete",),
    "consistent-parameters within a series": ("consistent-parameters",),
    "one patient in one study": ("one-patient",),
    "unique SOP Instance UIDs": ("unique-instances",),
    "burned-in annotation": ("burned-in-annotation",),
    "no directly identifying data (DR-2)": ("no-identifying-data",),
    "a DICOMDIR in the export (DR-3)": ("dicomdir",),
}
"""What the page names of the node's own checks, to rules."""

EDITION = load_edition("ofsep-2020")
PARTS = {r.id: r.part for r in EDITION.requirements()}
RULES = {rule.id: rule for _, rule in EDITION.rules()}


@dataclass(frozen=True)
class Row:
    """A row: its rules, the sentences they are from, and the severities that it speaks of."""

    name: str
    sentences: tuple[str, ...]
    severities: frozenset[Severity]


def rows() -> list[Row]:
    found, severity = [], 0
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "rule":
            severity = cells.index("default severity")
        elif line.startswith("| "):
            graded = " ".join(cells[2 : severity + 1])  # with what is checked, where it grades
            found.append(Row(cells[0], sentences(cells[1]), severities(graded)))
    return found


def sentences(cell: str) -> tuple[str, ...]:
    """What a cell names, with all that stands between: GD-2…GD-6."""
    named: list[str] = []
    for part in cell.split(", "):
        first, _, last = part.partition("…")
        kind, number = first.split("-")
        until = int(last.split("-")[1]) if last else int(number)
        named += [f"{kind}-{n}" for n in range(int(number), until + 1)]
    return tuple(named)


def severities(cell: str) -> frozenset[Severity]:
    words: tuple[Severity, ...] = ("error", "warning", "info")
    return frozenset(w for w in words if re.search(rf"\b{w}\b", cell))


def of_sentence(sentence: str) -> set[str]:
    """The rules that enforce a sentence."""
    found = next(s for s in EDITION.sentences if s.id == sentence)
    return {*found.checked_by, *(rule.id for rule in found.rules)}


def test_every_row_of_the_page_has_its_rules() -> None:
    assert [row.name for row in rows()] == [*ROWS]


@pytest.mark.parametrize("own", OWN)
def test_the_page_names_the_nodes_own_check(own: str) -> None:
    assert own in PAGE.read_text(encoding="utf-8")


OF_STEPS = {"announced-instances", "completed-steps"}
"""What a scanner tells beside its images."""


def test_the_edition_has_no_rule_that_the_page_does_not_speak_of() -> None:
    """But that a study's objects could all be read, which the page takes for granted, and MPPS."""
    spoken = {rule for rules in (*ROWS.values(), *OWN.values()) for rule in rules}
    assert {*RULES} - spoken == {"readable-instances", *OF_STEPS}
    assert spoken <= {*RULES}


@pytest.mark.parametrize("name", ROWS)
def test_the_rules_of_a_row_enforce_its_sentences(name: str) -> None:
    for sentence in row(name).sentences:
        assert {*ROWS[name]} & of_sentence(sentence), sentence


@pytest.mark.parametrize("name", ROWS)
def test_the_rules_of_a_row_find_faults_as_grave_as_it_says(name: str) -> None:
    """By their examples: each severity of the row is seen, and no other."""
    assert {s for rule in ROWS[name] for s in seen_of(RULES[rule])} == row(name).severities


@pytest.mark.parametrize("rule", [r for rules in (*ROWS.values(), *OWN.values()) for r in rules])
def test_a_rule_of_the_page_works_on_its_examples(rule: str) -> None:
    trials = [tried(RULES[rule], example, PARTS) for example in RULES[rule].examples]
    assert {"pass"} < {trial.outcome for trial in trials}
    assert all(trial.holds for trial in trials)


def row(name: str) -> Row:
    return next(r for r in rows() if r.name == name)


def seen_of(rule: Rule) -> set[Severity]:
    """Of a rule that never fails as it comes (`signal-to-noise`), the one that it stands with."""
    trials = (tried(rule, example, PARTS) for example in rule.examples)
    failed = {s for trial in trials if trial.outcome == "fail" for s in trial.severities}
    return failed or {rule.severity}
