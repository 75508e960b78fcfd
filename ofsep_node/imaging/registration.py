"""The MNI template brought onto a patient's 3D T1: affine, by mutual information, coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ofsep_node.errors import NotMeasurable
from ofsep_node.imaging.likeness import AFFINE, RIGID, Likeness
from ofsep_node.imaging.noise import otsu
from ofsep_node.imaging.template import EDGE_MM, Template, bicallosal_normal, brain_centre, template
from ofsep_node.imaging.volume import Affine, Volume, coarsened

METHOD = "affine registration to MNI ICBM152 2009a by mutual information"

START_PITCHES_DEG = (-20.0, 0.0, 20.0)
"""Rotations about the left-right axis that the search starts from: a chin up, a chin down."""

HEAD_MM = 150.0
"""From the top of the head down, this much is head; what is below is neck and shoulders."""

LEAST_CORRELATION = 0.5
"""Of the patient's signal and the template's in the brain, once registered."""

LEAST_COVERED = 0.9
"""Part of the template's brain that the patient's images must hold."""

SCALES = (0.7, 1.4)
"""A brain beyond these sizes of the template's, in any direction, was not found."""

AGREEMENT_DEG = 1.5
"""Registrations from two starts must put the plane within this angle of each other."""

SECOND_START_DEG = 7.0

COARSE_MM, COARSE_POINTS = 4.0, 4_000
FINE_MM, FINE_POINTS = 1.0, 16_000
"""Smoothing (standard deviation) and how many points of the brain are compared, step by step."""


@dataclass(frozen=True, slots=True)
class Registration:
    """How the template lies on the patient, and why that is to be believed."""

    to_patient: Affine  # from MNI to the patient's coordinates, both RAS mm
    correlation: float  # of both signals in the brain
    covered: float  # part of the template's brain inside the patient's images
    disagreement_deg: float  # between the planes found from two starts


def register(patient: Volume) -> Registration:
    """Bring the template onto a 3D T1.

    Raises NotMeasurable when the images do not hold the brain, or when the result is not to be
    trusted: too small a likeness, an unlikely size, or another plane from another start.
    """
    fixed, moving = template(), coarsened(patient, float(EDGE_MM))
    if not np.isfinite(moving.voxels).all() or float(np.ptp(moving.voxels)) == 0.0:
        raise NotMeasurable("its images are empty", "ses images sont vides")
    coarse, fine = (
        Likeness(moving, COARSE_MM, COARSE_POINTS),
        Likeness(moving, FINE_MM, FINE_POINTS),
    )
    found = _refined(coarse, fine, _best_start(coarse, moving))
    covered = _covered(fixed, moving, found)
    if covered < LEAST_COVERED:
        raise NotMeasurable(
            f"its images hold {covered:.0%} of the brain",
            f"ses images ne contiennent que {100 * covered:.0f} % de l'encéphale",
        )
    again = _refined(coarse, fine, found @ _pitched(SECOND_START_DEG))
    registration = Registration(
        to_patient=found,
        correlation=_correlation(fixed, moving, found),
        covered=covered,
        disagreement_deg=_between_deg(found, again),
    )
    _refuse_the_doubtful(registration)
    return registration


def _refuse_the_doubtful(found: Registration) -> None:
    scales = np.linalg.svd(found.to_patient[:3, :3], compute_uv=False)
    if found.correlation < LEAST_CORRELATION:
        raise NotMeasurable(
            f"the registration did not converge: correlation {found.correlation:.2f} with the "
            f"template, at least {LEAST_CORRELATION} expected",
            "le recalage n'a pas convergé : "
            + f"corrélation de {found.correlation:.2f} avec le modèle, ".replace(".", ",")
            + f"{LEAST_CORRELATION} au moins attendu".replace(".", ","),
        )
    if scales.min() < SCALES[0] or scales.max() > SCALES[1]:
        raise NotMeasurable(
            "the registration did not converge: "
            f"scales of {scales.min():.2f} to {scales.max():.2f} of the template",
            "le recalage n'a pas convergé : "
            + f"échelles de {scales.min():.2f} à {scales.max():.2f} du modèle".replace(".", ","),
        )
    if found.disagreement_deg > AGREEMENT_DEG:
        raise NotMeasurable(
            "the registration did not converge: "
            f"two starts differ by {found.disagreement_deg:.1f} degrees",
            "le recalage n'a pas convergé : deux départs diffèrent de "
            + f"{found.disagreement_deg:.1f} degrés".replace(".", ","),
        )


def _best_start(likeness: Likeness, moving: Volume) -> Affine:
    """The likeliest of several coarse rigid alignments."""
    shift = np.eye(4)
    shift[:3, 3] = head_centre(moving) - brain_centre()
    starts = [shift @ _pitched(pitch) for pitch in START_PITCHES_DEG]
    return max((likeness.improved(s, RIGID) for s in starts), key=likeness.of)


def _refined(coarse: Likeness, fine: Likeness, start: Affine) -> Affine:
    return fine.improved(coarse.improved(coarse.improved(start, RIGID), AFFINE), AFFINE)


def head_centre(volume: Volume) -> np.ndarray:
    """The centre of what is brighter than air in the upper part of the images, in RAS mm."""
    smooth = ndimage.uniform_filter(volume.voxels, 3)
    inside = smooth > otsu(smooth)
    places = np.argwhere(inside) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    top = np.percentile(places[:, 2], 99.5)
    return np.asarray(places[places[:, 2] > top - HEAD_MM].mean(axis=0))


def _pitched(degrees: float) -> Affine:
    """A rotation about the left-right axis through the template's centre."""
    turn = np.radians(degrees)
    matrix, centre = np.eye(4), np.eye(4)
    matrix[1:3, 1:3] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    centre[:3, 3] = brain_centre()
    return np.asarray(centre @ matrix @ np.linalg.inv(centre))


def _on_template(fixed: Template, moving: Volume, found: Affine) -> tuple[np.ndarray, np.ndarray]:
    """The patient's signal at the template's brain voxels, and which of them it has images of."""
    to_index = np.linalg.inv(moving.affine) @ found @ fixed.affine
    places = to_index[:3, :3] @ np.argwhere(fixed.brain).T + to_index[:3, 3:]
    sides = np.array(moving.voxels.shape)[:, np.newaxis]
    held = np.all((places >= -0.5) & (places <= sides - 0.5), axis=0)
    return ndimage.map_coordinates(moving.voxels, places, order=1, mode="nearest"), held


def _covered(fixed: Template, moving: Volume, found: Affine) -> float:
    return float(_on_template(fixed, moving, found)[1].mean())


def _correlation(fixed: Template, moving: Volume, found: Affine) -> float:
    signal, held = _on_template(fixed, moving, found)
    if held.mean() < 0.2:
        return -1.0
    matrix = np.corrcoef(signal[held], fixed.voxels[fixed.brain][held])
    return float(np.nan_to_num(matrix[0, 1], nan=-1.0))


def _between_deg(a: Affine, b: Affine) -> float:
    cosine = float(np.dot(bicallosal_normal(a), bicallosal_normal(b)))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
