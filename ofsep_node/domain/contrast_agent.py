"""Gadolinium products: what a ContrastBolusAgent text names, and what is in it.

Sources: the summaries of product characteristics (SmPC, section 1 to 4) of the products named.
Concentrations are mmol of gadolinium per mL as sold, doses mmol per kg of body weight.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

DECIMAL = r"(\d+(?:[.,]\d+)?)"


@dataclass(frozen=True, slots=True)
class ContrastAgent:
    """One active substance, under all its trade names."""

    inn: str
    names: tuple[str, ...]  # patterns of how they begin, without accents, in lower case
    macrocyclic: bool
    mmol_per_ml: float
    mg_per_ml: float
    licensed_mmol_per_kg: float = 0.1

    def mmol_in_ml(self, concentration: float | None) -> float:
        """mmol per mL from IngredientConcentration (0018,1049); None or 0: as sold.

        The attribute is in mg/mL (PS3.3 C.7.6.4), but consoles enter mmol/mL: no product has as
        little as 2 mg in one mL, nor as much as 2 mmol.
        """
        if not concentration or concentration < 0:
            return self.mmol_per_ml
        if concentration <= CONSOLE_MMOL_UP_TO:
            return concentration
        return concentration * self.mmol_per_ml / self.mg_per_ml


CONSOLE_MMOL_UP_TO = 2.0

AGENTS: tuple[ContrastAgent, ...] = (
    ContrastAgent(
        "gadoterate",
        ("gadotera", "gadoteri[cq]", "gd-?dota", "dotarem", "clariscan", "dotagraf", "cyclolux"),
        macrocyclic=True,
        mmol_per_ml=0.5,
        mg_per_ml=279.32,
    ),
    ContrastAgent(
        "gadobutrol",
        ("gadobutrol", "gadovist", "gadavist", "pixxoscan"),
        macrocyclic=True,
        mmol_per_ml=1.0,
        mg_per_ml=604.72,
    ),
    ContrastAgent(
        "gadoteridol",
        ("gadoteridol", "prohance"),
        macrocyclic=True,
        mmol_per_ml=0.5,
        mg_per_ml=279.3,
    ),
    ContrastAgent(
        "gadopiclenol",
        ("gadopiclenol", "elucirem", "vueway"),
        macrocyclic=True,
        mmol_per_ml=0.5,
        mg_per_ml=485.1,
        licensed_mmol_per_kg=0.05,
    ),
    ContrastAgent(
        "gadobenate",
        ("gadobenat", "gadobenique", "gadobenic", "multihance"),
        macrocyclic=False,
        mmol_per_ml=0.5,
        mg_per_ml=529.0,
    ),
    ContrastAgent(
        "gadopentetate",
        ("gadopentet", "magnevist"),
        macrocyclic=False,
        mmol_per_ml=0.5,
        mg_per_ml=469.0,
    ),
    ContrastAgent(
        "gadodiamide",
        ("gadodiamid", "omniscan"),
        macrocyclic=False,
        mmol_per_ml=0.5,
        mg_per_ml=287.0,
    ),
    ContrastAgent(
        "gadoversetamide",
        ("gadoversetamid", "optimark"),
        macrocyclic=False,
        mmol_per_ml=0.5,
        mg_per_ml=330.9,
    ),
    ContrastAgent(
        "gadoxetate",
        ("gadoxet", "primovist", "eovist"),
        macrocyclic=False,
        mmol_per_ml=0.25,
        mg_per_ml=181.4,
        licensed_mmol_per_kg=0.025,
    ),
)
"""The products that are, or were, given in MRI."""


def agents_named(text: str | None) -> tuple[ContrastAgent, ...]:
    """Every product that a text names, however it is spelt; empty when it names none known.

    A text that names two products says of neither that it was given.
    """
    folded = _folded(text)
    return tuple(
        agent
        for agent in AGENTS
        if any(re.search(rf"(?<![a-z]){name}", folded) for name in _spellings(agent))
    )


def agent_named(text: str | None) -> ContrastAgent | None:
    """The one product that a text names; None when it names none that is known, or several."""
    found = agents_named(text)
    return found[0] if len(found) == 1 else None


def volume_named_ml(text: str | None) -> float | None:
    """The volume that a text such as ``Dotarem 14ml`` gives, in mL; None without exactly one."""
    found = re.findall(rf"(?<![\d.,/]){DECIMAL} ?(?:ml|cc)\b(?! ?/)", _folded(text))
    volumes = {float(number.replace(",", ".")) for number in found} - {0.0}
    return volumes.pop() if len(volumes) == 1 else None


def _spellings(agent: ContrastAgent) -> tuple[str, ...]:
    """Names with a space or a hyphen inside are the same: ``Pro Hance``, ``Multi-Hance``."""
    return tuple(
        name.replace("hance", "[ -]?hance").replace("vist", "[ -]?vist") for name in agent.names
    )


def _folded(text: str | None) -> str:
    decomposed = unicodedata.normalize("NFKD", text or "")
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
