"""A number that would switch a rule off is refused, by lint and by what the node starts with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from ofsep_node.errors import EditionError
from ofsep_node.protocol import load_edition
from ofsep_node.protocol.checks import SeriesCheck, StudyCheck
from ofsep_node.protocol.lint import lint
from ofsep_node.protocol.loading import edition_path
from ofsep_node.protocol.written import read

KINDS: tuple[type[BaseModel], ...] = (*get_args(SeriesCheck), *get_args(StudyCheck))
SHIPPED = edition_path("ofsep-2020")


def numbers(schema: Any) -> Iterator[dict[str, Any]]:
    """Every number within a JSON schema."""
    if isinstance(schema, dict):
        if schema.get("type") in ("number", "integer"):
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from numbers(part)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.__name__)
def test_every_number_of_a_kind_has_bounds(kind: type[BaseModel]) -> None:
    for number in numbers(kind.model_json_schema()["properties"]):
        assert {"minimum", "maximum"} <= number.keys()


@pytest.mark.parametrize(
    ("rule", "check"),
    [
        ("voxel-3d", "edge_mm: 1e9"),
        ("voxel-3d", "edge_tolerance_mm: -0.1"),
        ("voxel-3d", "volume_mm3: 100000"),
        ("thickness-2d", "thickness_mm: 1000000000"),
        ("no-gap-3d", "gap_mm: -1"),
        ("dti-directions", "at_least: 0"),
        ("dti-directions", "at_least: 1"),
        ("field-strength", "fields_t: []"),
        ("field-strength", "fields_t: [3, 0]"),
        ("field-strength", "tolerance_t: 10"),
        ("gadolinium-dose", "tolerance_percent: 1000"),
        ("whole-cord", "acquisitions: [1, 1000]"),
        ("brain-interval", "at_most_months: 1200"),
    ],
)
def test_a_number_that_switches_a_rule_off_is_refused(
    tmp_path: Path, rule: str, check: str
) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(f"site: Here\nrules:\n  {rule}:\n    reason: r\n    check:\n      {check}\n")
    (fault,) = lint(site, lambda: read(SHIPPED))
    assert fault.startswith(f"{site}:6: {rule}: ")
    with pytest.raises(EditionError) as refused:
        load_edition("ofsep-2020", site)
    assert str(refused.value) == fault


def test_an_edition_is_held_to_the_same_bounds(tmp_path: Path) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    edition = tmp_path / "edition.yaml"
    edition.write_text(text.replace("at_least: 15}", "at_least: 0}"), encoding="utf-8")
    (fault,) = lint(edition, lambda: read(SHIPPED))
    line = text[: text.index("at_least: 15}")].count("\n") + 1
    assert fault.startswith(f"{edition}:{line}: ")
    assert "greater than or equal to 6" in fault
