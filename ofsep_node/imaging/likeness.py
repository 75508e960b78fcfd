"""How like the template a patient's volume is under an affine map: mutual information."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from ofsep_node.imaging.template import EDGE_MM, brain_centre, template
from ofsep_node.imaging.volume import Affine, Volume

Freedom = Literal[6, 12]
RIGID: Freedom = 6
AFFINE: Freedom = 12

BINS = 32
MARGIN = 2
"""Voxels around the template's brain that are compared too: its border says where it lies."""

UNITS = np.array([3.0] * 3 + [0.05] * 3 + [0.05] * 6)
"""What one step of the search is: mm, radians, and parts of scale and shear."""


class Likeness:
    """Compares a patient's volume with the template at a fixed sample of points of the brain.

    Mutual information does not ask for the same brightness in both (Wells et al., Med Image Anal
    1996;1:35-51). A point's signal is shared by two bins, so that small moves count.
    """

    def __init__(self, moving: Volume, smoothing_mm: float, points: int) -> None:
        fixed = template()
        places = np.argwhere(ndimage.binary_dilation(fixed.brain, iterations=MARGIN))
        chosen = np.random.default_rng(0).choice(
            len(places), min(points, len(places)), replace=False
        )
        places = places[np.sort(chosen)]
        smooth = ndimage.gaussian_filter(fixed.voxels, smoothing_mm / EDGE_MM)
        self._points = places @ fixed.affine[:3, :3].T + fixed.affine[:3, 3]
        self._fixed = _levels(smooth[tuple(places.T)]).astype(np.intp)
        widths = [smoothing_mm / edge for edge in moving.edges_mm]
        self._moving = _levels(ndimage.gaussian_filter(moving.voxels, widths))
        self._to_index = np.linalg.inv(moving.affine)

    def of(self, to_patient: Affine) -> float:
        """Mutual information of both signals, in nats."""
        to_index = self._to_index @ to_patient
        places = to_index[:3, :3] @ self._points.T + to_index[:3, 3:]
        signal = ndimage.map_coordinates(self._moving, places, order=1, mode="constant")
        low = signal.astype(np.intp)
        part = signal - low
        cell = self._fixed * (BINS + 1) + low
        size = BINS * (BINS + 1)
        joint = np.bincount(cell, 1 - part, size) + np.bincount(cell + 1, part, size)[:size]
        return _information(joint.reshape(BINS, BINS + 1) / len(low))

    def improved(self, start: Affine, freedom: Freedom) -> Affine:
        """The likeliest map near `start`, by Powell's search: rigid, or affine."""
        found = optimize.minimize(
            lambda x: -self.of(start @ moved(x)),
            np.zeros(freedom),
            method="Powell",
            options={"xtol": 2e-2, "ftol": 1e-4, "maxiter": 12},
        )
        return np.asarray(start @ moved(found.x))


def moved(parameters: NDArray[np.float64]) -> Affine:
    """The map of 6 or 12 parameters about the brain's centre: shifts, turns, scales, shears."""
    p = np.zeros(12)
    p[: len(parameters)] = parameters
    p *= UNITS
    (a, b, c), (sa, sb, sc) = np.cos(p[3:6]), np.sin(p[3:6])
    about_x = np.array([[1, 0, 0], [0, a, -sa], [0, sa, a]])
    about_y = np.array([[b, 0, sb], [0, 1, 0], [-sb, 0, b]])
    about_z = np.array([[c, -sc, 0], [sc, c, 0], [0, 0, 1]])
    stretch = np.array([[0, p[9], p[10]], [0, 0, p[11]], [0, 0, 0]]) + np.diag(np.exp(p[6:9]))
    matrix, centre = np.eye(4), brain_centre()
    matrix[:3, :3] = about_x @ about_y @ about_z @ stretch
    matrix[:3, 3] = centre + p[:3] - matrix[:3, :3] @ centre
    return matrix


def _levels(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Signal in bins, from 0 to just below the last; the brightest hundredth shares one."""
    low, high = float(signal.min()), float(np.percentile(signal, 99.5))
    scaled = (signal - low) / max(high - low, 1e-6) * (BINS - 1)
    return np.asarray(np.clip(scaled, 0, BINS - 1.001), np.float32)


def _information(joint: NDArray[np.float64]) -> float:
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return float(np.sum(joint[there] * np.log(joint[there] / apart[there])))
