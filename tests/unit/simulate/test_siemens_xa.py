"""What Siemens' software XA writes into Enhanced MR objects."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from ofsep_node.simulate.siemens_xa import enhanced_image_type

from .scanners import scanned

pytestmark = pytest.mark.slow

XA = scanned("siemens-xa")


def _frame(header: Dataset, number: int = 0) -> Dataset:
    frame: Dataset = header.PerFrameFunctionalGroupsSequence[number]
    return frame


def test_each_volume_is_an_object() -> None:
    volumes = len(XA.sequence("dti").diffusion)
    headers = XA.headers("dti")
    assert len(headers) == volumes == 33
    assert [h.InstanceNumber for h in headers] == list(range(1, volumes + 1))
    assert {h.NumberOfTemporalPositions for h in headers} == {volumes}
    assert len(XA.headers("t2")) == 2  # echoes
    assert len(XA.headers("localizer")) == 3  # planes


def test_image_type_keeps_four_values_and_a_private_element_the_whole() -> None:
    header = XA.headers("adc")[0]
    assert list(header.ImageType) == ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]
    (private,) = _frame(header)[0x0021, 0x11FE].value
    assert list(private[0x0021, 0x1175].value) == ["DERIVED", "PRIMARY", "DIFFUSION", "ADC", "ND"]


@pytest.mark.parametrize(
    ("whole", "kept"),
    [
        (("ORIGINAL", "PRIMARY", "M", "DIS2D"), ("ORIGINAL", "PRIMARY", "M", "NONE")),
        (("DERIVED", "SECONDARY", "MPR", "ND"), ("DERIVED", "PRIMARY", "MPR", "NONE")),
        (("ORIGINAL", "PRIMARY", "M", "SWI"), ("ORIGINAL", "PRIMARY", "M", "SWI")),
    ],
)
def test_the_four_values_of_image_type(whole: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert enhanced_image_type(whole) == kept


def test_diffusion_as_xa_writes_it() -> None:
    said = set()
    for header in XA.headers("dti"):
        assert header.EchoPulseSequence == "GRADIENT"
        assert header.PulseSequenceName.startswith("epse2d1_")
        (item,) = _frame(header).MRDiffusionSequence
        said.add((item.DiffusionBValue, item.DiffusionDirectionality))
    assert said == {(0.0, "NONE"), (1000.0, "BMATRIX")}
    (adc,) = _frame(XA.headers("adc")[0]).MRDiffusionSequence
    assert adc.DiffusionDirectionality == "ISOTROPIC"
    assert "DiffusionBValue" not in adc


def test_the_contrast_of_an_mprage_is_unknown_and_its_pulses_are_private() -> None:
    header = XA.headers("t1")[0]
    assert header.AcquisitionContrast == "UNKNOWN"
    (private,) = header.SharedFunctionalGroupsSequence[0][0x0021, 0x10FE].value
    assert list(private[0x0021, 0x105A].value) == ["GR", "IR"]
    assert b"sSliceArray.lSize" in private[0x0021, 0x1019].value


def test_pixel_measures_are_repeated_in_every_frame_without_a_spacing_in_3d() -> None:
    (flat,), (deep,) = XA.headers("adc"), XA.headers("t1")
    for number in range(3):
        (in_2d,), (in_3d,) = (_frame(h, number).PixelMeasuresSequence for h in (flat, deep))
        assert "SpacingBetweenSlices" in in_2d
        assert "SpacingBetweenSlices" not in in_3d
    assert "PixelMeasuresSequence" not in deep.SharedFunctionalGroupsSequence[0]


def test_the_map_of_anisotropy_is_in_colour() -> None:
    header = XA.headers("fa")[0]
    assert header.SOPClassUID.name == "Enhanced MR Color Image Storage"
    assert header.SeriesDescription.endswith("_ColFA")
    assert header.PhotometricInterpretation == "RGB"
    assert header.ICCProfile[36:40] == b"acsp"


def _tags(dataset: Dataset) -> set[str]:
    return {e.keyword for e in dataset if e.keyword}


@pytest.mark.parametrize(("key", "series"), [("t1", 5), ("dti", 10), ("adc", 11)])
def test_a_real_object_says_the_same_things(real_dicom: Path, key: str, series: int) -> None:
    """Macros stand where a published object of XA30 has them, in the frames or shared."""
    path = real_dicom / "siemens-xa30-enhanced" / f"series-{series}" / "0001.dcm"
    real, made = dcmread(path, stop_before_pixels=True), XA.headers(key)[0]
    assert _tags(_frame(made)) == _tags(_frame(real))
    shared = _tags(made.SharedFunctionalGroupsSequence[0])
    assert shared == _tags(real.SharedFunctionalGroupsSequence[0])
    for name in ("ImageType", "AcquisitionContrast", "EchoPulseSequence", "VolumetricProperties"):
        assert made[name].value == real[name].value
