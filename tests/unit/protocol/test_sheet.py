"""The protocol on one page, its coverage, and what two editions differ in."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from ofsep_node.domain.typography import typeset
from ofsep_node.protocol import load_edition
from ofsep_node.protocol.comparison import Difference, compare
from ofsep_node.protocol.coverage import coverage
from ofsep_node.protocol.loading import EDITIONS
from ofsep_node.protocol.sheet import Asked, Sheet, Topic, sheet
from ofsep_node.protocol.wording import unit_of, written_number

EDITION = load_edition("ofsep-2020")


def asked(page: Sheet, sequence: str, rule: str, alternative: int = 0) -> Asked:
    found = next(s for s in page.sequences if s.id == sequence)
    return next(a for a in found.alternatives[alternative].asked if a.rule == rule)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: Here\nrules:\n  thickness-2d: {reason: agreed, check: {thickness_mm: 3.5}}\n"
        "  voxel-3d: {reason: later, severity: warning}\n"
        "  no-gap-3d: {reason: shorter, label: {fr: Jointives, en: Contiguous}}\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("sequence", "alternative", "rule", "fr", "en", "severity"),
    [
        ("brain.t1-3d", 0, "voxel-3d", "voxel ≤ 1 mm de côté", "voxel ≤ 1 mm a side", "error"),
        ("brain.t1-3d", 0, "no-gap-3d", "coupes jointives", "no gap", "error"),
        ("brain.dwi", 0, "thickness-2d", "coupes ≤ 3 mm", "slices ≤ 3 mm", "error"),
        ("brain.dwi", 0, "in-plane-2d", "≤ 1 mm dans le plan", "≤ 1 mm in plane", "warning"),
        ("brain.t2", 0, "in-plane-2d", "≤ 1 mm dans le plan", "≤ 1 mm in plane", "error"),
        ("brain.t2", 1, "voxel-3d", "voxel ≤ 1 mm de côté", "voxel ≤ 1 mm a side", "error"),
        ("brain.t2star-2d", 0, "thickness-2d", "coupes ≤ 4 mm", "slices ≤ 4 mm", "error"),
        ("cord.t2-sagittal", 0, "thickness-cord", "coupes ≤ 3 mm", "slices ≤ 3 mm", "error"),
    ],
)
def test_a_sequence_is_asked_for_with_its_numbers(
    sequence: str, alternative: int, rule: str, fr: str, en: str, severity: str
) -> None:
    found = asked(sheet(EDITION, "standard"), sequence, rule, alternative)
    assert (found.words.fr, found.words.en, found.severity) == (fr, en, severity)


def test_what_does_not_speak_of_a_sequence_is_not_asked_of_it() -> None:
    page = sheet(EDITION, "standard")
    rules = {s.id: {a.rule for alt in s.alternatives for a in alt.asked} for s in page.sequences}
    assert "thickness-2d" not in rules["brain.t1-3d"] | rules["brain.dti"]
    assert "voxel-3d" not in rules["brain.dwi"] | rules["brain.swi"]
    assert "thickness-cord" not in rules["brain.t2"]


def test_a_programme_has_its_sequences() -> None:
    standard, reduced = sheet(EDITION, "standard"), sheet(EDITION, "reduced")
    assert "brain.t1-3d" in {s.id for s in standard.of("brain", "required")}
    assert "brain.t1-3d" not in {s.id for s in reduced.sequences}
    assert {s.id for s in reduced.of("brain", "required")} == {
        "brain.dwi", "brain.adc", "brain.flair-3d",
    }  # fmt: skip
    assert not reduced.of("cord", "required")


def test_the_examination_is_asked_for_its_field_and_the_nodes_own_checks_stand_apart() -> None:
    page = sheet(EDITION, "standard")
    examination = {a.rule: a for a in page.examination}
    assert examination["field-strength"].words.fr == "champ de 1,5 T ou 3 T"
    assert not {"one-patient", "unique-instances", "brain-required-sequences"} & {*examination}
    assert "Un seul patient" in {label.fr for label in page.node}


def test_what_is_asked_of_the_examination_is_told_in_words_and_not_by_a_bare_label() -> None:
    page = sheet(EDITION, "standard")
    for asked in page.examination:
        assert asked.words != asked.label, asked.rule
        assert "{" not in asked.words.fr + asked.words.en


def test_every_topic_is_told_and_nothing_twice() -> None:
    page = sheet(EDITION, "standard")
    told = [a.rule for topic in get_args(Topic) for a in page.about(topic)]
    assert sorted(told) == sorted(a.rule for a in page.examination)
    assert [a.rule for a in page.about("order")] == ["brain-before-cord", "gadolinium-before-flair"]
    assert page.about("gadolinium")[0].rule == "gadolinium-indicated"


def test_every_rule_of_the_protocol_is_told_in_words_of_both_languages() -> None:
    page = sheet(EDITION, "standard")
    every = [*page.examination]
    every.extend(a for s in page.sequences for alt in s.alternatives for a in alt.asked)
    for one in every:
        assert one.words.fr
        assert one.words.en


def test_what_the_site_asks_instead_is_marked(site: Path) -> None:
    page = sheet(load_edition("ofsep-2020", site), "standard", EDITION)
    assert page.site == "Here"
    assert asked(page, "brain.dwi", "thickness-2d").words.en == "slices ≤ 3.5 mm"
    assert asked(page, "brain.dwi", "thickness-2d").adapted == "agreed"
    assert asked(page, "brain.t2star-2d", "thickness-2d").adapted is None  # 4 mm as before
    assert asked(page, "brain.t1-3d", "voxel-3d").severity == "warning"
    assert asked(page, "brain.t1-3d", "voxel-3d").adapted == "later"
    assert asked(page, "brain.t1-3d", "no-gap-3d").adapted is None
    assert [(d.id, d.field, d.before, d.after, d.reason) for d in page.adapted] == [
        ("voxel-3d", "severity", "error", "warning", "later"),
        ("thickness-2d", "check.thickness_mm", 3.0, 3.5, "agreed"),
    ]


def test_gadolinium_is_told_with_its_indications_and_its_dose() -> None:
    examination = {a.rule: a for a in sheet(EDITION, "standard").examination}
    assert examination["gadolinium-indicated"].words.fr.endswith(
        typeset("poussée ; en option : recherche d'activité")
    )
    assert examination["gadolinium-not-indicated"].words.en == "no injection for: follow-up"
    assert examination["gadolinium-indicated"].sentences == ("GD-2", "GD-3", "GD-4", "GD-5", "GD-6")
    assert "0,1 mmol/kg" in examination["gadolinium-dose"].words.fr
    assert "tous les 12 mois" in examination["brain-interval"].words.fr


def test_a_gap_that_a_site_allows_is_told(site: Path) -> None:
    site.write_text("site: H\nrules: {no-gap-3d: {reason: r, check: {gap_mm: 0.5}}}\n")
    page = sheet(load_edition("ofsep-2020", site), "standard", EDITION)
    found = asked(page, "brain.t1-3d", "no-gap-3d")
    assert (found.words.fr, found.adapted) == ("espace inter-coupes ≤ 0,5 mm", "r")


# --- coverage


def test_every_sentence_is_covered_or_says_why_not() -> None:
    found = coverage(EDITION)
    assert [c.sentence for c in found.sentences] == [s.id for s in EDITION.sentences]
    for covered in found.sentences:
        if covered.status == "checked":
            assert covered.rules or covered.requirements
        else:
            assert covered.why
            assert not covered.rules


def test_a_sentence_that_a_rule_under_another_one_enforces() -> None:
    covered = {c.sentence: c for c in coverage(EDITION).sentences}
    rule = covered["SQ-2"].rules[0]
    assert (rule.rule, rule.under, rule.severity) == ("brain-required-sequences", "SQ-1", "error")
    assert {r.under for r in covered["SQ-2"].rules} == {"SQ-1"}


def test_the_counts_are_of_sentences_and_rules() -> None:
    found = coverage(EDITION)
    assert sum(found.severities().values()) == len([*EDITION.rules()])
    for source in ("ofsep", "node"):
        counted = found.statuses(source)
        assert sum(counted.values()) == len([s for s in EDITION.sentences if s.source == source])


def test_what_the_node_says_of_sentences_it_says_in_both_languages() -> None:
    for covered in coverage(EDITION).sentences:
        assert (covered.quote.fr != covered.quote.en) == (covered.source == "node")
        assert covered.why is None or covered.why.fr != covered.why.en


def test_a_sites_severity_is_counted(site: Path) -> None:
    before = coverage(EDITION).severities()
    after = coverage(load_edition("ofsep-2020", site)).severities()
    assert after["error"] == before["error"] - 1
    assert after["warning"] == before["warning"] + 1


# --- comparison


def changed(tmp_path: Path, old: str, new: str) -> tuple[Difference, ...]:
    text = (EDITIONS / "ofsep-2020.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "edition.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return compare(EDITION, load_edition(path))


def test_equal_editions_do_not_differ(tmp_path: Path) -> None:
    assert not compare(EDITION, EDITION)
    assert not changed(tmp_path, "# The OFSEP", "# the OFSEP")


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ('edition: "2020"', 'edition: "2021"', ("edition", "ofsep", "edition", "2020", "2021")),
        ("programme: reduced", "programme: standard",
         ("indication", "pml-follow-up", "programme", "reduced", "standard")),
        ("T2 sagittale", "T2 axiale", ("sentence", "SQ-3", "quote", "T2 sagittale", "T2 axiale")),
        ("level: conditional", "level: optional",
         ("requirement", "brain.t2star-2d", "level", "conditional", "optional")),
        ("tolerance_t: 0.15", "tolerance_t: 0.2",
         ("rule", "field-strength", "check.tolerance_t", 0.15, 0.2)),
        ("fields_t: [1.5, 3.0]", "fields_t: [3.0]",
         ("rule", "field-strength", "check.fields_t", [1.5, 3.0], [3.0])),
        ("en: Field strength", "en: Field", ("rule", "field-strength", "label.en", "Field strength", "Field")),
    ],
)  # fmt: skip
def test_what_differs_is_named(
    tmp_path: Path, old: str, new: str, differs: tuple[Any, ...]
) -> None:
    (difference,) = changed(tmp_path, old, new)
    assert (
        difference.what, difference.id, difference.field, difference.before, difference.after,
    ) == differs  # fmt: skip
    assert difference.kind == "changed"


def test_what_one_has_and_the_other_has_not(tmp_path: Path) -> None:
    added = changed(
        tmp_path, "  - id: DR-4", "  - {id: XX-1, quote: q, status: manual, why: w}\n  - id: DR-4"
    )
    assert [(d.kind, d.what, d.id, d.after) for d in added] == [("added", "sentence", "XX-1", "q")]
    path = tmp_path / "edition.yaml"
    removed = compare(load_edition(path), EDITION)
    assert [(d.kind, d.what, d.id, d.before) for d in removed] == [
        ("removed", "sentence", "XX-1", "q")
    ]


def test_what_a_site_changes(site: Path) -> None:
    with site.open("a", encoding="utf-8") as file:
        file.write(
            "series:\n  - {description: t1, identity: {weighting: t1}, reason: so}\n"
            "indications:\n  - {text: LEMP, indication: pml-follow-up, reason: so}\n"
        )
    found = compare(EDITION, load_edition("ofsep-2020", site))
    assert [(d.what, d.id, d.field, d.kind) for d in found] == [
        ("edition", "ofsep", "site", "changed"),
        ("rule", "voxel-3d", "severity", "changed"),
        ("rule", "no-gap-3d", "label.fr", "changed"),
        ("rule", "no-gap-3d", "label.en", "changed"),
        ("rule", "thickness-2d", "check.thickness_mm", "changed"),
        ("series pattern", "t1", None, "added"),
        ("indication pattern", "LEMP", None, "added"),
    ]
    assert [d.reason for d in found if d.what == "rule"] == [
        "later",
        "shorter",
        "shorter",
        "agreed",
    ]


# --- words


@pytest.mark.parametrize(
    ("name", "value", "fr", "en"),
    [
        ("edge_mm", 1.0, "1 mm", "1 mm"),
        ("edge_tolerance_mm", 0.05, "0,05 mm", "0.05 mm"),
        ("volume_mm3", 1.5, "1,5 mm³", "1.5 mm³"),
        ("volume_tolerance_percent", 5, "5 %", "5 %"),
        ("fields_t", [1.5, 3.0], "1,5 T, 3 T", "1.5 T, 3 T"),
        ("dose_mmol_per_kg", 0.1, "0,1 mmol/kg", "0.1 mmol/kg"),
        ("exception_mm", None, "–", "–"),
        ("severity", "warning", "warning", "warning"),
    ],
)
def test_a_number_has_its_unit(name: str, value: Any, fr: str, en: str) -> None:
    assert (written_number(name, value, "fr"), written_number(name, value, "en")) == (fr, en)


def test_a_name_without_a_unit() -> None:
    assert unit_of("directions") is None
    assert unit_of("lenient_for") is None
