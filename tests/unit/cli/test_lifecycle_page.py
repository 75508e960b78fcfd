"""The page of a study's life shows all of the table."""

from __future__ import annotations

from itertools import product
from xml.etree import ElementTree as ET

from ofsep_node.cli.reference.lifecycle import lifecycle_diagram, lifecycle_page
from ofsep_node.domain.lifecycle import STATES, Occurrence, after

SVG = "{http://www.w3.org/2000/svg}"


def test_the_diagram_has_every_state_and_an_arrow_for_every_change() -> None:
    drawn = ET.fromstring(lifecycle_diagram())  # noqa: S314 - our own
    words = [text.text or "" for text in drawn.iter(f"{SVG}text")]
    changes = {
        (source, target)
        for source, target in product(STATES, STATES)
        if source != target and any(after(source, o).state == target for o in Occurrence)
    }
    assert set(STATES) <= set(words)
    arrows = [p for p in drawn.iter(f"{SVG}path") if p.get("marker-end")]
    assert len(arrows) == len(changes) + 1  # and the one that begins
    assert {"procedure completed", "quiet", "capped", "delivered", "revised"} <= set(words)


def test_the_diagram_stays_within_its_edges() -> None:
    drawn = ET.fromstring(lifecycle_diagram())  # noqa: S314 - our own
    _, _, width, height = map(int, (drawn.get("viewBox") or "").split())
    for text in drawn.iter(f"{SVG}text"):
        half = 4 * len(text.text or "")
        assert half <= int(text.get("x") or 0) <= width - half
        assert 0 < int(text.get("y") or 0) < height


def test_the_page_says_of_every_state_what_it_does() -> None:
    page = lifecycle_page()
    for state in STATES:
        section = page.split(f"\n## {state}\n")[1].split("\n## ")[0]
        for occurrence in Occurrence:
            step = after(state, occurrence)
            told = f"{occurrence.value} | {'; '.join(a.value for a in step.acts)} | {step.state} |"
            assert (told in section) == bool(step.acts or step.state != state)
