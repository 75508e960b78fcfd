"""Instances by hand, for tests of folding and measuring."""

from __future__ import annotations

from typing import Any

from ofsep_node.domain.geometry import Orientation, Vector
from ofsep_node.domain.instance import Acquisition, InstanceFacts, Stack, Volume
from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.series_fold import SeriesFold

AXIAL: Orientation = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL: Orientation = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL: Orientation = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def image(
    number: int,
    position: Vector | None,
    *,
    orientation: Orientation | None = AXIAL,
    stack: dict[str, Any] | None = None,
    volume: dict[str, Any] | None = None,
    acquisition: dict[str, Any] | None = None,
    **instance: Any,
) -> InstanceFacts:
    """One classic image of 256 x 128 pixels of 1 x 2 mm, 3 mm thick, at a position."""
    sampling: dict[str, Any] = {
        "rows": 256,
        "columns": 128,
        "pixel_spacing_mm": (1.0, 2.0),
        "slice_thickness_mm": 3.0,
    }
    positions = () if position is None else (position,)
    facts: dict[str, Any] = {
        "sop_class_uid": "1.2.840.10008.5.1.4.1.1.4",
        "sop_instance_uid": f"1.2.3.4.{number}",
        "study_instance_uid": "1.2.3",
        "series_instance_uid": "1.2.3.4",
        "instance_number": number,
        "image_type": ("ORIGINAL", "PRIMARY"),
        "acquisition": Acquisition(**(acquisition or {})),
        "stacks": (Stack(orientation, positions_mm=positions, **(sampling | (stack or {}))),),
        "volumes": (Volume(stack=0, frames=1, **(volume or {})),),
    }
    return InstanceFacts(**(facts | instance))


def axial(*heights_mm: float, first: int = 1, **others: Any) -> list[InstanceFacts]:
    """Axial images at these heights, numbered from `first` on."""
    return [image(n, (0.0, 0.0, z), **others) for n, z in enumerate(heights_mm, start=first)]


def folded(*instances: InstanceFacts) -> SeriesFacts:
    """The series of these instances."""
    fold = SeriesFold("1.2.3", "1.2.3.4")
    for instance in instances:
        fold.add(instance)
    return fold.facts()
