"""A scanner whose patient is the MNI template: the truth is known by construction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from scipy import ndimage
from scipy.spatial.transform import Rotation

from ofsep_node.imaging.template import template
from ofsep_node.imaging.volume import LPS_TO_RAS

MR_IMAGE_STORAGE = UID("1.2.840.10008.5.1.4.1.1.4")
STUDY = str(generate_uid(entropy_srcs=["imaging study"]))

Matrix = NDArray[np.float64]


def head(pitch: float, roll: float, yaw: float, shift: tuple[float, float, float]) -> Matrix:
    """How the head lies: from MNI to RAS mm of the scanner; degrees about x, y, z."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", [pitch, roll, yaw], degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


def acquired(
    lies: Matrix, affine: Matrix, shape: tuple[int, ...], noise: float = 20.0
) -> NDArray[np.uint16]:
    """Magnitude images of the head on a grid (affine to RAS mm), white noise in both channels."""
    rng = np.random.default_rng(7)
    fixed = template()
    to_template = np.linalg.inv(fixed.affine) @ np.linalg.inv(lies) @ affine
    signal = ndimage.affine_transform(
        fixed.voxels * 800, to_template[:3, :3], to_template[:3, 3], output_shape=shape, order=1
    )
    real, imaginary = rng.normal(0, noise, (2, *shape))
    return np.asarray(np.hypot(signal + real, imaginary), np.uint16)


def sagittal_t1(folder: Path, lies: Matrix, *, planes: int = 110, rows: int = 190) -> Path:
    """A sagittal 3D T1 of 1.6 x 1.3 x 1.3 mm; few planes make a slab about the middle."""
    orientation = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
    first = (-1.6 * (planes - 1) / 2, -115.0, 125.0)  # LPS
    return _series(
        folder / "t1", lies, 1, orientation, first, (1.6, 0.0, 0.0), planes, (rows, 190), 1.3,
        SeriesDescription="3D T1 MPRAGE SAG", MRAcquisitionType="3D", ScanningSequence=["GR", "IR"],
        SequenceName="*tfl3d1_16ns", EchoTime=2.98, RepetitionTime=2300, InversionTime=900,
        SliceThickness=1.6, FlipAngle=9,
    )  # fmt: skip


def axial_t2(folder: Path, lies: Matrix, tilt_deg: float, *, number: int = 2) -> Path:
    """An axial 2D T2, its anterior edge raised by `tilt_deg` about the left-right axis."""
    turn = np.radians(tilt_deg)
    down = (0.0, float(np.cos(turn)), float(-np.sin(turn)))  # the column: to the back, and down
    step = (0.0, 3 * float(np.sin(turn)), 3 * float(np.cos(turn)))
    first = tuple(-105.0 * np.array([1, *down[1:]]) - 12 * np.array(step))
    return _series(
        folder / f"t2-{number}", lies, number, (1.0, 0.0, 0.0, *down), first, step, 24,
        (140, 140), 1.5,
        SeriesDescription="AX T2 TSE", MRAcquisitionType="2D", ScanningSequence="SE",
        SequenceVariant="SK", SequenceName="*tse2d1_15", EchoTime=100, RepetitionTime=5000,
        SliceThickness=3, SpacingBetweenSlices=3, FlipAngle=150,
    )  # fmt: skip


def _series(
    folder: Path, lies: Matrix, number: int, orientation: tuple[float, ...], first: Any,
    step: tuple[float, float, float], planes: int, matrix: tuple[int, int], edge: float,
    **attributes: Any,
) -> Path:  # fmt: skip
    lps = np.eye(4)
    lps[:3, 0], lps[:3, 3] = step, first
    lps[:3, 1], lps[:3, 2] = np.array(orientation[3:]) * edge, np.array(orientation[:3]) * edge
    pixels = acquired(lies, LPS_TO_RAS @ lps, (planes, *matrix))
    folder.mkdir(parents=True)
    for index, plane in enumerate(pixels):
        image = _image(number, index + 1, plane)
        image.ImageOrientationPatient = [round(c, 8) for c in orientation]
        image.ImagePositionPatient = [round(float(c), 4) for c in lps[:3, 3] + index * lps[:3, 0]]
        image.PixelSpacing, image.AcquisitionMatrix = [edge, edge], [matrix[0], 0, 0, matrix[1]]
        for keyword, value in attributes.items():
            setattr(image, keyword, value)
        image.save_as(folder / f"{index:04}.dcm", enforce_file_format=True)
    return folder


def _image(series: int, number: int, pixels: NDArray[np.uint16]) -> Dataset:
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = MR_IMAGE_STORAGE
    image.SOPInstanceUID = str(generate_uid(entropy_srcs=["imaging", str(series), str(number)]))
    image.file_meta.MediaStorageSOPInstanceUID = UID(image.SOPInstanceUID)
    image.StudyInstanceUID = image.FrameOfReferenceUID = STUDY  # one head, not moved
    image.SeriesInstanceUID = str(generate_uid(entropy_srcs=["imaging series", str(series)]))
    image.PatientID, image.StudyDate, image.Modality = "TEST-1", "20261124", "MR"
    image.StudyDescription, image.BodyPartExamined = "BRAIN", "BRAIN"
    image.SeriesNumber, image.InstanceNumber = series, number
    image.Manufacturer, image.MagneticFieldStrength = "SIEMENS", 3
    image.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    image.Rows, image.Columns = pixels.shape
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
    image.PixelRepresentation, image.PixelData = 0, pixels.tobytes()
    return image
