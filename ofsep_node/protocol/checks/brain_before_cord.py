"""The brain before the cord, when one examination shows both (FU-2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Literal

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome
from ofsep_node.protocol.checks.injection import began, pictures
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
)


class BrainBeforeCord(CheckNumbers):
    """The first series of the brain was acquired before any of the cord.

    By the times of acquisition: SeriesTime is set anew by consoles, and removed with the identity.
    """

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["brain-before-cord"]

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(
            fr="encéphale et moelle en un examen : l'encéphale d'abord",
            en="brain and cord in one examination: the brain first",
        )

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing unless both parts are imaged."""
        brain, cord = pictures(study, "brain"), pictures(study, "cord")
        if brain and cord:
            unplaced = pictures(study, "unknown")
            yield _observation(_order(brain, cord, unplaced), brain, cord)


def _order(
    brain: Sequence[JudgedSeries], cord: Sequence[JudgedSeries], unplaced: Sequence[JudgedSeries]
) -> Outcome:
    """What is not known may lie on either side, so that both answers need the times of others."""
    of_brain, of_cord = _times([*brain]), _times([*cord])
    may_be_brain, may_be_cord = _times([*brain, *unplaced]), _times([*cord, *unplaced])
    if _all_after(of_brain, may_be_cord):
        return "pass"
    return "fail" if _all_after(of_cord, may_be_brain) else "undetermined"


def _times(series: Sequence[JudgedSeries]) -> list[datetime | None]:
    return [began(s) for s in series]


def _all_after(some: Sequence[datetime | None], others: Sequence[datetime | None]) -> bool:
    first = min((t for t in some if t is not None), default=None)
    return first is not None and all(t is not None and t > first for t in others)


def _observation(
    outcome: Outcome, brain: Sequence[JudgedSeries], cord: Sequence[JudgedSeries]
) -> Observation:
    untimed = any(began(s) is None for s in (*brain, *cord))
    return Observation(
        outcome=outcome,
        expected="brain first",
        message=_UNTIMED if outcome == "undetermined" and untimed else _WORDS[outcome],
    )


_WORDS: dict[Outcome, Message] = {
    "pass": Message(
        fr="L'encéphale a été exploré avant la moelle", en="The brain was imaged before the cord"
    ),
    "fail": Message(
        fr="La moelle a été explorée avant l'encéphale", en="The cord was imaged before the brain"
    ),
    "undetermined": Message(
        fr="Les heures d'acquisition ne disent pas si l'encéphale a été exploré avant la moelle",
        en="The times of acquisition do not tell whether the brain was imaged before the cord",
    ),
}

_UNTIMED = Message(
    fr="Ordre encéphale puis moelle : AcquisitionDateTime ou AcquisitionTime absent de l'en-tête "
    "d'au moins une série, non vérifiable",
    en="Brain before cord: AcquisitionDateTime or AcquisitionTime not in the header of at least "
    "one series, cannot be checked",
)
