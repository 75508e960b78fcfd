"""What people said of an examination, taken over before it is judged.

What one person said of one study stands above what a site's file says of every examination, and
both above what was recognised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ofsep_node.domain.correction import UNKNOWN_INDICATION, Corrections, Pin
from ofsep_node.domain.evidence import noted
from ofsep_node.domain.labels import attribute_in_words
from ofsep_node.domain.performed_step import AnnouncedSeries, announced_series
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import AppliedCorrection, IndicationSource, Message
from ofsep_node.protocol.edition import Edition, IdentityPins


@dataclass(frozen=True, slots=True)
class KnownIndication:
    """Why the examination was asked for, and who says so."""

    indication: str = UNKNOWN_INDICATION
    source: IndicationSource = "none"
    applied: tuple[AppliedCorrection, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectedSeries:
    """A series with the identity it is judged by, and what people said to make it that."""

    facts: SeriesFacts
    identity: SeriesIdentity
    applied: tuple[AppliedCorrection, ...] = ()
    parts: tuple[RecognisedSeries, ...] = ()  # where it holds several things
    announced: AnnouncedSeries | None = None  # by the scanner, when it had made the series


def indicated(study: Study, edition: Edition, corrections: Corrections) -> KnownIndication:
    """The operator's indication, else that of the site's first pattern that matches."""
    said = corrections.indication
    if said is not None:
        applied = AppliedCorrection(
            None, {"indication": said.indication}, "operator", said.by, said.reason, said.at
        )
        return KnownIndication(said.indication, "operator", (applied,))
    texts = [*study.request_descriptions, *filter(None, [study.study_description])]
    for pattern in edition.indication_patterns:
        if any(re.search(pattern.text, text, re.IGNORECASE) for text in texts):
            applied = AppliedCorrection(
                None,
                {"indication": pattern.indication},
                "site",
                edition.site or "",
                pattern.reason,
            )
            return KnownIndication(pattern.indication, "site", (applied,))
    return KnownIndication()


def correct_series(
    study: Study, edition: Edition, corrections: Corrections
) -> tuple[CorrectedSeries, ...]:
    """Every series of the study, with what the site and the operator said of it."""
    announced = announced_series(study.steps)
    return tuple(
        replace(
            _corrected(series, edition, corrections),
            announced=announced.get(series.facts.series_instance_uid),
        )
        for series in study.series
    )


def _corrected(
    series: RecognisedSeries, edition: Edition, corrections: Corrections
) -> CorrectedSeries:
    said = [
        *_by_the_site(series.facts, edition),
        *(_by_the_operator(p) for p in corrections.pins if _is_about(p, series.facts)),
    ]
    identity = series.identity
    applied: list[AppliedCorrection] = []
    for correction in said:
        recognised = {name: getattr(identity, name) for name in correction.said}
        applied.append(replace(correction, recognised=recognised))
        identity = _with(identity, applied[-1])
    return CorrectedSeries(series.facts, identity, tuple(applied), _parts(series, identity))


def _parts(series: RecognisedSeries, identity: SeriesIdentity) -> tuple[RecognisedSeries, ...]:
    """What a series holds, once people spoke of it as a whole.

    Who says that it is something else says so of all its images.
    """
    if not series.parts or identity.weighting != series.identity.weighting:
        return ()
    shared = {
        name: getattr(identity, name)
        for name in ("organ", "dimension", "plane", "gadolinium")
        if getattr(identity, name) != getattr(series.identity, name)
    }
    main, *others = series.parts
    return (
        replace(main, identity=identity),
        *(replace(part, identity=replace(part.identity, **shared)) for part in others),
    )


def _is_about(pin: Pin, facts: SeriesFacts) -> bool:
    return pin.series_instance_uid == facts.series_instance_uid


def _by_the_site(facts: SeriesFacts, edition: Edition) -> list[AppliedCorrection]:
    acquisition = facts.acquisition
    described = acquisition.series_description or acquisition.protocol_name or ""
    return [
        AppliedCorrection(
            facts.series_instance_uid,
            pattern.identity.said(),
            "site",
            edition.site or "",
            pattern.reason,
        )
        for pattern in edition.series_patterns
        if re.search(pattern.description, described, re.IGNORECASE)
    ]


def _by_the_operator(pin: Pin) -> AppliedCorrection:
    return AppliedCorrection(
        pin.series_instance_uid,
        {pin.attribute: pin.value},
        "operator",
        pin.by,
        pin.reason,
        pin.at,
    )


def _with(identity: SeriesIdentity, correction: AppliedCorrection) -> SeriesIdentity:
    corrected = replace(
        IdentityPins.model_validate(correction.said).over(identity),
        confidence=1.0 if "weighting" in correction.said else identity.confidence,
    )
    return noted(corrected, _because(correction))


def _because(correction: AppliedCorrection) -> Message:
    by, why = correction.by, correction.reason
    said, was = _in_words(correction.said), _in_words(correction.recognised)
    return Message(
        fr=f"selon {by} : {said.fr} (reconnu : {was.fr}) : {why}",
        en=f"said by {by}: {said.en} (recognised: {was.en}): {why}",
    )


def _in_words(attributes: Mapping[str, str]) -> Message:
    return Message(
        fr=", ".join(attribute_in_words(*a, "fr") for a in attributes.items()),
        en=", ".join(attribute_in_words(*a, "en") for a in attributes.items()),
    )
