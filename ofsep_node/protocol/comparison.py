"""What differs between two editions, or between an edition and a site's adaptation of it.

Held against each other is everything that can change a verdict or a word of it. Examples are
not: they say nothing that the numbers do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from ofsep_node.protocol.edition import Edition

What = Literal[
    "edition", "indication", "sentence", "requirement", "rule",
    "series pattern", "indication pattern",
]  # fmt: skip
Entities = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the two do not say alike.

    `field` is None where one of them has the whole and the other has not; then `before` or
    `after` is what names it to people.
    """

    what: What
    id: str
    field: str | None
    before: Any
    after: Any
    reason: str | None = None  # a site's, for what it adapted

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """Whether the second has it, the first, or both in different words."""
        if self.field is not None:
            return "changed"
        return "added" if self.before is None else "removed"


def compare(before: Edition, after: Edition) -> tuple[Difference, ...]:
    """Every difference, in the order of the editions. Equal editions have none."""
    old, new = _entities(before), _entities(after)
    reasons = {rule.id: rule.adapted for _, rule in (*before.rules(), *after.rules())}
    return tuple(
        difference for what in old for difference in _between(what, old[what], new[what], reasons)
    )


def _between(
    what: What, old: Entities, new: Entities, reasons: Mapping[str, str | None]
) -> Iterator[Difference]:
    for name in dict.fromkeys([*old, *new]):
        reason = reasons.get(name) if what == "rule" else None
        if name not in new:
            yield Difference(what, name, None, _named(old[name]), None)
        elif name not in old:
            yield Difference(what, name, None, None, _named(new[name]))
        else:
            for field in dict.fromkeys([*old[name], *new[name]]):
                pair = old[name].get(field), new[name].get(field)
                if pair[0] != pair[1]:
                    yield Difference(what, name, field, *pair, reason)


def _named(fields: Mapping[str, Any]) -> Any:
    """What tells a person which one it is: its quote, its label, or what it looks for."""
    return fields.get("quote") or fields.get("label.en") or next(iter(fields.values()))


def _entities(edition: Edition) -> dict[What, dict[str, dict[str, Any]]]:
    asked_by = {r.id: s.id for s in edition.sentences for r in s.requirements}
    whole = {"name", "edition", "title", "programme", "site"}
    return {
        "edition": {edition.name: _flat(edition.model_dump(mode="json", include=whole))},
        "indication": {i.id: _fields(i) for i in edition.indications},
        "sentence": {s.id: _fields(s, "requirements", "rules") for s in edition.sentences},
        "requirement": {
            r.id: {"under": asked_by[r.id], **_fields(r)} for r in edition.requirements()
        },
        "rule": {
            r.id: {"under": s.id, **_fields(r, "examples", "adapted")} for s, r in edition.rules()
        },
        "series pattern": {p.description: _fields(p) for p in edition.series_patterns},
        "indication pattern": {p.text: _fields(p) for p in edition.indication_patterns},
    }


def _fields(model: BaseModel, *without: str) -> dict[str, Any]:
    return _flat(model.model_dump(mode="json", exclude={"id", *without}))


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as dotted names, so that a difference names the one number."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        name = f"{prefix}{key}"
        flat.update(_flat(value, f"{name}.") if isinstance(value, dict) else {name: value})
    return flat
