"""What is wrong, or does nothing, in an edition or site file, by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ofsep_node.errors import EditionError
from ofsep_node.protocol.lint import lint
from ofsep_node.protocol.loading import CONFIG, EDITIONS
from ofsep_node.protocol.written import Written, read

SHIPPED = EDITIONS / "ofsep-2020.yaml"


def faults(path: Path) -> tuple[str, ...]:
    return lint(path, lambda: read(SHIPPED))


def altered(folder: Path, old: str, new: str) -> tuple[Path, int]:
    """The shipped edition with something changed, and the line of the change."""
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = folder / "edition.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path, text[: text.index(old)].count("\n") + 1


def site(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(f"site: Here\n{text}", encoding="utf-8")
    return path


def test_what_ships_is_clean() -> None:
    assert not faults(SHIPPED)
    assert not faults(CONFIG / "sites" / "example.yaml")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('quote: "T2 sagittale"', 'quote: "T2 axiale"', "SQ-3: the quote of ofsep 2020 is altered"),
        ("id: DR-4", "id: DR-9", "DR-9: not a sentence of ofsep 2020"),
        ("id: DR-4", "id: DR-9", "DR-4: a sentence of ofsep 2020 is left out"),
        ("severity: error", "severity: fatal", "'error', 'warning' or 'info'"),
        ("severity: error", "severty: error", "Extra inputs are not permitted"),
        ("sentences:", "sentences: [", "not YAML"),
        ("    status: manual\n", "", "either checked by a rule, or manual / not_in_dicom"),
        ("    checked_by: [cord-interval]\n", "", "either checked by a rule"),
        ("checked_by: [brain-required", "checked_by: [brain-desired", "rule brain-desired-sequences is not"),
    ],
)  # fmt: skip
def test_an_edition(tmp_path: Path, old: str, new: str, says: str) -> None:
    path, line = altered(tmp_path, old, new)
    found = [fault for fault in faults(path) if says in fault]
    assert found
    assert found[0].startswith(f"{path}:")
    if "left out" not in says:
        assert abs(int(found[0].split(":")[1]) - line) <= 3


def test_another_edition_quotes_what_it_likes(tmp_path: Path) -> None:
    path, _ = altered(tmp_path, 'quote: "T2 sagittale"', 'quote: "T2 axiale"')
    path.write_text(path.read_text().replace('edition: "2020"', 'edition: "2031"'))
    assert not faults(path)


def test_an_example_that_does_not_hold_says_what_came_out(tmp_path: Path) -> None:
    path, line = altered(
        tmp_path,
        "- says: a 1 T scanner\n            series: {field_t: 1.0}\n            outcome: fail",
        "- says: a 1 T scanner\n            series: {field_t: 1.0}\n            outcome: pass",
    )
    assert faults(path) == (
        (
            f"{path}:{line}: rule field-strength: example “a 1 T scanner” states pass, "
            "the rule says fail"
        ),
    )


def test_an_example_of_another_severity_says_which_came_out(tmp_path: Path) -> None:
    path, _ = altered(
        tmp_path, "outcome: fail\n            severity: error", "outcome: fail\n            severity: info"
    )  # fmt: skip
    (fault,) = faults(path)
    assert fault.endswith("states fail (info), the rule says fail (error)")


def test_a_number_that_its_examples_contradict(tmp_path: Path) -> None:
    path, _ = altered(tmp_path, "tolerance_t: 0.15", "tolerance_t: 0.6")
    assert [f for f in faults(path) if "“a 1 T scanner” states fail, the rule says pass" in f]


@pytest.mark.parametrize(
    ("examples", "says"),
    [
        ("[]", "has no examples"),
        ("[{says: one, outcome: pass}]", "has no example that does not pass"),
        ("[{says: two, patients: 2, outcome: fail}]", "has no example that passes"),
    ],
)
def test_a_rule_without_the_examples_it_needs(tmp_path: Path, examples: str, says: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    start = text.index("        examples:", text.index("id: one-patient"))
    end = text.index("\n\n", start)
    path = tmp_path / "edition.yaml"
    path.write_text(text[:start] + f"        examples: {examples}" + text[end:], encoding="utf-8")
    line = text[: text.index("id: one-patient")].count("\n") + 1
    assert faults(path) == (f"{path}:{line}: rule one-patient: {says}",)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("rules:\n  voxel-3d: {reason: a}\n", 3, "rule voxel-3d: nothing is changed"),
        ("rules:\n  voxel-3d:\n    reason: a\n    severity: error\n", 5, "severity error is the edition's own"),
        (
            "rules:\n  voxel-3d:\n    reason: a\n    severity_undetermined: error\n",
            5,
            "severity_undetermined error is what it is without saying",
        ),
        ("rules:\n  voxel-3d:\n    reason: a\n    check: {edge_mm: 1}\n", 5, "edge_mm 1 is the edition's own"),
        ("rules:\n  field-strength:\n    reason: a\n    check: {fields_t: [1.5, 3]}\n", 5, "fields_t [1.5, 3] is the"),
        (
            ("rules:\n  voxel-3d:\n    reason: a\n"
            "    label: {fr: Voxel des séquences 3D, en: Voxel of 3D sequences}\n"),
            5,
            "the label is the edition's own",
        ),
        ("series:\n  - {description: '.', identity: {organ: brain}, reason: a}\n", 3, "'.' matches every text"),
        ("series:\n  - {description: 'a|.+', identity: {organ: brain}, reason: a}\n", 3, "matches every text"),
        ('series:\n  - {description: "\\bT1", identity: {organ: brain}, reason: a}\n', 3, "in single quotes"),
        ("series:\n  - {description: '|t1', identity: {organ: brain}, reason: a}\n", 3, "a text that says nothing"),
        ("series:\n  - {description: 't1(', identity: {organ: brain}, reason: a}\n", 3, "regular expression"),
        (
            ("series:\n  - {description: t1, identity: {organ: brain}, reason: a}\n"
            "  - {description: t1, identity: {organ: cord}, reason: a}\n"),
            4,
            "'t1' is written twice",
        ),
        (
            ("indications:\n  - {text: a, indication: relapse, reason: a}\n"
            "  - {text: a, indication: follow-up, reason: a}\n"),
            4,
            "'a' is written twice",
        ),
        ("indications:\n  - {text: '(?s).+', indication: relapse, reason: a}\n", 3, "matches every text"),
        ("indications:\n  - {text: a, indication: relapsed, reason: a}\n", 3, "indication relapsed is not in"),
        ("rules:\n  voxel-9d: {reason: a}\n", 3, "rule voxel-9d is not in ofsep-2020"),
        ("rule: {}\n", 2, "a site file has site, rules, series, indications"),
    ],
)  # fmt: skip
def test_a_site_file(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = site(tmp_path, text)
    (fault,) = faults(path)
    assert fault.startswith(f"{path}:{line}: ")
    assert says in fault


def test_a_site_that_changes_something_is_clean(tmp_path: Path) -> None:
    assert not faults(site(tmp_path, ""))
    assert not faults(
        site(tmp_path, "rules:\n  voxel-3d: {reason: a, check: {edge_mm: 1.1}, severity: info}\n")
    )


def test_a_file_that_is_neither(tmp_path: Path) -> None:
    path = tmp_path / "node.yaml"
    path.write_text("node: here\n", encoding="utf-8")
    assert faults(path) == (
        f"{path}:1: neither an edition (it has sentences) nor a site file (it has site)",
    )
    path.write_text("- a\n", encoding="utf-8")
    assert faults(path) == (f"{path}:1: expected keys and values",)


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(EditionError, match="no such file; name an edition or a site file"):
            faults(path)


def test_an_edition_with_faults_under_a_site_file_is_no_fault_of_the_site(tmp_path: Path) -> None:
    path, _ = altered(tmp_path, "severity: error", "severity: fatal")

    def under() -> Written:
        return read(path)

    with pytest.raises(EditionError, match=r"edition\.yaml:"):
        lint(site(tmp_path, ""), under)
