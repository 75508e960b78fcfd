"""Diffusion: real b-values, distinct directions, and EPI that is no diffusion."""

from __future__ import annotations

import re

from ofsep_node.domain.measurement import (
    DIFFUSION_WEIGHTED_FROM,
    TENSOR_FROM,
    distinct_directions,
)
from ofsep_node.domain.series import SeriesFacts
from ofsep_node.recognition.evidence import DIFFUSION_MAPS, Conclusion, Witness
from ofsep_node.recognition.said import said
from ofsep_node.recognition.traits import Traits
from ofsep_node.recognition.words import text_of

NO_B_VALUE_CREDIT = 0.6
"""What is left of the confidence in a diffusion that only names speak of."""

TRACE_WORDS = r"\b(trace\w*|isotropic\w*|comb(ined)?)\b"


def real_b_values(series: SeriesFacts) -> tuple[float, ...]:
    """Distinct b-values that weight the image, ascending, in s/mm2.

    What is written for b0 is left out: 0.001 to 0.004 by Philips (and 0.0 on every series), 1.25
    by UIH.
    """
    return tuple(b for b in series.b_values if b >= DIFFUSION_WEIGHTED_FROM)


def diffusion_witnesses(series: SeriesFacts, traits: Traits) -> list[Witness]:
    """What b-values, directions and the kind of EPI say."""
    b_values = real_b_values(series)
    if b_values:
        return [_weighted(series, traits, b_values)]
    if traits.epi and traits.echo == "gradient" and not called_diffusion(series):
        return [
            Witness(("other",), 0.6, said("gradient-echo EPI without b-value: BOLD or perfusion"))
        ]
    return []


def _weighted(series: SeriesFacts, traits: Traits, b_values: tuple[float, ...]) -> Witness:
    written = ", ".join(f"{b:.0f}" for b in b_values[:4])
    if series.image_type[:1] == ("DERIVED",):
        because = said("b {} s/mm2 on derived images: diffusion", written)
        return Witness(("dwi",), 0.4, because, DIFFUSION_MAPS)
    if traits.epi:
        return Witness(("dwi",), 0.85, said("EPI with b {} s/mm2: diffusion", written))
    if _has_directionality(series):
        because = said("b {} s/mm2 with its directionality: diffusion", written)
        return Witness(("dwi",), 0.8, because)
    return Witness(("dwi",), 0.4, said("b {} s/mm2, though not on EPI: diffusion", written))


def diffusion_encoded(series: SeriesFacts, traits: Traits) -> bool:
    """The images are diffusion-weighted beyond doubt: their times say nothing of T1 or T2."""
    return bool(real_b_values(series)) and (traits.epi or _has_directionality(series))


def is_trace(series: SeriesFacts, image_type: tuple[str, ...]) -> bool:
    """Derived diffusion images that say they combine the directions at a real b-value."""
    if {"TRACEW", "TRACE", "COMBINED"} & set(image_type):
        return True
    weighted = [v for v in series.volumes if (v.b_value or 0.0) >= DIFFUSION_WEIGHTED_FROM]
    named = re.search(TRACE_WORDS, text_of(series.acquisition.series_description)) is not None
    return bool(weighted) and (named or all(v.directionality == "ISOTROPIC" for v in weighted))


def called_diffusion(series: SeriesFacts) -> bool:
    """The header calls the images diffusion, whatever their b-values."""
    contrast = (series.acquisition.acquisition_contrast or "").upper()
    return contrast == "DIFFUSION" or "DIFFUSION" in series.image_type


def _has_directionality(series: SeriesFacts) -> bool:
    return any(v.directionality or v.direction for v in series.volumes)


def tensor_or_not(conclusion: Conclusion, series: SeriesFacts) -> Conclusion:
    """Diffusion becomes DTI when it has the directions of a tensor.

    Where names say diffusion and no b-value does, the conclusion is less sure; where every b-value
    is there and is b0, the images are not diffusion-weighted (yet).
    """
    if conclusion.claim != "dwi":
        return conclusion
    if not real_b_values(series):
        return _without_b_value(conclusion, series)
    count = distinct_directions(series)
    counted = (
        said("1 distinct diffusion direction")
        if count == 1
        else said("{} distinct diffusion directions", count)
    )
    evidence = (*conclusion.evidence, counted)
    claim = "dti" if count >= TENSOR_FROM else "dwi"
    return Conclusion(claim, conclusion.confidence, evidence)


def _without_b_value(conclusion: Conclusion, series: SeriesFacts) -> Conclusion:
    if series.volumes and all(v.b_value is not None for v in series.volumes):
        because = said("every image is b0, none is diffusion-weighted")
        return Conclusion("unknown", 0.0, (*conclusion.evidence, said("against: {}", because)))
    because = said("no b-value to confirm it")
    evidence = (*conclusion.evidence, said("against: {}", because))
    return Conclusion("dwi", conclusion.confidence * NO_B_VALUE_CREDIT, evidence)
