"""Series that the protocol does not ask for: what they are like is not held against it.

A hospital adds sequences of its own to the protocol's (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ofsep_node.domain.verdict import Finding, Message, RequirementStatus
from ofsep_node.protocol.checks.observation import JudgedSeries
from ofsep_node.protocol.edition import Edition, Requirement

SeriesFindings = Mapping[str, tuple[Finding, ...]]

_STANDS_IN = ("missing", "not_met", "undetermined")
"""While a sequence is wanted, what resembles it may have been meant to be it."""


def excuse_surplus(
    edition: Edition,
    series: Sequence[JudgedSeries],
    findings: SeriesFindings,
    requirements: Sequence[RequirementStatus],
) -> dict[str, tuple[Finding, ...]]:
    """Findings of each series, those of a series that no sentence asks for informative only."""
    statuses = {r.id: r for r in requirements}
    excused = {}
    for one in series:
        uid = one.facts.series_instance_uid
        surplus = not any(_asks_for(r, one, statuses[r.id]) for r in edition.requirements())
        excused[uid] = tuple(map(_excuse, findings[uid])) if surplus else findings[uid]
    return excused


def _asks_for(requirement: Requirement, series: JudgedSeries, status: RequirementStatus) -> bool:
    identity = series.identity
    if requirement.allows(identity):
        return True
    wanted = status.level == "required" and status.status in _STANDS_IN
    alike = identity.weighting in requirement.weightings
    return wanted and alike and identity.organ in (requirement.part, "unknown")


def _excuse(finding: Finding) -> Finding:
    if not finding.troubles or finding.severity == "info":
        return finding
    said = finding.message
    return replace(
        finding,
        severity="info",
        message=Message(
            fr=f"{said.fr} (série hors protocole)",
            en=f"{said.en} (not a sequence of the protocol)",
        ),
    )
