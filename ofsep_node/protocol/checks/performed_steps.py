"""What scanners told of their work, held against what came of it: checks of the node's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedStudy, Observation


class AnnouncedInstances(CheckNumbers):
    """Every object that a scanner announced is here."""

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["announced-instances"]

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Judge the steps that are over: one in progress may yet announce more."""
        over = [step for step in study.study.steps if step.is_final]
        announced = sum(one.announced for step in over for one in step.series)
        arrived = announced - sum(step.missing for step in over)
        if announced:
            yield Observation(
                outcome="pass" if arrived == announced else "fail",
                measured=float(arrived),
                expected=float(announced),
                message=Message(
                    fr=f"{arrived} objets reçus sur {announced} annoncés par l'appareil (MPPS)",
                    en=f"{arrived} of {announced} objects that the scanner announced (MPPS)",
                ),
            )


class CompletedSteps(CheckNumbers):
    """No step was broken off."""

    kind: Literal["completed-steps"]

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Judge the steps that are over, together."""
        over = [step for step in study.study.steps if step.is_final]
        broken = [step for step in over if step.status == "DISCONTINUED"]
        why = ", ".join(dict.fromkeys(step.reason for step in broken if step.reason))
        if broken:
            yield Observation(
                outcome="fail",
                measured=float(len(broken)),
                expected=0.0,
                message=Message(
                    fr="L'appareil déclare une étape interrompue" + (f" : {why}" if why else ""),
                    en="The scanner says that a step was broken off" + (f": {why}" if why else ""),
                ),
            )
        elif over:
            yield Observation(
                outcome="pass",
                measured=0.0,
                expected=0.0,
                message=Message(
                    fr="L'appareil déclare toutes ses étapes achevées",
                    en="The scanner says that all its steps are completed",
                ),
            )
