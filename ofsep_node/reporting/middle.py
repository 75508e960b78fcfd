"""Which of several planes lies in the middle of its series."""

from __future__ import annotations

from collections.abc import Sequence

from ofsep_node.domain.geometry import Orientation, Vector, dot, normal, offsets_mm

Place = tuple[Orientation, Vector] | None
"""Orientation and position of a plane, in mm; None where the header gives none."""


def middle_index(places: Sequence[Place]) -> int:
    """The index of the plane in the middle of all positions, the first of several there.

    Without geometry, the one in the middle of the order given.
    """
    placed = [(index, place) for index, place in enumerate(places) if place is not None]
    if not placed:
        return len(places) // 2
    orientation = placed[0][1][0]
    offsets = offsets_mm(orientation, [position for _, (_, position) in placed])
    middle, axis = offsets[len(offsets) // 2], normal(orientation)
    return min(placed, key=lambda p: (round(abs(dot(axis, p[1][1]) - middle), 2), p[0]))[0]
