"""Gadolinium where the indication calls for it, and not where it does not (GD-1 to GD-6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome, Severity
from ofsep_node.protocol.checks.injection import denies_gadolinium, enhanced, naming_an_agent
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedStudy, Observation
from ofsep_node.protocol.selector import Selector


class GadoliniumFor(BaseModel):
    """The sentence that speaks of gadolinium for one indication, and how much it weighs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sentence: str
    severity: Severity | None = None  # None: the rule's own


class GadoliniumIndicated(CheckNumbers):
    """A T1 after gadolinium is there when the indication is one of those listed."""

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["gadolinium-indicated"]
    series: Selector
    indications: dict[str, GadoliniumFor]

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(fr="injection indiquée : {indications}", en="inject for: {indications}")

    def sentences_cited(self) -> tuple[str, ...]:
        return tuple(advised.sentence for advised in self.indications.values())

    def indications_named(self) -> tuple[str, ...]:
        return tuple(self.indications)

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing when the indication is unknown, or not one that gadolinium is advised for."""
        advised = self.indications.get(study.indication)
        imaged = any(s.identity.organ in _PARTS for s in study.series)
        if advised is not None and imaged:
            outcome = self._outcome(study)
            yield Observation(
                outcome=outcome,
                expected="post-gadolinium T1",
                severity=advised.severity,
                sentence=advised.sentence,
                message=_INDICATED[outcome],
            )

    def _outcome(self, study: JudgedStudy) -> Outcome:
        identities = [s.identity for s in study.series]
        if any(self.series.accepts(i) for i in identities):
            return "pass"
        alike = [i for i in identities if i.weighting in self.series.weighting]
        return "undetermined" if any(self.series.allows(i) for i in alike) else "fail"


class GadoliniumNotIndicated(CheckNumbers):
    """No gadolinium was given when the indication is one of those listed."""

    kind: Literal["gadolinium-not-indicated"]
    indications: tuple[str, ...]

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(
            fr="injection non indiquée : {indications}", en="no injection for: {indications}"
        )

    def indications_named(self) -> tuple[str, ...]:
        return self.indications

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing when the indication is another, or no header speaks of gadolinium."""
        if study.indication not in self.indications:
            return
        outcome = _given(study)
        if outcome is not None:
            yield Observation(
                outcome=outcome, expected="no gadolinium", message=_NOT_INDICATED[outcome]
            )


def _given(study: JudgedStudy) -> Outcome | None:
    """`fail` when gadolinium was given, None when nothing is said of it."""
    if enhanced(study.series):
        return "fail"
    if naming_an_agent(study.series):
        return "undetermined"
    denied = bool(study.series) and all(map(denies_gadolinium, study.series))
    return "pass" if denied else None


_PARTS = ("brain", "cord")

_INDICATED: dict[Outcome, Message] = {
    "pass": Message(
        fr="Une T1 après gadolinium est présente, comme le propose l'indication",
        en="A T1 after gadolinium is present, as the indication calls for",
    ),
    "fail": Message(
        fr="L'indication propose une injection de gadolinium ; aucune T1 après gadolinium reçue",
        en="The indication calls for gadolinium; no T1 after gadolinium was received",
    ),
    "undetermined": Message(
        fr="L'indication propose une injection de gadolinium ; aucun en-tête ne dit si la T1 "
        "reçue a été acquise après (ContrastBolusAgent, ContrastBolusStartTime, SeriesDescription)",
        en="The indication calls for gadolinium; no header says whether the T1 received was made "
        "after it (ContrastBolusAgent, ContrastBolusStartTime, SeriesDescription)",
    ),
}

_NOT_INDICATED: dict[Outcome, Message] = {
    "pass": Message(
        fr="Suivi simple, sans injection de gadolinium",
        en="Plain follow-up, without an injection of gadolinium",
    ),
    "fail": Message(
        fr="Suivi simple : le protocole ne propose pas de gadolinium, une injection a été faite",
        en="Plain follow-up: the protocol does not call for gadolinium, yet it was given",
    ),
    "undetermined": Message(
        fr="Suivi simple : un produit de contraste est nommé (ContrastBolusAgent), rien ne dit "
        "qu'il a été injecté",
        en="Plain follow-up: an agent is named (ContrastBolusAgent), nothing says that it was given",
    ),
}
