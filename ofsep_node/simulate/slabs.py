"""Where a technologist puts the slices: vendor-neutral slabs of a head, a cord and a knee.

Lengths in mm, patient coordinates (PS3.3 C.7.6.2). The phantom's head is centred near z = 10; its
cord runs from z = -70 down to z = -520.
"""

from __future__ import annotations

from dataclasses import replace

from ofsep_node.simulate.examination import CORONAL, SAGITTAL, Slab, axial

BICALLOSAL_TILT_DEG = -12.0
"""Axial slices along the corpus callosum: the front is raised."""

HEAD_3D = Slab(SAGITTAL, 256, 256, 1.0, 176, 1.0, 1.0)
HEAD_2D = Slab(axial(BICALLOSAL_TILT_DEG), 224, 224, 1.0, 45, 3.0, 3.0)
DTI = Slab(axial(BICALLOSAL_TILT_DEG), 112, 112, 2.0, 70, 2.0, 2.0)

SCOUT = (
    Slab(SAGITTAL, 256, 256, 1.0, 3, 7.0, 14.0),
    Slab(CORONAL, 256, 256, 1.0, 3, 7.0, 14.0),
    Slab(axial(), 256, 256, 1.0, 3, 7.0, 14.0),
)


def _station(z: float) -> Slab:
    """Sagittal slices of 3 mm every 3.3 mm over 269 mm of spine around a height."""
    return Slab(SAGITTAL, 384, 384, 0.7, 15, 3.0, 3.3, (0.0, 20.0, z))


CORD_UPPER, CORD_LOWER = _station(-100.0), _station(-330.0)
"""Two stations: 499 mm together, overlapping by 39 mm."""

CORD_1, CORD_2, CORD_3 = _station(-75.0), _station(-305.0), _station(-535.0)
"""Three stations, head to foot: 729 mm together, overlapping by 39 mm."""

STATIONS: dict[int, tuple[Slab, ...]] = {
    2: (CORD_UPPER, CORD_LOWER),
    3: (CORD_1, CORD_2, CORD_3),
}
"""The stations of a whole cord in so many acquisitions, head to foot."""

CORD_AXIAL = Slab(axial(), 256, 256, 0.7, 24, 3.0, 3.3, (0.0, 20.0, -110.0))
"""The cervical cord from C2 to C7."""

CORD_SCOUT = (
    replace(CORD_UPPER, rows=400, columns=400, pixel_mm=1.0, slices=3, thickness_mm=7.0,
            step_mm=10.0),
    Slab(CORONAL, 400, 400, 1.0, 3, 7.0, 10.0, (0.0, 20.0, -100.0)),
    Slab(axial(), 256, 256, 1.0, 3, 7.0, 60.0, (0.0, 20.0, -100.0)),
)  # fmt: skip

KNEE = Slab(SAGITTAL, 320, 320, 0.5, 24, 3.0, 3.3, (0.0, 0.0, 0.0))
"""About an isocentre of its own: a knee lies nowhere near the head's."""


def joined(stations: tuple[Slab, ...]) -> Slab:
    """The slab that software composes from stations lying below one another, head to foot."""
    first, last = stations[0], stations[-1]
    length = first.centre_mm[2] - last.centre_mm[2] + first.field_of_view_mm[0]
    x, y, _ = first.centre_mm
    middle = (first.centre_mm[2] + last.centre_mm[2]) / 2
    return replace(first, rows=round(length / first.pixel_mm), centre_mm=(x, y, middle))
