"""The sequences that the protocol offers (SQ-4, SQ-5): which are there, never a fault when absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from ofsep_node.domain.verdict import Message, Outcome, Part, RequirementStatus, Status
from ofsep_node.protocol.checks.injection import naming_an_agent
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedStudy, Observation


class OptionalSequences(CheckNumbers):
    """Every optional or conditional sequence of each imaged part, present or absent."""

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["optional-sequences"]
    sentences: dict[Part, str]  # the sentence that offers those of a part

    def sentences_cited(self) -> tuple[str, ...]:
        return tuple(self.sentences.values())

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """One observation for each sequence offered, of the parts that the examination shows."""
        imaged = {s.identity.organ for s in study.series}
        for offered in study.requirements:
            if offered.level == "required" or offered.status == "not_applicable":
                continue
            if offered.part in imaged:
                yield self._observation(offered, study)

    def _observation(self, offered: RequirementStatus, study: JudgedStudy) -> Observation:
        status = "missing" if _is_no_enhanced_t1(offered, study) else offered.status
        suggested = status == "missing" and offered.id in study.suggested
        words = _SUGGESTED if suggested else _WORDS[status]
        told = offered.reason if status in ("not_met", "undetermined") else None
        return Observation(
            outcome=_OUTCOMES[status],
            measured=status,
            expected=offered.id,
            sentence=self.sentences.get(offered.part),
            message=Message(
                fr=f"{offered.label.fr} : {words.fr}" + (f" ({told.fr})" if told else ""),
                en=f"{offered.label.en}: {words.en}" + (f" ({told.en})" if told else ""),
            ),
        )


def _is_no_enhanced_t1(offered: RequirementStatus, study: JudgedStudy) -> bool:
    """T1 series of which no header speaks of gadolinium are none of the T1 after gadolinium."""
    may_be = [s for s in study.series if s.facts.series_instance_uid in offered.series]
    if offered.status != "undetermined" or not may_be or naming_an_agent(study.series):
        return False
    return all(s.identity.weighting == "t1" and s.identity.gadolinium == "unknown" for s in may_be)


_OUTCOMES: dict[Status, Outcome] = {
    "met": "pass",
    "not_met": "fail",
    "missing": "not_applicable",
    "undetermined": "undetermined",
}

_WORDS: dict[Status, Message] = {
    "met": Message(fr="présente (optionnelle)", en="present (optional)"),
    "not_met": Message(
        fr="présente (optionnelle), mais non conforme",
        en="present (optional), but not good enough",
    ),
    "missing": Message(fr="absente (optionnelle)", en="absent (optional)"),
    "undetermined": Message(
        fr="optionnelle, ne peut être vérifiée", en="optional, cannot be verified"
    ),
}

_SUGGESTED = Message(
    fr="absente, proposée pour cette indication (optionnelle)",
    en="absent, suggested for this indication (optional)",
)
