"""The sequences that the programme requires (SQ-1, SQ-2, SQ-3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from ofsep_node.domain.verdict import Message, Outcome, Part, RequirementStatus, Status
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedStudy, Observation


class RequiredSequences(CheckNumbers):
    """Every required sequence of one part of the body is there, complete and good."""

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["required-sequences"]
    part: Part

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """One observation for each required sequence that applies to this examination."""
        for requirement in study.requirements:
            if requirement.level != "required" or requirement.status == "not_applicable":
                continue
            if requirement.part == self.part:
                yield _observation(requirement)


_OUTCOMES: dict[Status, Outcome] = {
    "met": "pass",
    "not_met": "fail",
    "missing": "fail",
    "undetermined": "undetermined",
}

_WORDS: dict[Status, Message] = {
    "met": Message(fr="présente et conforme", en="present and good"),
    "not_met": Message(fr="présente mais non conforme", en="present but not good enough"),
    "missing": Message(fr="manquante", en="missing"),
    "undetermined": Message(fr="ne peut être vérifiée", en="cannot be verified"),
}


def _observation(requirement: RequirementStatus) -> Observation:
    words, label, reason = _WORDS[requirement.status], requirement.label, requirement.reason
    return Observation(
        outcome=_OUTCOMES[requirement.status],
        measured=requirement.status,
        expected=requirement.id,
        message=Message(
            fr=f"{label.fr} : {words.fr}" + (f" ({reason.fr})" if reason else ""),
            en=f"{label.en}: {words.en}" + (f" ({reason.en})" if reason else ""),
        ),
    )
