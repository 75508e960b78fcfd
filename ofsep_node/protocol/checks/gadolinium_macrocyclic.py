"""The agent is macrocyclic (GD-1, GD-7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ofsep_node.domain.contrast_agent import agent_named, agents_named
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome
from ofsep_node.protocol.checks.injection import enhanced, naming_an_agent
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
)


class GadoliniumMacrocyclic(CheckNumbers):
    """Every product that a header names is macrocyclic."""

    kind: Literal["gadolinium-macrocyclic"]

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(fr="produit macrocyclique", en="a macrocyclic agent")

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """One observation for each product named; nothing when no header speaks of gadolinium."""
        naming = naming_an_agent(study.series)
        for series in _first_of_each(naming):
            yield _observation(series)
        given = enhanced(study.series)
        if given and not naming:
            yield Observation(
                outcome="undetermined",
                expected=EXPECTED,
                series=given[0].facts.series_instance_uid,
                message=_UNNAMED,
            )


EXPECTED = "macrocyclic"


def _first_of_each(naming: list[JudgedSeries]) -> list[JudgedSeries]:
    first: dict[str, JudgedSeries] = {}
    for series in naming:
        agent = agent_named(series.facts.contrast.agent)
        first.setdefault(agent.inn if agent else str(series.facts.contrast.agent), series)
    return [*first.values()]


def _observation(series: JudgedSeries) -> Observation:
    text, outcome = series.facts.contrast.agent, _outcome(series.facts.contrast.agent)
    return Observation(
        outcome=outcome,
        measured=text,
        expected=EXPECTED,
        series=series.facts.series_instance_uid,
        message=Message(fr=f"{text} : {_WORDS[outcome].fr}", en=f"{text}: {_WORDS[outcome].en}"),
    )


def _outcome(text: str | None) -> Outcome:
    kinds = {agent.macrocyclic for agent in agents_named(text)}
    if len(kinds) != 1:
        return "undetermined"
    return "pass" if kinds == {True} else "fail"


_WORDS: dict[Outcome, Message] = {
    "pass": Message(fr="produit macrocyclique", en="a macrocyclic agent"),
    "fail": Message(
        fr="produit linéaire, un produit macrocyclique est recommandé",
        en="a linear agent, a macrocyclic one is recommended",
    ),
    "undetermined": Message(
        fr="produit non reconnu (ContrastBolusAgent), non vérifiable",
        en="not a product that is known (ContrastBolusAgent), cannot be checked",
    ),
}

_UNNAMED = Message(
    fr="Produit de contraste : ContrastBolusAgent absent de l'en-tête, non vérifiable",
    en="Contrast agent: ContrastBolusAgent not in the header, cannot be checked",
)
