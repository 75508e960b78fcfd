"""One injection of gadolinium for brain and cord (FU-2, FU-3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from ofsep_node.domain.contrast_agent import agent_named
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome
from ofsep_node.protocol.checks.injection import ended, injected, pictures
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
)


class SingleInjection(CheckNumbers):
    """The series of brain and cord made after gadolinium speak of one injection.

    Start times closer than `within_s` seconds are one injection: consoles round them.
    """

    kind: Literal["single-injection"]
    within_s: Annotated[float, Field(ge=0, le=3600)]

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing unless gadolinium served both parts of the body."""
        telling = [s for s in pictures(study, "brain", "cord") if _speaks_of_gadolinium(s)]
        if {s.identity.organ for s in telling if s.identity.gadolinium == "yes"} == {
            "brain",
            "cord",
        }:
            outcome = self._outcome(telling)
            yield Observation(outcome=outcome, expected="one injection", message=_WORDS[outcome])

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(
            fr="une seule injection de gadolinium pour l'encéphale et la moelle",
            en="one injection of gadolinium for brain and cord",
        )

    def _outcome(self, telling: Sequence[JudgedSeries]) -> Outcome:
        agents = {agent_named(s.facts.contrast.agent) for s in telling} - {None}
        if len(agents) > 1 or self._again(telling):
            return "fail"
        volumes = {s.facts.contrast.volume_ml for s in telling if s.facts.contrast.volume_ml}
        return "pass" if self._agree(telling) and len(volumes) <= 1 else "undetermined"

    def _again(self, telling: Sequence[JudgedSeries]) -> bool:
        """One was injected for after another, made after gadolinium, was over."""
        times = [(injected(s), ended(s)) for s in telling]
        starts = [start for start, _ in times if start is not None]
        return any(
            first < over < second and (second - first).total_seconds() > self.within_s
            for first, over in times
            if first is not None and over is not None
            for second in starts
        )

    def _agree(self, telling: Sequence[JudgedSeries]) -> bool:
        """Every series gives the start of the injection, and it is one."""
        times = [injected(s) for s in telling]
        known = [t for t in times if t is not None]
        if len(known) < len(times):
            return False
        return (max(known) - min(known)).total_seconds() <= self.within_s


def _speaks_of_gadolinium(series: JudgedSeries) -> bool:
    contrast = series.facts.contrast
    return (
        series.identity.gadolinium == "yes"
        or contrast.names_agent
        or contrast.start_time is not None
    )


_WORDS: dict[Outcome, Message] = {
    "pass": Message(
        fr="Une seule injection de gadolinium pour l'encéphale et la moelle",
        en="One injection of gadolinium for brain and cord",
    ),
    "fail": Message(
        fr="Plus d'une injection de gadolinium pour l'encéphale et la moelle",
        en="More than one injection of gadolinium for brain and cord",
    ),
    "undetermined": Message(
        fr="Injection unique pour l'encéphale et la moelle : non vérifiable sans une même heure "
        "d'injection (ContrastBolusStartTime) et un même volume dans toutes les séries injectées",
        en="One injection for brain and cord: cannot be checked unless all series after gadolinium "
        "give the same ContrastBolusStartTime and volume",
    ),
}
