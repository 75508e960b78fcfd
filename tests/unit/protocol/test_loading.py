"""An edition or a site file that is not written as it should be says where, and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ofsep_node.errors import EditionError
from ofsep_node.protocol import Edition, load_edition
from ofsep_node.protocol.loading import CONFIG

SHIPPED = (CONFIG / "protocols" / "ofsep-2020.yaml").read_text(encoding="utf-8")
EXAMPLE_SITE = CONFIG / "sites" / "example.yaml"


@pytest.fixture
def edition(tmp_path: Path) -> Path:
    path = tmp_path / "edition.yaml"
    path.write_text(SHIPPED, encoding="utf-8")
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text("site: Here\nrules:\n  thickness-2d:\n    reason: agreed\n", encoding="utf-8")
    return path


def altered(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence; the number of its line."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def complaint(edition: str | Path, site: Path | None = None) -> str:
    with pytest.raises(EditionError) as raised:
        load_edition(edition, site)
    return str(raised.value)


def thickness(edition: Edition) -> tuple[object, ...]:
    rule = next(r for _, r in edition.rules() if r.id == "thickness-2d")
    return (rule.severity, getattr(rule.check, "thickness_mm", None), rule.adapted)


def test_by_name_and_by_path_it_is_the_same(edition: Path) -> None:
    assert load_edition("ofsep-2020") == load_edition(edition)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("severity: error", "severty: error", "Extra inputs are not permitted"),
        ("severity: error", "severity: fatal", "'error', 'warning' or 'info'"),
        ("kind: field-strength", "kind: field-strenght", "field-strenght"),
        ("tolerance_t: 0.15", "tolerance_t: wide", "valid number"),
        (
            "          thickness_mm: 3.0\n",
            "          thickness_mm: -3.0\n",
            "greater than or equal to 0.1",
        ),
        ("part: brain", "part: knee", "'brain' or 'cord'"),
        ("id: voxel-3d", "id: Voxel 3D", "match pattern"),
    ],
)
def test_an_unknown_key_or_value_is_named_with_its_line(
    edition: Path, old: str, new: str, says: str
) -> None:
    line = altered(edition, old, new)
    message = complaint(edition)
    assert says in message
    lines = [int(n) for n in re.findall(rf"{edition}:(\d+): ", message)]
    assert any(abs(line - n) <= 1 for n in lines), message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected keys and values"),
        ("- a\n- b\n", "expected keys and values"),
        ("name: ofsep\nsentences: 3\n", "sentences"),
        ("name: ofsep\nsentences: [3, [4], null]\n", "sentences.0"),
        ("name: ofsep\nsentences: [{id: S, quote: q, rules: {id: a}}]\n", "rules"),
        ("name: ofsep\nsentences: [{id: S, quote: q, rules: [5]}]\n", "rules"),
        ("name: [unclosed\n", "not YAML"),
        ("name: !!python/object:os.system x\n", "not YAML"),
        ("name: a\x00b\n", "not YAML"),
        ("name: a\nsince: 2026-02-30\n", "2: not YAML: 2026-02-30: day is out of range for month"),
        ("name: !!timestamp soon\n", "1: not YAML: soon"),
        ("name: !!bool soon\n", "1: not YAML: soon"),
        ("name: a\nname: b\n", "name is written twice"),
        ("\tname: a\n", "not YAML"),
    ],
)
@pytest.mark.parametrize("with_site", [False, True])
def test_another_structure(
    edition: Path, site: Path, text: str, says: str, with_site: bool
) -> None:
    edition.write_text(text, encoding="utf-8")
    message = complaint(edition, site if with_site else None)
    assert says in message
    assert message.startswith(f"{edition}:")


def test_bytes_that_are_no_text(edition: Path) -> None:
    edition.write_bytes(b"name: \xff\xfe\n")
    assert complaint(edition).startswith(f"{edition}:1: not YAML")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: no-gap-3d", "id: voxel-3d", "rule voxel-3d is written twice"),
        ("id: SQ-3", "id: SQ-1", "sentence SQ-1 is written twice"),
        ("relapse: {sentence: GD-5}", "relapse: {sentence: GD-9}", "sentence GD-9 is not in"),
        ("not_within_sentence: FU-4", "not_within_sentence: FU-9", "sentence FU-9 is not in"),
        ("sentences: {brain: SQ-4", "sentences: {brain: SQ-9", "sentence SQ-9 is not in"),
        ("relapse: {sentence", "relaps: {sentence", "indication relaps is not in"),
        ("indications: [follow-up]}", "indications: [folow]}", "indication folow is not in"),
        ("dicomdir, indication: dummy-run", "dicomdir, indication: dumy", "indication dumy is not"),
        ("id: brain.dwi", "id: brain.t1-3d", "requirement brain.t1-3d is written twice"),
    ],
)
def test_a_name_is_written_once(edition: Path, old: str, new: str, says: str) -> None:
    line = altered(edition, old, new)
    assert says in complaint(edition)
    assert complaint(edition).startswith(f"{edition}:")
    said = int(complaint(edition).removeprefix(f"{edition}:").split(":")[0])
    ids = [n for n, text in enumerate(edition.read_text().splitlines(), 1) if new in text]
    assert said in (line, ids[-1])


def test_a_sentence_without_a_rule_says_why(edition: Path) -> None:
    text = edition.read_text(encoding="utf-8")
    edition.write_text(text + '  - {id: X-1, quote: "q"}\n', encoding="utf-8")
    assert "either checked by a rule" in complaint(edition)
    edition.write_text(text + '  - {id: X-1, quote: "q", status: manual}\n', encoding="utf-8")
    assert "must say why" in complaint(edition)
    edition.write_text(
        text + '  - {id: X-1, quote: "q", status: manual, why: seen on images}\n', encoding="utf-8"
    )
    assert load_edition(edition).sentences[-1].status == "manual"


def test_no_such_edition(tmp_path: Path) -> None:
    message = complaint("ofsep-1999")
    assert "ofsep-1999" in message
    assert "ofsep-2020" in message
    assert str(tmp_path) in complaint(tmp_path)


def test_the_example_site_file_loads() -> None:
    assert thickness(load_edition("ofsep-2020"))[:2] == ("error", 3.0)
    adapted = load_edition("ofsep-2020", EXAMPLE_SITE)
    severity, limit, reason = thickness(adapted)
    assert (severity, limit) == ("error", 3.5)
    assert reason


def test_a_site_changes_label_severity_and_numbers(edition: Path, site: Path) -> None:
    site.write_text(
        "site: Here\nrules:\n  thickness-2d:\n    reason: agreed\n    severity: warning\n"
        "    label: {fr: Coupes, en: Slices}\n    check: {thickness_mm: 4}\n",
        encoding="utf-8",
    )
    adapted = load_edition(edition, site)
    assert thickness(adapted) == ("warning", 4.0, "agreed")
    labels = [r.label.en for _, r in adapted.rules() if r.id == "thickness-2d"]
    assert labels == ["Slices"]
    quotes = [s.quote for s in adapted.sentences]
    assert quotes == [s.quote for s in load_edition(edition).sentences]


def test_the_digest_is_of_both_files(edition: Path, site: Path) -> None:
    alone = load_edition(edition).digest
    first = load_edition(edition, site).digest
    altered(site, "agreed", "agreed again")
    second = load_edition(edition, site).digest
    altered(edition, "# The OFSEP", "# the OFSEP")
    third = load_edition(edition, site).digest
    assert len({alone, first, second, third}) == 4
    assert re.fullmatch(r"[0-9a-f]{64}", alone)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("reason: agreed", "severity: info", "reason"),
        ("reason: agreed", "reason: '  '", "reason"),
        ("reason: agreed", "reason: a\n    quote: other", "quote"),
        ("reason: agreed", "reason: a\n    severity: fatal", "severity"),
        ("reason: agreed", "reason: a\n    label: {fr: seul}", "label"),
        ("reason: agreed", "reason: a\n    check: {thicknes_mm: 4}", "thicknes_mm is not a number"),
        ("reason: agreed", "reason: a\n    check: {kind: gap}", "kind is not a number"),
        ("reason: agreed", "reason: a\n    check: {thickness_mm: thick}", "thickness-2d"),
        ("reason: agreed", "reason: a\n    check: {thickness_mm: 0}", "thickness-2d"),
        (
            "thickness-2d",
            "thickness-9d",
            "rule thickness-9d is not in ofsep-2020; is thickness-2d meant?",
        ),
        ("site: Here", "sentences: []\nsite: Here", "sentences"),
        ("site: Here", "sit: Here", "site"),
        ("rules:", "rules: {a: {reason: b}}\nrules:", "rules is written twice"),
        ("rules:", "rules: [", "not YAML"),
    ],
)
def test_what_a_site_may_not(edition: Path, site: Path, old: str, new: str, says: str) -> None:
    altered(site, old, new)
    message = complaint(edition, site)
    assert says in message
    assert re.match(rf"{re.escape(str(site))}:\d+: ", message), message


def test_a_wrong_number_of_a_site_is_named_with_its_line(edition: Path, site: Path) -> None:
    altered(site, "reason: agreed", "reason: a\n    check:\n      thickness_mm: thick")
    assert complaint(edition, site).startswith(f"{site}:6: thickness-2d: ")


def test_a_site_file_that_is_not_there(edition: Path, tmp_path: Path) -> None:
    assert complaint(edition, tmp_path / "none.yaml").startswith(
        f"{tmp_path / 'none.yaml'}: cannot read the edition or site file: No such"
    )
    assert complaint(edition, tmp_path).startswith(f"{tmp_path}: ")
