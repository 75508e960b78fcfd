"""The page of a study's life, and its diagram: both are drawn from the table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from ofsep_node.domain.lifecycle import FIRST, STATES, Occurrence, after
from ofsep_node.domain.verdict import State

DIAGRAM = "lifecycle.svg"

_HEAD = f"""# A study's life

A study is **receiving** from its first image, **settled** once it is over, and **reported** once every
report that was due is delivered. It stays settled where no report is due, and while one is missing.

![The states of a study, and what leads from one to the other]({DIAGRAM})

What happens, what is done about it, and the state that follows. What leaves a study as it is, with
nothing to do, is left out.
"""

_WIDTH, _HEIGHT = 1000, 360
_BOX_WIDTH, _BOX_HEIGHT = 170, 80
_TOP = 150
_STEP = 380
_LEFT = 40
_LINE = 18
_ARC = 90


_OPENING = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"
 font-family="sans-serif" font-size="14">
<title>A study's life</title>
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"
 orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>""".splitlines()


def lifecycle_page() -> str:
    """One table for each state."""
    return _HEAD + "".join(
        f"\n## {state}\n\n| what happens | what is done | then |\n|---|---|---|\n{_rows(state)}"
        for state in STATES
    )


def _rows(state: State) -> str:
    steps = ((occurrence, after(state, occurrence)) for occurrence in Occurrence)
    return "".join(
        f"| **{_name(occurrence)}**: {occurrence.value} "
        f"| {'; '.join(act.value for act in step.acts)} | {step.state} |\n"
        for occurrence, step in steps
        if step.acts or step.state != state
    )


def lifecycle_diagram() -> str:
    """The states as boxes, with an arrow for each change from one to another (SVG 1.1)."""
    arrows = [
        part
        for source, target in product(STATES, STATES)
        if source != target and (names := _between(source, target))
        for part in _arrow(STATES.index(source), STATES.index(target), names)
    ]
    boxes = [part for place, state in enumerate(STATES) for part in _box(place, state)]
    ground = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
    return "\n".join([*_OPENING, ground, *_beginning(), *boxes, *arrows, "</svg>\n"])


def _between(source: State, target: State) -> list[str]:
    """What leads from one state to another."""
    return [_name(o) for o in Occurrence if after(source, o).state == target]


def _name(occurrence: Occurrence) -> str:
    return occurrence.name.lower().replace("_", " ")


def _box(place: int, state: State) -> Iterator[str]:
    left = _LEFT + place * _STEP
    yield (
        f'<rect x="{left}" y="{_TOP}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="10" '
        'fill="#eef4fb" stroke="#1f4e79"/>'
    )
    yield _text(left + _BOX_WIDTH // 2, _TOP + _BOX_HEIGHT // 2 + 5, state, weight="bold")


def _beginning() -> Iterator[str]:
    x = _LEFT + STATES.index(FIRST) * _STEP + _BOX_WIDTH // 2
    yield f'<circle cx="{x}" cy="{_TOP - 90}" r="7"/>'
    yield _path(f"M{x} {_TOP - 83} L{x} {_TOP}")
    yield _text(x, _TOP - 105, "first image")


def _arrow(source: int, target: int, names: list[str]) -> Iterator[str]:
    """Forward above the middle, backward below it; past a box between them in a curve."""
    forward = target > source
    if abs(target - source) > 1:
        yield from _curve(source, target, names)
        return
    edge = _LEFT + source * _STEP + (_BOX_WIDTH if forward else 0)
    end = _LEFT + target * _STEP + (0 if forward else _BOX_WIDTH)
    y = _TOP + (_BOX_HEIGHT // 4 if forward else 3 * _BOX_HEIGHT // 4)
    yield _path(f"M{edge} {y} L{end} {y}")
    first = y - 8 - _LINE * (len(names) - 1) if forward else y + _LINE
    for number, name in enumerate(names):
        yield _text((edge + end) // 2, first + number * _LINE, name)


def _curve(source: int, target: int, names: list[str]) -> Iterator[str]:
    middle = _BOX_WIDTH // 2
    start, end = (_LEFT + place * _STEP + middle for place in (source, target))
    side, y = (1, _TOP + _BOX_HEIGHT) if target < source else (-1, _TOP)
    bend = y + side * _ARC
    yield _path(f"M{start} {y} C{start} {bend} {end} {bend} {end} {y}")
    yield _text((start + end) // 2, bend + side * _LINE // 4, ", ".join(names))


def _path(curve: str) -> str:
    return f'<path d="{curve}" fill="none" stroke="black" marker-end="url(#head)"/>'


def _text(x: int, y: int, said: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle" font-weight="{weight}">{said}</text>'
