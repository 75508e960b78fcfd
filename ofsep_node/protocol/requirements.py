"""Which of the protocol's sequences an examination meets, and what comes closest where it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ofsep_node.domain.series import Weighting
from ofsep_node.domain.verdict import Finding, Message, Part, RequirementStatus, Status
from ofsep_node.protocol.checks.observation import JudgedSeries
from ofsep_node.protocol.edition import Edition, Requirement
from ofsep_node.protocol.proof import unproven
from ofsep_node.protocol.selector import UNKNOWN

SeriesFindings = Mapping[str, Sequence[Finding]]

WORDS: dict[str, Message] = {
    "organ": Message("organe", "organ"),
    "weighting": Message("pondération", "weighting"),
    "dimension": Message("dimension", "dimension"),
    "plane": Message("plan", "plane"),
    "gadolinium": Message("gadolinium", "gadolinium"),
    "role": Message("nature", "role"),
}

_RESEMBLES: dict[Weighting, tuple[Weighting, ...]] = {
    "flair": ("t2", "dir", "stir"),
    "dir": ("flair",),
    "t2": ("pd_t2", "stir"),
    "pd_t2": ("pd",),
    "stir": ("t2",),
    "dwi": ("dti",),
    "dti": ("dwi",),
    "t2star": ("swi",),
    "swi": ("t2star",),
}
"""What may have been acquired in the place of a weighting."""


def parts_imaged(series: Sequence[JudgedSeries]) -> tuple[Part, ...]:
    """The parts of the body the protocol speaks of that the examination shows."""
    organs = {s.identity.organ for s in series}
    parts: tuple[Part, Part] = ("brain", "cord")
    return tuple(p for p in parts if p in organs)


def requirement_statuses(
    edition: Edition,
    programme: str,
    series: Sequence[JudgedSeries],
    findings: SeriesFindings,
) -> tuple[RequirementStatus, ...]:
    """Every requirement of the edition with its status in this examination."""
    parts = parts_imaged(series)
    return tuple(
        _status(edition, requirement, parts, series, findings)
        if programme in requirement.programmes
        else _say(requirement, "not_applicable")
        for requirement in edition.requirements()
    )


def _status(
    edition: Edition,
    requirement: Requirement,
    parts: Sequence[Part],
    series: Sequence[JudgedSeries],
    findings: SeriesFindings,
) -> RequirementStatus:
    floor = edition.recognised_from
    certain = [s for s in series if requirement.accepts(s.identity)]
    good = [s for s in certain if not _errors(s, findings) and not _unproven(requirement, s, floor)]
    if good:
        return _say(requirement, "met", good)
    unsure = [s for s in certain if not _errors(s, findings, "fail")]
    if unsure:
        doubts = [f.message for f in _errors(unsure[0], findings)]
        doubts.extend(_unproven(requirement, unsure[0], floor))
        return _say(requirement, "undetermined", unsure, _joined(doubts))
    if certain:
        best = min(certain, key=lambda s: len(_errors(s, findings, "fail")))
        faults = [f.message for f in _errors(best, findings, "fail")]
        return _say(requirement, "not_met", certain, _joined(faults), best)
    return _without_a_match(requirement, parts, series)


def _without_a_match(
    requirement: Requirement, parts: Sequence[Part], series: Sequence[JudgedSeries]
) -> RequirementStatus:
    possible = [s for s in series if _may_be(requirement, s)]
    if possible:
        doubts = Message(
            fr=f"la série {possible[0].name} pourrait l'être : "
            + _separates(requirement, possible[0], "fr"),
            en=f"series {possible[0].name} may be it: "
            + _separates(requirement, possible[0], "en"),
        )
        return _say(requirement, "undetermined", possible, doubts, possible[0])
    if requirement.part not in parts:
        return _elsewhere(requirement, series)
    nearest = _nearest(requirement, series)
    if nearest is None:
        return _say(requirement, "missing")
    return _say(
        requirement,
        "missing",
        reason=Message(
            fr=f"la plus proche est la série {nearest.name} : "
            + _separates(requirement, nearest, "fr"),
            en=f"the nearest is series {nearest.name}: " + _separates(requirement, nearest, "en"),
        ),
        nearest=nearest,
    )


def _elsewhere(requirement: Requirement, series: Sequence[JudgedSeries]) -> RequirementStatus:
    """Nothing shows the part of the body that it is about, but some series may."""
    unplaced = [s for s in series if _is_unplaced(s)]
    if not unplaced:
        return _say(requirement, "not_applicable")
    reason = Message(
        fr=f"l'en-tête ne dit pas quelle région montre la série {unplaced[0].name}",
        en=f"the header does not say what part of the body series {unplaced[0].name} shows",
    )
    return _say(requirement, "undetermined", unplaced, reason)


def _is_unplaced(series: JudgedSeries) -> bool:
    """Whether it may be a sequence of the protocol, of no one knows which part of the body."""
    identity = series.identity
    outside = identity.role != "original" or identity.weighting in ("localizer", "other")
    return bool(series.facts.frames) and identity.organ == UNKNOWN and not outside


def _say(
    requirement: Requirement,
    status: Status,
    series: Sequence[JudgedSeries] = (),
    reason: Message | None = None,
    nearest: JudgedSeries | None = None,
) -> RequirementStatus:
    return RequirementStatus(
        id=requirement.id,
        part=requirement.part,
        level=requirement.level,
        status=status,
        series=tuple(s.facts.series_instance_uid for s in series),
        nearest=nearest.facts.series_instance_uid if nearest else None,
        label=requirement.label.message(),
        reason=reason,
    )


def _errors(
    series: JudgedSeries, findings: SeriesFindings, only: str | None = None
) -> list[Finding]:
    return [
        f
        for f in findings.get(series.facts.series_instance_uid, ())
        if f.severity == "error" and f.troubles and only in (None, f.outcome)
    ]


def _joined(messages: Sequence[Message]) -> Message:
    return Message(fr=" ; ".join(m.fr for m in messages), en="; ".join(m.en for m in messages))


def _may_be(requirement: Requirement, series: JudgedSeries) -> bool:
    """Nothing known contradicts it, and its weighting is known to be the one asked for."""
    weighting_fits = series.identity.weighting in requirement.weightings
    return weighting_fits and requirement.allows(series.identity)


def _nearest(requirement: Requirement, series: Sequence[JudgedSeries]) -> JudgedSeries | None:
    """The series that differs in least: of the asked weighting, else of one that resembles it."""
    alike = [s for s in series if s.identity.weighting in requirement.weightings]
    likes = {like for w in requirement.weightings for like in _RESEMBLES.get(w, ())}
    placed = [s for s in series if s.identity.organ in (requirement.part, UNKNOWN)]
    neighbours = [s for s in placed if s.identity.weighting in likes]
    return min([*alike, *neighbours], key=lambda s: len(_mismatches(requirement, s)), default=None)


def _separates(requirement: Requirement, series: JudgedSeries, language: str) -> str:
    between = " au lieu de " if language == "fr" else " instead of "
    wanted = requirement.closest(series.identity)
    return ", ".join(
        f"{WORDS[name].in_language(language)} {getattr(series.identity, name)}"
        f"{between}{'/'.join(getattr(wanted, name))}"
        for name in _mismatches(requirement, series)
    )


def _mismatches(requirement: Requirement, series: JudgedSeries) -> list[str]:
    return [*requirement.closest(series.identity).mismatches(series.identity)]


def _unproven(
    requirement: Requirement, series: JudgedSeries, recognised_from: float
) -> tuple[Message, ...]:
    return unproven(requirement.closest(series.identity), series, recognised_from)
