"""From the facts of a series to its identity: each question answered in turn, evidence kept."""

from __future__ import annotations

from typing import cast

from ofsep_node.domain.evidence import noted
from ofsep_node.domain.series import (
    Dimension,
    Gadolinium,
    Organ,
    SeriesFacts,
    SeriesIdentity,
    Weighting,
)
from ofsep_node.domain.verdict import Message
from ofsep_node.recognition.anatomy import organ_of
from ofsep_node.recognition.contrast import gadolinium_of
from ofsep_node.recognition.diffusion import (
    called_diffusion,
    diffusion_encoded,
    diffusion_witnesses,
    is_trace,
    tensor_or_not,
)
from ofsep_node.recognition.evidence import Conclusion, Witness, conclude
from ofsep_node.recognition.nature import (
    image_type_values,
    is_derived_unsaid,
    nature_witnesses,
    non_mr_object,
    role_of,
)
from ofsep_node.recognition.physics import acquisition_contrast, weighting_physics
from ofsep_node.recognition.said import said
from ofsep_node.recognition.traits import Traits, traits_of
from ofsep_node.recognition.words import weighting_words

TEMPORAL_POSITIONS_FROM = 5
"""The same planes this often, without diffusion, are a dynamic series: perfusion, BOLD, flow."""

UNKNOWN_ORGAN_CREDIT = 0.6
"""What is left of the confidence in a weighting when the organ is not known."""

SILENCE_CREDIT = 0.7
"""What is left of the confidence when a header withholds what could have contradicted it."""

OUTSIDE_PROTOCOL = frozenset({"other", "localizer"})


def recognise(series: SeriesFacts) -> SeriesIdentity:
    """What a series is, with confidence and evidence; never raises on missing attributes."""
    thing = non_mr_object(series)
    if thing is not None:
        named = SeriesIdentity(weighting="other", role="derived", confidence=1.0)
        return noted(named, said("{}, not MR images", thing))
    traits = traits_of(series)
    weighting = weighting_of(series, traits)
    organ = organ_of(series, traits, weighting.claim)
    gadolinium = gadolinium_of(series)
    role, why = role_of(series, weighting.claim)
    silences = silences_of(series)
    identity = SeriesIdentity(
        organ=cast("Organ", organ.claim),
        weighting=cast("Weighting", weighting.claim),
        dimension=cast("Dimension", traits.dimension.claim),
        plane=series.plane,
        gadolinium=cast("Gadolinium", gadolinium.claim),
        role=role,
        confidence=round(_confidence(weighting, organ) * SILENCE_CREDIT ** len(silences), 3),
    )
    evidence = _evidence(weighting, organ, traits.dimension, gadolinium, why)
    return noted(identity, *evidence, *silences)


def silences_of(series: SeriesFacts) -> tuple[Message, ...]:
    """What the header does not say, so that it could not contradict: a name, original or not."""
    acquisition = series.acquisition
    named = acquisition.series_description or acquisition.protocol_name
    silences = () if named else (said("no SeriesDescription or ProtocolName to confirm it"),)
    if series.image_type:
        return silences
    return (*silences, said("no ImageType: may be derived images"))


def weighting_of(series: SeriesFacts, traits: Traits) -> Conclusion:
    """The weighting: physics, names, ImageType and words together."""
    nature = nature_witnesses(series)
    words = weighting_words(series.acquisition)
    if any(w.decisive for w in nature):
        claims = {w.claims for w in nature}
        return conclude([*nature, *(w for w in words if w.decisive or w.claims in claims)])
    named = (n.witness() for n in traits.names)
    witnesses = [
        *([] if diffusion_encoded(series, traits) else weighting_physics(traits)),
        *diffusion_witnesses(series, traits),
        *_dynamic(series),
        *nature,
        *acquisition_contrast(series.acquisition.acquisition_contrast),
        *(w for w in named if w is not None),
        *words,
    ]
    told = bool(nature or words or acquisition_contrast(series.acquisition.acquisition_contrast))
    weighting = _processed(tensor_or_not(conclude(witnesses), series), series)
    return weighting if told else _computed(weighting, series)


def _dynamic(series: SeriesFacts) -> list[Witness]:
    seen = {v.temporal_position for v in series.volumes if v.temporal_position is not None}
    count = max(series.acquisition.temporal_positions or 0, len(seen))
    diffusion = any(v.b_value or v.direction for v in series.volumes)
    if count < TEMPORAL_POSITIONS_FROM or diffusion or called_diffusion(series):
        return []
    return [Witness(("other",), 0.8, said("{} time points: a dynamic series", count))]


def _processed(weighting: Conclusion, series: SeriesFacts) -> Conclusion:
    """Derived diffusion images that do not say they are the trace may be any map."""
    values = image_type_values(series)
    if weighting.claim not in {"dwi", "dti"} or values[:1] != ("DERIVED",):
        return weighting
    if "MFSPLIT" in values or is_trace(series, values):
        return weighting
    evidence = (*weighting.evidence, said("derived from diffusion, without saying which map it is"))
    return Conclusion("unknown", 0.0, evidence)


def _computed(weighting: Conclusion, series: SeriesFacts) -> Conclusion:
    """Derived images keep the times of what they were computed from, whatever they show."""
    if not is_derived_unsaid(image_type_values(series)):
        return weighting
    evidence = (*weighting.evidence, said("derived, without a word of what was computed"))
    return Conclusion("unknown", 0.0, evidence)


def _confidence(weighting: Conclusion, organ: Conclusion) -> float:
    if weighting.claim in OUTSIDE_PROTOCOL or weighting.claim == "unknown":
        return weighting.confidence
    if organ.claim == "unknown":
        return weighting.confidence * UNKNOWN_ORGAN_CREDIT
    return min(weighting.confidence, organ.confidence)


def _evidence(
    weighting: Conclusion,
    organ: Conclusion,
    dimension: Conclusion,
    gadolinium: Conclusion,
    role: Message | None,
) -> tuple[Message, ...]:
    disputed = dimension.evidence if dimension.disputed else ()
    lines = (*weighting.evidence, *organ.evidence, *disputed, *gadolinium.evidence)
    return (*lines, role) if role else lines
