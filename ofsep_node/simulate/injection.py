"""Contrast agents as they are typed in at the console, and the dose of one injection."""

from __future__ import annotations

from dataclasses import dataclass

from ofsep_node.errors import SettingsError
from ofsep_node.simulate.examination import Injection

RECOMMENDED_MMOL_KG = 0.1
RATE_ML_S = 2.0


@dataclass(frozen=True, slots=True)
class Agent:
    """A product, as its summary of characteristics describes it."""

    name: str
    mmol_ml: float
    mg_ml: float
    dose_mmol_kg: float = RECOMMENDED_MMOL_KG


AGENTS: dict[str, Agent] = {
    agent.name.lower(): agent
    for agent in (
        Agent("Dotarem", 0.5, 279.32),
        Agent("Clariscan", 0.5, 279.32),
        Agent("Gadovist", 1.0, 604.72),
        Agent("ProHance", 0.5, 279.3),
        Agent("Elucirem", 0.5, 485.1, 0.05),
        Agent("MultiHance", 0.5, 529.0),
        Agent("Omniscan", 0.5, 287.0),
        Agent("Magnevist", 0.5, 469.0),
    )
}


def known_agent(name: str) -> Agent:
    """The agent of this name. Raises `SettingsError`, listing the known ones."""
    if name.lower() not in AGENTS:
        names = ", ".join(agent.name for agent in AGENTS.values())
        raise SettingsError(f"unknown contrast agent {name!r}: choose among {names}")
    return AGENTS[name.lower()]


def given(agent: Agent, weight_kg: float, start_s: float, share: float = 1.0) -> Injection:
    """An injection of a share of the licensed dose, in half millilitres."""
    exact = share * agent.dose_mmol_kg * weight_kg / agent.mmol_ml
    volume_ml = round(2 * exact) / 2
    return Injection(agent.name, volume_ml, agent.mg_ml, start_s, start_s + volume_ml / RATE_ML_S)
