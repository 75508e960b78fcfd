"""What each key of the simulator is, and its usual physics, whoever makes the scanner.

A vendor's table takes a sequence from here with `programmed` and says how that vendor names,
labels and times it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ofsep_node.domain.geometry import Vector
from ofsep_node.domain.series import Dimension, Weighting
from ofsep_node.simulate.examination import Diffusion, Sequence, Slab, axial
from ofsep_node.simulate.slabs import (
    CORD_1,
    CORD_2,
    CORD_3,
    CORD_AXIAL,
    CORD_SCOUT,
    DTI,
    HEAD_2D,
    HEAD_3D,
    KNEE,
    SCOUT,
)

DIRECTIONS = 32
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))

FLAIR_2D_SLAB = Slab(HEAD_2D.orientation, 256, 256, 0.9, 24, 5.0, 6.0)
T2STAR_SLAB = replace(HEAD_2D, slices=36, thickness_mm=4.0, step_mm=4.0)
SWI_SLAB = Slab(HEAD_2D.orientation, 256, 256, 0.9, 72, 2.0, 2.0)
TOF_SLAB = Slab(axial(), 384, 384, 0.52, 120, 0.6, 0.6)
COARSE_SLAB = Slab(HEAD_2D.orientation, 64, 64, 3.4, 36, 3.5, 3.5)
MPR_SLAB = replace(HEAD_2D, slices=40, thickness_mm=3.0, step_mm=3.0)


def directions(count: int) -> tuple[Vector, ...]:
    """Unit vectors spread over the upper half of the sphere, along a golden spiral."""
    heights = [(i + 0.5) / count for i in range(count)]
    return tuple(
        (
            round(math.sqrt(1 - z * z) * math.cos(GOLDEN_ANGLE * i), 6),
            round(math.sqrt(1 - z * z) * math.sin(GOLDEN_ANGLE * i), 6),
            round(z, 6),
        )
        for i, z in enumerate(heights)
    )


TENSOR = (
    Diffusion("b0", 0.0),
    *(Diffusion("b1000", 1000.0, "DIRECTIONAL", d) for d in directions(DIRECTIONS)),
)
"""One volume without weighting, then one per direction."""

TRACE = (Diffusion("b0", 0.0), Diffusion("b1000", 1000.0, "ISOTROPIC"))
"""One volume without weighting, one averaged over the directions."""


def _kind(
    key: str,
    weighting: Weighting,
    dimension: Dimension,
    slabs: tuple[Slab, ...],
    duration_s: float,
    timing_ms: tuple[float, float],
    **more: Any,
) -> Sequence:
    """A sequence with its echo and repetition time, not yet any vendor's."""
    neutral = Sequence(
        key=key,
        description=key,
        protocol_name=key,
        weighting=weighting,
        dimension=dimension,
        role="original",
        slabs=slabs,
        image_type=(),
        scanning_sequence=(),
        sequence_variant=(),
        scan_options=(),
        sequence_name="",
        sequence_file="",
        echo_time_ms=timing_ms[0],
        repetition_time_ms=timing_ms[1],
        flip_angle_deg=90.0,
        duration_s=duration_s,
    )
    return replace(neutral, **more)


_CORD = {"organ": "cord", "body_part": "SPINE"}
_EPI = {"phase_encoding": "COL", "pixel_bandwidth_hz": 1953}
_WEIGHTED = {**_EPI, "programmed_b_values": (0, 1000), "parallel_factor": 2}
_T2_CORD = {**_CORD, "echo_train_length": 17, "phase_encoding": "COL"}

