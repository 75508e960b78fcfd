from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

pytest.importorskip("nilearn")
pytest.importorskip("scipy")

from ofsep_node.domain.geometry import normal
from ofsep_node.errors import NotMeasurable
from ofsep_node.imaging.measuring import angle_deg
from ofsep_node.imaging.planes import first_of_each, read_planes
from ofsep_node.imaging.registration import Registration, register
from ofsep_node.imaging.template import GENU, SPLENIUM, bicallosal_normal, template
from ofsep_node.imaging.volume import Volume, coarsened, volume_of
from tests.unit.imaging.scanner import axial_t2, head, sagittal_t1

TOLERANCE_DEG = 1.5
HEADS = {
    "chin up": head(15, 4, -6, (8, -12, 10)),
    "chin down, turned": head(-15, -8, 15, (-20, 0, 0)),
    "leaning": head(6, 15, 5, (0, 10, -8)),
}


def planes(folder: Path) -> Volume:
    return volume_of(first_of_each(read_planes(sorted(folder.iterdir()))))


def between(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


@pytest.mark.slow
@pytest.mark.parametrize("lies", HEADS.values(), ids=HEADS)
def test_the_plane_is_found_however_the_head_lies(lies: np.ndarray, tmp_path: Path) -> None:
    found = register(planes(sagittal_t1(tmp_path, lies)))
    assert between(bicallosal_normal(found.to_patient), bicallosal_normal(lies)) < TOLERANCE_DEG


@pytest.mark.parametrize("tilt", [-20.0, 0.0, 9.4, 15.0])
def test_the_angle_of_a_tilted_series_is_that_of_its_normal(tilt: float, tmp_path: Path) -> None:
    """In MNI space the line falls forwards by 9.4 degrees: a series so tilted lies 2 x 9.4 off."""
    (plane, *_) = read_planes([min(axial_t2(tmp_path, np.eye(4), tilt).iterdir())])
    there = Registration(np.eye(4), 1.0, 1.0, 0.0)
    fall = np.degrees(np.arctan2(SPLENIUM[2] - GENU[2], GENU[1] - SPLENIUM[1]))
    assert normal(plane.orientation)[2] > 0
    assert angle_deg(plane.orientation, there) == pytest.approx(tilt + fall, abs=0.01)


def test_a_slab_does_not_hold_the_brain(tmp_path: Path) -> None:
    slab = planes(sagittal_t1(tmp_path, head(0, 0, 0, (0, 0, 0)), planes=40))
    with pytest.raises(NotMeasurable, match=r"of the brain|did not converge"):
        register(slab)


@pytest.mark.parametrize("kind", ["noise", "ball", "nothing"])
def test_what_is_no_brain_gives_no_plane(kind: str) -> None:
    grid = np.indices((60, 60, 60)) - 30.0
    ball = (np.linalg.norm(grid, axis=0) < 22) * 500.0
    noise = np.random.default_rng(1).normal(500, 100, ball.shape)
    voxels = {"noise": noise, "ball": ball + noise / 20, "nothing": 0 * ball}[kind]
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = -90
    with pytest.raises(NotMeasurable):
        register(Volume(voxels.astype(np.float32), affine))


def test_pixels_without_a_decoder_are_named_by_their_syntax(tmp_path: Path) -> None:
    path = min(sagittal_t1(tmp_path, np.eye(4), planes=20).iterdir())
    image = dcmread(path)
    image.PixelData = encapsulate([b"\xff\x4f no codestream"])
    image["PixelData"].VR = "OB"
    image.file_meta.TransferSyntaxUID = JPEG2000Lossless
    image.save_as(path, enforce_file_format=True)
    with pytest.raises(NotMeasurable, match="JPEG 2000"):
        read_planes([path])


def test_a_missing_plane_is_seen(tmp_path: Path) -> None:
    folder = sagittal_t1(tmp_path, np.eye(4), planes=24)
    (folder / "0011.dcm").unlink()
    with pytest.raises(NotMeasurable, match="planes are missing"):
        planes(folder)


def test_the_landmarks_lie_where_the_callosum_ends() -> None:
    """On the 2 mm grid, bright above each landmark and dark below it."""
    fixed = template()
    for landmark in (GENU, SPLENIUM):
        for above, low, high in ((3.0, 0.8, 1.0), (-4.0, 0.0, 0.65)):
            place = np.linalg.inv(fixed.affine) @ [*np.add(landmark, (0, 0, above)), 1]
            assert low < fixed.voxels[tuple(np.round(place[:3]).astype(int))] <= high


def test_coarsening_keeps_what_lies_where() -> None:
    voxels = np.zeros((8, 8, 8), np.float32)
    voxels[4:6, 2:4, 6:8] = 1
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    coarse = coarsened(Volume(voxels, affine), 2.0)
    assert coarse.voxels.shape == (4, 4, 4)
    (brightest,) = np.argwhere(coarse.voxels == 1)
    assert (coarse.affine @ [*brightest, 1])[:3] == pytest.approx([4.5, 2.5, 6.5])
