"""Which of the protocol's sequences an examination meets, and what comes closest where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ofsep_node.domain.labels import Language, value_in_words
from ofsep_node.domain.series import ACQUIRED, Weighting
from ofsep_node.domain.verdict import Finding, Message, Part, RequirementStatus, Status
from ofsep_node.protocol.checks.injection import began, ended, enhanced
from ofsep_node.protocol.checks.observation import JudgedSeries, Key
from ofsep_node.protocol.edition import Edition, Requirement
from ofsep_node.protocol.proof import unproven
from ofsep_node.protocol.selector import UNKNOWN

SeriesFindings = Mapping[Key, Sequence[Finding]]

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
    withheld = {id(s): _unproven(requirement, s, floor, series) for s in certain}
    good = [s for s in certain if not _errors(s, findings) and not withheld[id(s)]]
    if good:
        return _say(requirement, "met", good)
    unsure = [s for s in certain if not _errors(s, findings, "fail")]
    if unsure:
        doubts = [f.message for f in _errors(unsure[0], findings)]
        doubts.extend(withheld[id(unsure[0])])
        return _say(requirement, "undetermined", unsure, _joined(doubts))
    if certain:
        best = min(certain, key=lambda s: len(_errors(s, findings, "fail")))
        faults = [f.message for f in _errors(best, findings, "fail")]
        return _say(requirement, "not_met", certain, _joined(faults), best)
    return _without_a_match(edition, requirement, parts, series)


def _without_a_match(
    edition: Edition,
    requirement: Requirement,
    parts: Sequence[Part],
    series: Sequence[JudgedSeries],
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
        return _elsewhere(edition, requirement, series)
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


def _elsewhere(
    edition: Edition, requirement: Requirement, series: Sequence[JudgedSeries]
) -> RequirementStatus:
    """Nothing shows the part of the body that it is about, but some series may."""
    unplaced = [s for s in series if _may_show(edition, requirement.part, s)]
    if not unplaced:
        return _say(requirement, "not_applicable")
    reason = Message(
        fr=f"l'en-tête ne dit pas quelle région montre la série {unplaced[0].name}",
        en=f"the header does not say what part of the body series {unplaced[0].name} shows",
    )
    return _say(requirement, "undetermined", unplaced, reason)


def _may_show(edition: Edition, part: Part, series: JudgedSeries) -> bool:
    """Whether a series of an unknown part of the body may be a sequence that this part has."""
    identity = series.identity
    ours = {w for r in edition.requirements() if r.part == part for w in r.weightings}
    fits = identity.weighting in (*ours, UNKNOWN) and identity.role in ACQUIRED
    return bool(series.facts.frames) and identity.organ == UNKNOWN and fits


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
        for f in findings.get(series.key, ())
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


def _separates(requirement: Requirement, series: JudgedSeries, language: Language) -> str:
    wanted = requirement.closest(series.identity)
    return ", ".join(
        f"{WORDS[name].in_language(language)} "
        f"{value_in_words(name, getattr(series.identity, name), language)}"
        + _instead_of(
            "/".join(value_in_words(name, v, language) for v in getattr(wanted, name)), language
        )
        for name in _mismatches(requirement, series)
    )


def _instead_of(wanted: str, language: Language) -> str:
    if language == "en":
        return f" instead of {wanted}"
    return f" au lieu d'{wanted}" if wanted[0] in "aeéiou" else f" au lieu de {wanted}"


def _mismatches(requirement: Requirement, series: JudgedSeries) -> list[str]:
    return [*requirement.closest(series.identity).mismatches(series.identity)]


def _unproven(
    requirement: Requirement,
    series: JudgedSeries,
    recognised_from: float,
    others: Sequence[JudgedSeries],
) -> tuple[Message, ...]:
    wanted = requirement.closest(series.identity)
    withheld = unproven(wanted, series, recognised_from)
    silent = "no" in wanted.gadolinium and series.identity.gadolinium == UNKNOWN
    return (*withheld, *_after_gadolinium(series, others)) if silent else withheld


def _after_gadolinium(series: JudgedSeries, others: Sequence[JudgedSeries]) -> Iterator[Message]:
    """A header that is silent says that none was given; one that follows an injection does not."""
    start = began(series)
    for other in enhanced(others):
        over = ended(other)
        if start is not None and over is not None and over < start:
            yield Message(
                fr=f"rien n'est dit du gadolinium, et la série {other.name}, faite après "
                "injection, la précède",
                en=f"nothing is said of gadolinium, and series {other.name}, made after it, "
                "came before",
            )
            return
