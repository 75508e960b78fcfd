"""Contrast agents as consoles and people write them."""

from __future__ import annotations

import pytest

from ofsep_node.domain.contrast_agent import AGENTS, agent_named, agents_named, volume_named_ml


@pytest.mark.parametrize(
    ("text", "inn"),
    [
        ("Dotarem 14ml", "gadoterate"),
        ("DOTAREM", "gadoterate"),
        ("acide gadotérique", "gadoterate"),
        ("ACIDE GADOTE\u0301RIQUE 0,5 mmol/mL", "gadoterate"),
        ("Gd-DOTA", "gadoterate"),
        ("clariscan_15", "gadoterate"),
        ("Gadovist 1.0", "gadobutrol"),
        ("gadavist", "gadobutrol"),
        ("Pro-Hance", "gadoteridol"),
        ("gadotéridol", "gadoteridol"),
        ("Elucirem", "gadopiclenol"),
        ("VUEWAY", "gadopiclenol"),
        ("Multi Hance", "gadobenate"),
        ("Magnevist", "gadopentetate"),
        ("GADOPENTETATE DIMEGLUMINE", "gadopentetate"),
        ("Omniscan", "gadodiamide"),
        ("Optimark", "gadoversetamide"),
        ("Primovist", "gadoxetate"),
    ],
)
def test_a_product_is_known_by_any_of_its_names(text: str, inn: str) -> None:
    agent = agent_named(text)
    assert agent is not None
    assert agent.inn == inn


@pytest.mark.parametrize(
    "text", [None, "", "Gado", "GADOLINIUM", "NONE", "0", "YES", "14ml", "Dotarem / Omniscan"]
)
def test_a_text_that_names_no_one_product_names_none(text: str | None) -> None:
    assert agent_named(text) is None


def test_two_products_in_one_text_are_both_found() -> None:
    assert {a.inn for a in agents_named("Dotarem ou Gadovist")} == {"gadoterate", "gadobutrol"}


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        ("Dotarem 14ml", 14.0),
        ("Dotarem 14 mL", 14.0),
        ("DOTAREM 7,5ML IV", 7.5),
        ("gadovist 7.5 cc", 7.5),
        ("Dotarem", None),
        ("Dotarem 0.5 mmol/ml", None),
        ("Dotarem 0ml", None),
        ("Dotarem 14ml 2 ml/s", 14.0),
        ("Dotarem 14ml puis 20 ml", None),
        (None, None),
    ],
)
def test_a_volume_is_read_beside_the_name(text: str | None, volume: float | None) -> None:
    assert volume_named_ml(text) == volume


@pytest.mark.parametrize("agent", AGENTS, ids=lambda a: a.inn)
def test_a_concentration_is_the_same_in_either_unit(agent: object) -> None:
    found = next(a for a in AGENTS if a is agent)
    assert found.mmol_in_ml(None) == found.mmol_per_ml
    assert found.mmol_in_ml(0.0) == found.mmol_per_ml
    assert found.mmol_in_ml(found.mmol_per_ml) == found.mmol_per_ml
    assert found.mmol_in_ml(found.mg_per_ml) == pytest.approx(found.mmol_per_ml)


def test_macrocyclic_agents_are_those_of_the_agencies() -> None:
    assert {a.inn for a in AGENTS if a.macrocyclic} == {
        "gadoterate",
        "gadobutrol",
        "gadoteridol",
        "gadopiclenol",
    }
