"""What a series must show, besides being recognised, before it meets a requirement.

Recognition says what a series most probably is. A header that withholds what would have told it
from its look-alikes leaves the requirement undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ofsep_node.domain.instance import Contrast
from ofsep_node.domain.measurement import DIFFUSION_WEIGHTED_FROM, TENSOR_FROM, hidden_directions
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity, SeriesVolume
from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import JudgedSeries, not_in_the_header
from ofsep_node.protocol.selector import UNKNOWN, Selector

_UNSURE = Message(
    fr="l'en-tête ne dit pas assez sûrement ce qu'est la série",
    en="the header does not say surely enough what the series is",
)

_DIRECTIONLESS = ("ISOTROPIC", "NONE")


def unproven(
    wanted: Selector, series: JudgedSeries, recognised_from: float = 0.0
) -> tuple[Message, ...]:
    """What the header withholds of a series, one message each; empty when nothing is.

    `wanted` is what the requirement asks of it; `recognised_from` the least confidence with which
    it must have been recognised.
    """
    withheld: list[Message] = []
    if "weighting" not in series.pinned:  # else a person looked at it
        if series.identity.confidence < recognised_from:
            withheld.append(_UNSURE)
        withheld.extend(_identity(series.facts))
        if series.identity.weighting == "dwi":
            withheld.extend(_diffusion(series.facts))
    if "no" in wanted.gadolinium and series.identity.gadolinium == UNKNOWN:
        withheld.extend(_contrast(series.facts.contrast))
    return tuple(withheld)


def possible_identities(series: JudgedSeries) -> tuple[SeriesIdentity, ...]:
    """What the series was recognised as, and the DTI that a DWI may be for all its header says."""
    identity = series.identity
    if identity.weighting != "dwi" or "weighting" in series.pinned:
        return (identity,)
    hidden = sum(map(hidden_directions, series.facts.volumes))
    return (identity, replace(identity, weighting="dti")) if hidden >= TENSOR_FROM else (identity,)


def _identity(facts: SeriesFacts) -> Iterator[Message]:
    """ADC and FA maps, reformats and duplicates carry most attributes of what they came from."""
    if not facts.image_type:
        yield _absent(
            "ImageType (0008,0008)", fr="peut-être calculée", en="may be a computed series"
        )
    acquisition = facts.acquisition
    if not (acquisition.series_description or acquisition.protocol_name):
        yield _absent(
            "SeriesDescription (0008,103E)",
            "ProtocolName (0018,1030)",
            fr="rien ne confirme la séquence",
            en="nothing confirms what it is",
        )


def _contrast(contrast: Contrast) -> Iterator[Message]:
    """The contrast module is written when an agent is used: where it is absent, none was.

    An agent that is named may have been typed in before the series, or after.
    """
    if contrast.names_agent:
        yield Message(
            fr=f"{contrast.agent} est nommé, rien ne dit si la série précède l'injection",
            en=f"{contrast.agent} is named, nothing says whether the series precedes the injection",
        )


def _diffusion(facts: SeriesFacts) -> Iterator[Message]:
    weighted = [v for v in facts.volumes if (v.b_value or 0.0) >= DIFFUSION_WEIGHTED_FROM]
    if not weighted:
        yield _absent("b", fr="peut-être sans diffusion", en="may not be diffusion-weighted")
    elif sum(map(_repeats, weighted)) >= TENSOR_FROM:
        yield _absent(
            "DiffusionGradientOrientation (0018,9089)", fr="peut-être une DTI", en="may be a DTI"
        )


def _repeats(volume: SeriesVolume) -> int:
    """How many directions may hide in a volume that does not give its own."""
    if volume.direction is not None or volume.directionality in _DIRECTIONLESS:
        return 0
    return volume.frames // (len(volume.offsets_mm()) or volume.announced_planes or 1)


def _absent(*attributes: str, fr: str, en: str) -> Message:
    unsaid = not_in_the_header(*attributes)
    return Message(fr=f"{unsaid.fr} : {fr}", en=f"{unsaid.en}: {en}")