_KINDS: tuple[Sequence, ...] = (
    _kind("localizer", "localizer", "2D", SCOUT, 13, (4.0, 8.6), role="localizer",
          flip_angle_deg=20.0, pixel_bandwidth_hz=320),
    _kind("t1", "t1", "3D", (HEAD_3D,), 301, (3.0, 7.0), flip_angle_deg=9.0, parallel_factor=2),
    _kind("t1-gd", "t1", "3D", (HEAD_3D,), 301, (3.0, 7.0), flip_angle_deg=9.0,
          parallel_factor=2, gadolinium="yes"),
    _kind("dwi", "dwi", "2D", (HEAD_2D,), 112, (72.0, 6200.0), diffusion=TRACE, **_WEIGHTED),
    _kind("adc", "adc", "2D", (HEAD_2D,), 112, (72.0, 6200.0), role="derived",
          derived_from="dwi", **_WEIGHTED),
    _kind("flair", "flair", "3D", (HEAD_3D,), 352, (340.0, 4800.0), inversion_time_ms=1650.0,
          echo_train_length=182, parallel_factor=2),
    _kind("flair-2d", "flair", "2D", (FLAIR_2D_SLAB,), 200, (120.0, 9000.0),
          inversion_time_ms=2500.0, echo_train_length=24, flip_angle_deg=150.0),
    _kind("t2", "pd_t2", "2D", (HEAD_2D,), 190, (14.0, 3200.0), echo_times_ms=(14.0, 92.0),
          flip_angle_deg=150.0, echo_train_length=8),
    _kind("t2-3d", "t2", "3D", (HEAD_3D,), 260, (260.0, 2500.0), echo_train_length=110,
          parallel_factor=2),
    _kind("dti", "dti", "2D", (DTI,), 380, (84.0, 8500.0), diffusion=TENSOR, **_WEIGHTED),
    _kind("t2star", "t2star", "2D", (T2STAR_SLAB,), 140, (20.0, 620.0), flip_angle_deg=20.0),
    _kind("swi", "swi", "3D", (SWI_SLAB,), 240, (25.0, 42.0), flip_angle_deg=15.0,
          parallel_factor=2),
    _kind("dir", "dir", "3D", (HEAD_3D,), 370, (320.0, 5500.0), inversion_time_ms=2550.0,
          echo_train_length=173, parallel_factor=2),
    _kind("cord-localizer", "localizer", "2D", CORD_SCOUT, 20, (4.0, 8.6), role="localizer",
          flip_angle_deg=20.0, **_CORD),
    _kind("cord-t2-1", "t2", "2D", (CORD_1,), 150, (105.0, 3400.0), **_T2_CORD),
    _kind("cord-t2-2", "t2", "2D", (CORD_2,), 150, (105.0, 3400.0), **_T2_CORD),
    _kind("cord-t2-3", "t2", "2D", (CORD_3,), 150, (105.0, 3400.0), **_T2_CORD),
    _kind("cord-stir", "stir", "2D", (CORD_1,), 180, (58.0, 4200.0), inversion_time_ms=180.0,
          **_T2_CORD),
    _kind("cord-t1-gd", "t1", "2D", (CORD_1,), 130, (9.0, 600.0), gadolinium="yes",
          echo_train_length=3, **_CORD),
    _kind("cord-t2star", "t2star", "2D", (CORD_AXIAL,), 210, (14.0, 640.0), flip_angle_deg=25.0,
          **_CORD),
    _kind("cord-t1-gd-axial", "t1", "2D", (CORD_AXIAL,), 150, (10.0, 620.0), gadolinium="yes",
          echo_train_length=3, **_CORD),
    _kind("tof", "other", "3D", (TOF_SLAB,), 260, (3.4, 23.0), flip_angle_deg=20.0),
    _kind("bold", "other", "2D", (COARSE_SLAB,), 240, (30.0, 2000.0), flip_angle_deg=80.0, **_EPI),
    _kind("fieldmap", "other", "2D", (COARSE_SLAB,), 60, (4.9, 500.0), flip_angle_deg=60.0),
    _kind("perfusion", "other", "2D", (COARSE_SLAB,), 90, (30.0, 1500.0), gadolinium="yes", **_EPI),
    _kind("mip", "other", "3D", (replace(SWI_SLAB, slices=65, thickness_mm=16.0),), 240,
          (25.0, 42.0), role="derived", derived_from="swi", flip_angle_deg=15.0),
    _kind("phase", "other", "3D", (SWI_SLAB,), 240, (25.0, 42.0), derived_from="swi",
          flip_angle_deg=15.0),
    _kind("mpr", "other", "3D", (MPR_SLAB,), 301, (3.0, 7.0), role="derived", derived_from="t1",
          flip_angle_deg=9.0),
    _kind("fa", "fa", "2D", (DTI,), 380, (84.0, 8500.0), role="derived", derived_from="dti",
          **_WEIGHTED),
    _kind("screenshot", "other", "2D", (HEAD_2D.resliced(135.0, 135.0),), 1, (1.0, 1.0),
          role="derived"),
    _kind("knee", "pd", "2D", (KNEE,), 180, (32.0, 2800.0), organ="other", body_part="KNEE",
          echo_train_length=8),
)  # fmt: skip
KINDS: dict[str, Sequence] = {kind.key: kind for kind in _KINDS}


def programmed(key: str, description: str, **settings: Any) -> Sequence:
    """The sequence of this key as a vendor's console holds it."""
    settings.setdefault("protocol_name", description)
    return replace(KINDS[key], description=description, **settings)
