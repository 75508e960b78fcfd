"""Text burned into the pixels (PS3.3 C.7.6.1, BurnedInAnnotation): a check of the node's own."""

from __future__ import annotations

from typing import Literal

from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedSeries, Observation


class BurnedInAnnotation(CheckNumbers):
    """No image of the series says that text which may identify the patient is in its pixels."""

    kind: Literal["burned-in-annotation"]

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one series; the attribute is optional, so its absence says nothing."""
        said = _said(series.facts)
        if "YES" in said:
            return Observation(
                outcome="fail",
                measured="YES",
                expected="NO",
                message=Message(
                    fr="Des annotations sont incrustées dans les images (BurnedInAnnotation YES)",
                    en="Annotations are burned into the images (BurnedInAnnotation YES)",
                ),
            )
        everywhere = said == {"NO"} and "burned_in_annotation" not in series.facts.unsaid
        return Observation(
            outcome="pass" if everywhere else "not_applicable",
            measured="NO" if everywhere else None,
            expected="NO",
            message=_NONE if everywhere else _UNSAID,
        )


def _said(facts: SeriesFacts) -> set[str]:
    values = facts.varying.get("burned_in_annotation", {facts.acquisition.burned_in_annotation: 1})
    return {str(value).strip().upper() for value in values if value}


_NONE = Message(
    fr="Aucune annotation incrustée (BurnedInAnnotation NO)",
    en="No annotation burned in (BurnedInAnnotation NO)",
)
_UNSAID = Message(
    fr="BurnedInAnnotation absent de l'en-tête : rien n'en est dit",
    en="BurnedInAnnotation not in the header: nothing is said of it",
)
