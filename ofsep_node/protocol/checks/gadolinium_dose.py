"""The dose of gadolinium, in mmol per kg of body weight (GD-1, GD-7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from ofsep_node.domain.contrast_agent import ContrastAgent, agent_named, volume_named_ml
from ofsep_node.domain.instance import Contrast
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome
from ofsep_node.protocol.checks.injection import enhanced, naming_an_agent
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
    absent,
    bilingual,
    mm,
)

UNIT = "mmol/kg"
_WHAT = Message(fr="Dose de gadolinium", en="Dose of gadolinium")


class GadoliniumDose(CheckNumbers):
    """Within `tolerance_percent` of `dose_mmol_per_kg`, or of less where a product's licence says.

    Consoles write 0 for what was not entered: 0 is unknown. Where volumes of one header lead to
    different answers, there is none.
    """

    kind: Literal["gadolinium-dose"]
    dose_mmol_per_kg: Annotated[float, Field(ge=0.01, le=1)]
    tolerance_percent: Annotated[float, Field(ge=0, le=90)]

    def asks(self, _: SeriesIdentity) -> Message:
        dose, within = f"{self.dose_mmol_per_kg:g} mmol/kg", f"{self.tolerance_percent:g} %"
        return bilingual(
            fr=f"dose de {dose}, à {within} près", en=f"dose of {dose}, within {within}"
        )

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """One observation for each series that tells a dose of its own, else for the first."""
        speaking = naming_an_agent(study.series) or enhanced(study.series)
        seen = [self._observation(s) for s in speaking]
        told = [o for o in seen if o.measured is not None] or seen[:1]
        yield from {(o.measured, o.outcome): o for o in reversed(told)}.values()

    def expected(self, agent: ContrastAgent) -> float:
        """The dose that is right for a product, in mmol/kg."""
        return min(self.dose_mmol_per_kg, agent.licensed_mmol_per_kg)

    def _observation(self, series: JudgedSeries) -> Observation:
        contrast, uid = series.facts.contrast, series.facts.series_instance_uid
        agent, volumes = agent_named(contrast.agent), _undiluted(contrast)
        weight = contrast.weight_kg
        if agent is None or not volumes or not weight or weight < 0:
            return self._untold(contrast, uid)
        doses = [mmol / weight for mmol in _mmol(contrast, agent)]
        outcomes = {self._outcome(dose, self.expected(agent)) for dose in doses}
        outcome = outcomes.pop() if len(outcomes) == 1 else "undetermined"
        return Observation(
            outcome=outcome,
            measured=round(doses[0], 4),
            expected=self.expected(agent),
            unit=UNIT,
            series=uid,
            message=self._message(agent, doses, outcome, weight),
        )

    def _untold(self, contrast: Contrast, uid: str) -> Observation:
        unsaid = [*_missing(contrast)]
        if not unsaid:
            seen = Observation("undetermined", _unread(contrast), None, self.dose_mmol_per_kg, UNIT)
        else:
            seen = absent(_WHAT, *unsaid, expected=self.dose_mmol_per_kg, unit=UNIT)
        return replace(seen, series=uid)

    def _outcome(self, dose: float, expected: float) -> Outcome:
        off = abs(dose - expected)
        return "pass" if off <= expected * self.tolerance_percent / 100 + 1e-9 else "fail"

    def _message(
        self, agent: ContrastAgent, doses: list[float], outcome: Outcome, weight: float
    ) -> Message:
        right, given = self.expected(agent), " / ".join(f"{round(d, 3):g}" for d in doses)
        why_fr = why_en = ""
        if right < self.dose_mmol_per_kg:
            why_fr = f", dose autorisée du {agent.inn}"
            why_en = f", the licensed dose of {agent.inn}"
        unsure = outcome == "undetermined"
        return bilingual(
            fr=f"{given} mmol/kg de gadolinium pour {mm(weight)} kg, attendu {right:g}{why_fr}"
            + (" ; les volumes de l'en-tête se contredisent" if unsure else ""),
            en=f"{given} mmol/kg of gadolinium for {mm(weight)} kg, expected {right:g}{why_en}"
            + ("; the volumes in the header contradict each other" if unsure else ""),
        )


def _undiluted(contrast: Contrast) -> list[float]:
    volumes = (contrast.volume_ml, contrast.total_dose_ml, volume_named_ml(contrast.agent))
    return [v for v in volumes if v and v > 0]


def _mmol(contrast: Contrast, agent: ContrastAgent) -> list[float]:
    """The amount by each volume that the header gives, distinct; only one may be diluted.

    ContrastBolusTotalDose is mL of the agent undiluted, and what is typed beside its name too.
    """
    diluted, written = contrast.volume_ml or 0.0, agent.mmol_in_ml(contrast.concentration)
    undiluted = (contrast.total_dose_ml or 0.0, volume_named_ml(contrast.agent) or 0.0)
    amounts = (diluted * written, *(v * agent.mmol_per_ml for v in undiluted))
    return [*dict.fromkeys(round(a, 4) for a in amounts if a > 0)]


def _missing(contrast: Contrast) -> Iterator[str]:
    if not contrast.names_agent:
        yield "ContrastBolusAgent"
    if not _undiluted(contrast):
        yield "ContrastBolusVolume"
    if not contrast.weight_kg or contrast.weight_kg < 0:
        yield "PatientWeight"


def _unread(contrast: Contrast) -> Message:
    return Message(
        fr=f"Dose de gadolinium : « {contrast.agent} » ne désigne pas un produit connu, "
        "non vérifiable",
        en=f"Dose of gadolinium: “{contrast.agent}” does not name one known product, "
        "cannot be checked",
    )
