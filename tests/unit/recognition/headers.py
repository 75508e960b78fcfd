"""Series as vendors write them, built by hand: one call gives the facts of a whole series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ofsep_node.domain.geometry import Orientation, Vector
from ofsep_node.domain.instance import Acquisition, Contrast, InstanceFacts, Stack, Volume
from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.series_fold import SeriesFold

MR = "1.2.840.10008.5.1.4.1.1.4"
ORIENTATIONS: dict[str, Orientation] = {
    "axial": (1, 0, 0, 0, 1, 0),
    "sagittal": (0, 1, 0, 0, 0, -1),
    "coronal": (1, 0, 0, 0, 0, -1),
}
THROUGH = {"axial": 2, "sagittal": 0, "coronal": 1}


def directions(count: int) -> list[Vector]:
    """Gradient directions spread over a half sphere, so that none is another's opposite."""
    golden = math.pi * (3 - math.sqrt(5))
    heights = [(i + 0.5) / count for i in range(count)]
    radii = [math.sqrt(1 - z * z) for z in heights]
    return [
        (r * math.cos(golden * i), r * math.sin(golden * i), z)
        for i, (r, z) in enumerate(zip(radii, heights, strict=True))
    ]


def stack_of(plane: str, planes: int, step: float, field: float, thickness: float | None) -> Stack:
    """Parallel planes, 256 x 256, that start at the origin."""
    axis = THROUGH[plane]
    positions = [tuple(i * step if a == axis else 0.0 for a in range(3)) for i in range(planes)]
    return Stack(
        orientation=ORIENTATIONS[plane],
        rows=256,
        columns=256,
        pixel_spacing_mm=(field / 256, field / 256),
        slice_thickness_mm=thickness,
        positions_mm=tuple((p[0], p[1], p[2]) for p in positions),
    )


def build(
    *,
    plane: str | Sequence[str] = "axial",
    planes: int = 40,
    step: float = 3.0,
    field: float = 240.0,
    thickness: float | None = 3.0,
    te: Sequence[float | None] = (None,),
    gradients: Sequence[tuple[float | None, Vector | None, str | None]] = ((None, None, None),),
    times: int = 0,
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "M"),
    contrast: Contrast | None = None,
    acquired_at: str | None = None,
    sop_class: str = MR,
    **acquisition: Any,
) -> SeriesFacts:
    """A series of enhanced-like instances: one instance per plane orientation."""
    fold = SeriesFold("1.2.3", "1.2.3.4")
    acquisition.setdefault("modality", "MR")
    for number, name in enumerate([plane] if isinstance(plane, str) else plane):
        volumes = tuple(
            Volume(0, planes, image_type, echo, b, direction, kind, time)
            for echo in te
            for b, direction, kind in gradients
            for time in (range(1, times + 1) if times else (None,))
        )
        fold.add(
            InstanceFacts(
                sop_class_uid=sop_class,
                sop_instance_uid=f"1.2.3.4.{number}",
                study_instance_uid="1.2.3",
                series_instance_uid="1.2.3.4",
                acquired_at=acquired_at,
                image_type=image_type,
                acquisition=Acquisition(**acquisition),
                contrast=contrast or Contrast(),
                stacks=(stack_of(name, planes, step, field, thickness),),
                volumes=volumes,
            )
        )
    return fold.facts()


def tensor(count: int, b: float = 1000.0) -> list[tuple[float | None, Vector | None, str | None]]:
    """One b0 and `count` directions."""
    return [(0.0, None, None), *((b, d, "DIRECTIONAL") for d in directions(count))]


TRACE: list[tuple[float | None, Vector | None, str | None]] = [
    (0.0, None, None),
    (1000.0, None, "ISOTROPIC"),
]
