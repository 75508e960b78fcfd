"""Series that the protocol does not ask for: what they are like is not held against it.

A hospital adds sequences of its own to the protocol's (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Finding, Message, RequirementStatus
from ofsep_node.protocol.checks.injection import says_nothing_of_gadolinium
from ofsep_node.protocol.checks.observation import JudgedSeries, Key
from ofsep_node.protocol.edition import Edition, Requirement
from ofsep_node.protocol.selector import UNKNOWN

SeriesFindings = Mapping[Key, tuple[Finding, ...]]

_STANDS_IN = ("missing", "not_met", "undetermined")
"""While a sequence is wanted, what resembles it may have been meant to be it."""


def beside_protocol(
    edition: Edition,
    programme: str,
    series: Sequence[JudgedSeries],
    requirements: Sequence[RequirementStatus],
) -> frozenset[Key]:
    """The series that no sentence asks for: asked for is what the programme requires or offers."""
    statuses = {r.id: r for r in requirements}
    asking = [r for r in edition.requirements() if programme in r.programmes]
    silent = says_nothing_of_gadolinium(series)
    read = {s.key: _read(s.identity) if silent else s.identity for s in series}
    return frozenset(
        key
        for key, identity in read.items()
        if not any(_asks_for(r, identity, statuses[r.id]) for r in asking)
    )


def excuse_surplus(findings: SeriesFindings, beside: frozenset[Key]) -> SeriesFindings:
    """Findings of each series, those of a series beside the protocol informative only."""
    return {
        key: tuple(map(excused, found)) if key in beside else found
        for key, found in findings.items()
    }


def _read(identity: SeriesIdentity) -> SeriesIdentity:
    """The contrast module is written when an agent is used: silence is a series without."""
    unsaid = identity.gadolinium == UNKNOWN
    return replace(identity, gadolinium="no") if unsaid else identity


def _asks_for(
    requirement: Requirement, identity: SeriesIdentity, status: RequirementStatus
) -> bool:
    if requirement.allows(identity):
        return True
    wanted = status.level == "required" and status.status in _STANDS_IN
    alike = identity.weighting in requirement.weightings
    return wanted and alike and identity.organ in (requirement.part, UNKNOWN)


def excused(finding: Finding) -> Finding:
    """A finding on what the protocol does not ask for: shown, and held against nobody."""
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
