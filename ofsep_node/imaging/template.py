"""The bi-callosal plane, in the space of the MNI template.

The line joins the inferior borders of the genu and of the splenium of the corpus callosum in the
mid-sagittal plane (the subcallosal line: Otake et al., A guide to identification and selection of
axial planes in magnetic resonance imaging of the brain, Neuroradiol J 2018;31:336-344); the plane
holds the line and the left-right axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from nilearn.datasets import load_mni152_template
from numpy.typing import NDArray

from ofsep_node.imaging.planes import Pixels
from ofsep_node.imaging.volume import Affine

NAME = "MNI ICBM152 2009a symmetric T1"
EDGE_MM = 2

GENU = (0.0, 24.0, -3.4)
SPLENIUM = (0.0, -36.5, 6.6)
"""Inferior borders in mm (RAS, MNI space), measured on the template's 1 mm grid at x = 0: where the
signal has fallen half way from the callosum's to that of the tissue below it."""

LEFT_RIGHT = (1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Template:
    """The brain of the template, without skull; zero outside it."""

    voxels: Pixels
    affine: Affine

    @property
    def brain(self) -> NDArray[np.bool_]:
        """Where the brain is."""
        return np.asarray(self.voxels > 0)


@cache
def template() -> Template:
    """The template that nilearn ships, on its 2 mm grid."""
    image = load_mni152_template(resolution=EDGE_MM)
    return Template(np.asarray(image.get_fdata(), np.float32), np.asarray(image.affine, np.float64))


@cache
def brain_centre() -> NDArray[np.float64]:
    """The centre of the template's brain, in mm."""
    fixed = template()
    centre = np.argwhere(fixed.brain).mean(axis=0)
    return np.asarray(fixed.affine[:3, :3] @ centre + fixed.affine[:3, 3])


def bicallosal_normal(to_patient: Affine) -> NDArray[np.float64]:
    """The unit normal of the plane, towards the head, carried from MNI space to the patient's (RAS).

    Both directions that lie in the plane are carried: an affine map keeps planes, not angles.
    """
    linear = to_patient[:3, :3]
    forward = linear @ np.subtract(GENU, SPLENIUM)
    normal = np.cross(linear @ LEFT_RIGHT, forward)
    return np.asarray(normal / np.linalg.norm(normal))
