"""One set of parameters in one series: a check of the node's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.verdict import Message, Severity
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    Observation,
    bilingual,
    not_in_the_header,
)

Parameter = Literal[
    "repetition_time_ms",
    "flip_angle_deg",
    "magnetic_field_strength_t",
    "acquisition_matrix",
    "mr_acquisition_type",
]

KEYWORDS: dict[Parameter, str] = {
    "repetition_time_ms": "RepetitionTime",
    "flip_angle_deg": "FlipAngle",
    "magnetic_field_strength_t": "MagneticFieldStrength",
    "acquisition_matrix": "AcquisitionMatrix",
    "mr_acquisition_type": "MRAcquisitionType",
}


class ConsistentParameters(CheckNumbers):
    """What all images of an acquisition share does not vary within the series.

    Numbers within `tolerance_percent` of each other are one value written twice. Fewer images than
    `minority_percent` of those that say are a minority, weighed by `minority_severity`. Of what
    software is known to write wrong on a few images, `by_majority`, the majority is taken.
    """

    kind: Literal["consistent-parameters"]
    parameters: tuple[Parameter, ...] = Field(min_length=1)
    tolerance_percent: Annotated[float, Field(ge=0, le=50)]
    minority_percent: Annotated[float, Field(ge=0, le=50)]
    minority_severity: Severity
    by_majority: tuple[Parameter, ...] = ()

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one series; what some image does not say cannot be shown to be the same."""
        varying = dict(self._varying(series.facts))
        odd = {n: c for n, c in varying.items() if n not in self.by_majority or not self._few(c)}
        if odd:
            return self._varies(odd)
        unsaid = [n for n in self.parameters if _is_unsaid(series.facts, n)]
        if unsaid:
            return _unsaid(unsaid)
        few = _told(varying)
        return Observation(
            outcome="pass",
            measured=few or None,
            message=Message(
                fr="Toutes les images ont les mêmes paramètres"
                + (f", à l'écriture près sur quelques images : {few}" if few else ""),
                en="All images have the same parameters"
                + (f", but for how a few images write them: {few}" if few else ""),
            ),
        )

    def _varying(self, facts: SeriesFacts) -> Iterator[tuple[Parameter, Mapping[str, int]]]:
        for name in self.parameters:
            counts = self._distinct(facts.varying.get(name, {}))
            if len(counts) > 1:
                yield name, counts

    def _distinct(self, counts: Mapping[Any, int]) -> dict[str, int]:
        """Images for each value, the most frequent first; near numbers are one value."""
        kept: dict[Any, int] = {}
        for value, images in sorted(counts.items(), key=lambda item: (-item[1], repr(item[0]))):
            same = next((k for k in kept if self._same(k, value)), value)
            kept[same] = kept.get(same, 0) + images
        return {_written(value): images for value, images in kept.items()}

    def _same(self, a: Any, b: Any) -> bool:
        if isinstance(a, float) and isinstance(b, float):
            return abs(a - b) <= self.tolerance_percent / 100 * max(abs(a), abs(b))
        return bool(a == b)

    def _few(self, counts: Mapping[str, int]) -> bool:
        """Whether all but a minority of the images agree."""
        return max(counts.values()) / sum(counts.values()) > 1 - self.minority_percent / 100

    def _varies(self, odd: Mapping[Parameter, Mapping[str, int]]) -> Observation:
        few = all(map(self._few, odd.values()))
        told = _told(odd)
        return Observation(
            outcome="fail",
            severity=self.minority_severity if few else None,
            measured=told,
            message=bilingual(
                fr=f"Des paramètres varient dans la série (nombre d'images) : {told}",
                en=f"Parameters vary within the series (number of images): {told}",
            ),
        )


def _told(varying: Mapping[Parameter, Mapping[str, int]]) -> str:
    return "; ".join(
        f"{KEYWORDS[name]} " + ", ".join(f"{value} ({n})" for value, n in counts.items())
        for name, counts in varying.items()
    )


def _unsaid(parameters: Sequence[Parameter]) -> Observation:
    unsaid = not_in_the_header(*(KEYWORDS[name] for name in parameters))
    return Observation(
        outcome="not_applicable",
        message=Message(
            fr=f"Aucune variation ; {unsaid.fr} d'une image au moins",
            en=f"Nothing varies; {unsaid.en} of at least one image",
        ),
    )


def _is_unsaid(facts: SeriesFacts, name: str) -> bool:
    return name in facts.unsaid or getattr(facts.acquisition, name) is None


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)
