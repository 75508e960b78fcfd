"""A head and a spine made of ellipsoids: plausible pixels, cheaply, for any plane and weighting.

Scalp, skull, grey and white matter, ventricles and a few periventricular lesions; vertebrae and
discs, the sac with its fluid, the cord with two lesions. Grey levels are relative (0 to 4095),
except on ADC maps, where they are 10^-6 mm2/s, and FA maps, where they are thousandths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ofsep_node.domain.geometry import Vector
from ofsep_node.simulate.examination import Sequence, Slab
from ofsep_node.simulate.image import Image
from ofsep_node.simulate.slabs import KNEE

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
    "t1-gd": (0, 1900, 120, 720, 1120, 250, 2200),
    "t2": (0, 700, 90, 900, 650, 2300, 1400),
    "pd": (0, 900, 120, 1300, 1100, 1500, 1500),
    "t2star": (0, 800, 100, 950, 800, 1700, 1200),
    "swi": (0, 700, 80, 900, 800, 1100, 950),
    "dir": (0, 300, 60, 1100, 200, 150, 1300),
    "stir": (0, 150, 80, 900, 750, 2100, 1500),
    "fa": (0, 0, 0, 150, 600, 20, 250),
    "dti": (0, 40, 20, 350, 320, 60, 450),
    "other": (0, 500, 100, 700, 600, 900, 700),
}
NOISE = 15.0
"""Standard deviation of the noise in either channel, in grey levels."""

NOISELESS = frozenset({"adc", "fa"})
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


_LAST_VERTEBRA_MM, _VERTEBRA_MM = -560, 30


def _spine() -> tuple[_Ellipsoid, ...]:
    """Neck and trunk, vertebrae in front of the sac, the cord down to its cone, two lesions."""
    heights = range(-85, _LAST_VERTEBRA_MM, -_VERTEBRA_MM)
    return (
        _Ellipsoid(SCALP, (0, 0, -330), (150, 95, 270)),
        *(_Ellipsoid(GREY, (0, -5, z), (17, 15, 13)) for z in heights),
        _Ellipsoid(FLUID, (0, 20, -300), (9, 8, 270)),
        _Ellipsoid(WHITE, (0, 20, -260), (6, 5, 200)),
        _Ellipsoid(LESION, (1, 21, -120), (3, 3, 9)),
        _Ellipsoid(LESION, (-1, 19, -240), (3, 3, 7)),
    )


_PERSON = (*_spine(), *_HEAD)
_KNEE = (
    _Ellipsoid(SCALP, (0, 0, 0), (62, 66, 150)),
    _Ellipsoid(GREY, (0, -8, 62), (34, 30, 62)),
    _Ellipsoid(GREY, (0, -4, -66), (36, 28, 62)),
    _Ellipsoid(FLUID, (0, -40, 10), (18, 6, 22)),
)


def contrast_of(sequence: Sequence, image: Image) -> str:
    """Which of the phantom's contrasts an image shows; a knee has that of its weighting."""
    weighting, diffusion = sequence.weighting, image.diffusion
    if weighting in ("dwi", "dti") and diffusion is not None:
        weighted = "dti" if weighting == "dti" else "b1000"
        return weighted if diffusion.b_value else "b0"
    if weighting == "pd_t2":
        return "pd" if image.echo == 0 else "t2"
    if weighting == "t1" and sequence.gadolinium == "yes":
        return "t1-gd"
    return weighting


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
    for part in _parts_near(slab):
        (cx, cy, cz), (rx, ry, rz) = part.centre_mm, part.radii_mm
        inside = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 < 1
        tissues[inside] = part.tissue
    return tissues


def _parts_near(slab: Slab) -> tuple[_Ellipsoid, ...]:
    """The knee about its own isocentre, the head and the spine elsewhere."""
    if slab.centre_mm == KNEE.centre_mm:
        return _KNEE
    below, above = _reach_mm(slab)
    return tuple(e for e in _PERSON if below < e.centre_mm[2] + e.radii_mm[2]
                 and e.centre_mm[2] - e.radii_mm[2] < above)  # fmt: skip


def _reach_mm(slab: Slab) -> tuple[float, float]:
    """Lowest and highest z that the slab may reach."""
    half = (math.hypot(*slab.field_of_view_mm) + slab.extent_mm) / 2
    return (slab.centre_mm[2] - half, slab.centre_mm[2] + half)


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
