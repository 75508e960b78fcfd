"""Planes put together into a volume, and its place in space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ofsep_node.domain.geometry import parallel, steps_mm
from ofsep_node.errors import NotMeasurable
from ofsep_node.imaging.planes import PixelPlane, Pixels

Affine = NDArray[np.float64]
"""4 x 4, homogeneous coordinates."""

FEWEST_PLANES = 20
UNEVEN = 0.1
"""Steps between planes that differ by more than this part leave a hole, or belong to two slabs."""

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""DICOM's axes point to the left and to the back (PS3.3 C.7.6.2.1.1), the template's to the right
and to the front (NIfTI-1, "+x = Right, +y = Anterior, +z = Superior")."""


@dataclass(frozen=True, slots=True)
class Volume:
    """Voxels (plane, row, column), and the affine from their indices to RAS mm."""

    voxels: Pixels
    affine: Affine

    @property
    def edges_mm(self) -> tuple[float, float, float]:
        """The edges of a voxel along its indices, in mm."""
        a, b, c = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(a), float(b), float(c)


def volume_of(planes: Sequence[PixelPlane]) -> Volume:
    """The volume of planes that are sorted along their normal, one for each position.

    Raises NotMeasurable when they do not make one evenly sampled volume.
    """
    if len(planes) < FEWEST_PLANES:
        raise NotMeasurable(
            f"{len(planes)} planes make no volume", f"{len(planes)} coupes ne font pas un volume"
        )
    first = planes[0]
    for plane in planes:
        if not parallel(plane.orientation, first.orientation) or (
            plane.pixels.shape != first.pixels.shape
        ):
            raise NotMeasurable(
                "its planes differ in orientation or matrix",
                "ses coupes diffèrent par l'orientation ou la matrice",
            )
    steps = steps_mm([p.offset_mm for p in planes])
    usual = float(np.median(steps))
    if max(abs(step - usual) for step in steps) > UNEVEN * usual:
        raise NotMeasurable(
            "planes are missing between others", "des coupes manquent entre les autres"
        )
    return Volume(np.stack([p.pixels for p in planes]), ras_affine(first, planes[-1], len(planes)))


def ras_affine(first: PixelPlane, last: PixelPlane, planes: int) -> Affine:
    """From (plane, row, column) to RAS mm.

    The position is that of the first pixel's centre; a row index goes down along the column's
    direction cosines, a column index along the row's (PS3.3 C.7.6.2.1.1, equation C.7.6.2.1-1).
    """
    along_row, along_column = np.reshape(first.orientation, (2, 3))
    lps = np.eye(4)
    lps[:3, 0] = np.subtract(last.position, first.position) / max(planes - 1, 1)
    lps[:3, 1] = along_column * first.spacing_mm[0]
    lps[:3, 2] = along_row * first.spacing_mm[1]
    lps[:3, 3] = first.position
    return np.asarray(LPS_TO_RAS @ lps)


def coarsened(volume: Volume, edge_mm: float) -> Volume:
    """The volume averaged over blocks of voxels, none of whose edges passes `edge_mm`."""
    factors = [max(1, int(edge_mm / edge + 0.01)) for edge in volume.edges_mm]
    kept = [n // f * f for n, f in zip(volume.voxels.shape, factors, strict=True)]
    cut = volume.voxels[: kept[0], : kept[1], : kept[2]]
    shape = [side for n, f in zip(kept, factors, strict=True) for side in (n // f, f)]
    affine = volume.affine @ np.diag([*factors, 1.0])
    affine[:3, 3] = (volume.affine @ [*((f - 1) / 2 for f in factors), 1.0])[:3]
    return Volume(cut.reshape(shape).mean(axis=(1, 3, 5), dtype=np.float32), affine)
