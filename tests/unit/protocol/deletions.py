"""What a header can fail to say, and what must not follow from it.

Deleting can only take knowledge away. So a rule that did not pass never passes for it, a
requirement that was not met is never met for it, and an examination that did not comply never
complies for it. Legitimate is that a rule has nothing more to say: a series that can no longer be
recognised as what the rule speaks of is not applicable, or undetermined where it may still be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

from ofsep_node.domain.verdict import Verdict

TUPLES = {
    *("image_type", "scanning_sequence", "sequence_variant", "scan_options"),
    *("inversion_times_ms", "positions_mm", "dimension_indices", "remarks"),
}
"""Fields that are empty, not None, when their attribute is absent."""

GOOD = ("compliant", "compliant_with_remarks")


def absent(record: Any, name: str) -> Any:
    """The record with one field as when its attribute is absent."""
    return replace(record, **{name: () if name in TUPLES else None})


def deletable(record: type, *kept: str) -> list[str]:
    """The fields of a record that a header can lack."""
    return [f.name for f in fields(record) if f.init and f.name not in kept]


def gained(before: Verdict, after: Verdict) -> list[str]:
    """What the second verdict holds for good and the first did not; empty when all is well."""
    return [*_passes(before, after), *_met(before, after), *_conclusion(before, after)]


def _passes(before: Verdict, after: Verdict) -> Iterator[str]:
    troubled = {f.subject: f for f in before.findings if f.troubles}
    for finding in after.findings:
        old = troubled.get(finding.subject)
        if old is not None and finding.outcome == "pass":
            yield f"{finding.rule} of {finding.series} passes: {old.message.en}"


def _met(before: Verdict, after: Verdict) -> Iterator[str]:
    old = {r.id: r.status for r in before.requirements}
    for requirement in after.requirements:
        if requirement.status == "met" and old[requirement.id] != "met":
            yield f"{requirement.id} is met, it was {old[requirement.id]}"


def _conclusion(before: Verdict, after: Verdict) -> Iterable[str]:
    if after.verdict in GOOD and before.verdict not in GOOD:
        yield f"{after.verdict}, it was {before.verdict}"
