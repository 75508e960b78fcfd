"""A head made of ellipsoids: plausible pixels, cheaply, for any plane and weighting.

Scalp, skull, grey and white matter, ventricles and a few periventricular lesions; grey levels are
relative (0 to 4095), except on ADC maps, where they are 10^-6 mm2/s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ofsep_node.domain.geometry import Vector
from ofsep_node.simulate.examination import Slab

AIR, SCALP, SKULL, GREY, WHITE, FLUID, LESION = range(7)

Grey = tuple[int, int, int, int, int, int, int]
"""Levels of air, scalp, skull, grey matter, white matter, fluid, lesion."""

CONTRASTS: dict[str, Grey] = {
    "t1": (0, 1900, 120, 700, 1100, 250, 600),
    "flair": (0, 700, 100, 900, 700, 120, 1500),
    "b0": (0, 200, 40, 900, 700, 2200, 1200),
    "b1000": (0, 40, 20, 380, 360, 60, 480),
    "adc": (0, 0, 0, 850, 720, 3000, 1100),
    "localizer": (0, 900, 150, 600, 650, 300, 600),
}
NOISE = 15.0
"""Standard deviation of the noise in either channel, in grey levels."""

NOISELESS = frozenset({"adc"})
LARGEST = 4095
"""Twelve bits are stored."""


@dataclass(frozen=True, slots=True)
class _Ellipsoid:
    tissue: int
    centre_mm: Vector
    radii_mm: Vector


_HEAD = (
    _Ellipsoid(SCALP, (0, -20, 10), (78, 98, 112)),
    _Ellipsoid(SKULL, (0, -20, 12), (72, 92, 104)),
    _Ellipsoid(GREY, (0, -20, 14), (66, 86, 92)),
    _Ellipsoid(WHITE, (0, -20, 16), (54, 72, 76)),
    _Ellipsoid(FLUID, (14, -18, 24), (7, 34, 12)),
    _Ellipsoid(FLUID, (-14, -18, 24), (7, 34, 12)),
    _Ellipsoid(LESION, (27, -35, 30), (4, 7, 4)),
    _Ellipsoid(LESION, (-25, 4, 34), (5, 4, 4)),
    _Ellipsoid(LESION, (24, 16, 22), (3, 5, 3)),
    _Ellipsoid(LESION, (-28, -42, 26), (3, 3, 6)),
)


def slice_pixels(
    slab: Slab, index: int, contrast: str, noise: np.random.Generator
) -> NDArray[np.uint16]:
    """One slice of the head: (rows, columns), twelve bits in uint16."""
    levels = np.asarray(CONTRASTS[contrast], dtype=np.float32)
    signal = levels[_tissues(slab, index)]
    if contrast not in NOISELESS:
        signal = _rician(signal, noise)
    return np.clip(signal, 0, LARGEST).astype("<u2")


def _tissues(slab: Slab, index: int) -> NDArray[np.uint8]:
    x, y, z = _coordinates_mm(slab, index)
    tissues = np.zeros((slab.rows, slab.columns), dtype=np.uint8)
    for part in _HEAD:
        (cx, cy, cz), (rx, ry, rz) = part.centre_mm, part.radii_mm
        inside = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 < 1
        tissues[inside] = part.tissue
    return tissues


def _coordinates_mm(slab: Slab, index: int) -> list[NDArray[np.float32]]:
    """x, y and z of every pixel, each (rows, columns) or a shape that broadcasts to it."""
    along = np.arange(slab.columns, dtype=np.float32)[None, :] * np.float32(slab.pixel_mm)
    down = np.arange(slab.rows, dtype=np.float32)[:, None] * np.float32(slab.pixel_mm)
    position, o = slab.position_mm(index), slab.orientation
    axes = range(3)
    return [
        np.float32(position[a]) + along * np.float32(o[a]) + down * np.float32(o[a + 3])
        for a in axes
    ]


def _rician(signal: NDArray[np.float32], noise: np.random.Generator) -> NDArray[np.float32]:
    """Magnitude of the signal with noise in both channels (Gudbjartsson & Patz, MRM 1995)."""
    real = signal + noise.standard_normal(signal.shape, dtype=np.float32) * NOISE
    imaginary = noise.standard_normal(signal.shape, dtype=np.float32) * NOISE
    magnitude: NDArray[np.float32] = np.hypot(real, imaginary)
    return magnitude
