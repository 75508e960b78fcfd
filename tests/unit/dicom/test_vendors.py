"""Each vendor's own way of writing, one quirk at a time."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from ofsep_node.dicom.reading import facts_of
from ofsep_node.domain.geometry import Vector, offsets_mm, steps_mm
from ofsep_node.domain.instance import Acquisition, DiffusionNumber, InstanceFacts, Volume
from tests.unit.dicom.made import classic, dataset, item, private

EPI = {"ScanningSequence": ["EP", "SE"]}


def volume(made: Dataset) -> Volume:
    return facts_of(made).volumes[0]


def acquisition(made: Dataset) -> Acquisition:
    return facts_of(made).acquisition


def weighting(made: Dataset) -> tuple[float | None, Vector | None, str | None]:
    seen = volume(made)
    return seen.b_value, seen.direction, seen.directionality


# --- what any vendor may write


@pytest.mark.parametrize(
    ("written", "tesla"),
    [(15000, 1.5), (30000, 3.0), (1.494, 1.494), (2.8936, 2.8936), (0.064, 0.064)],
)
def test_a_field_in_gauss_becomes_tesla(written: float, tesla: float) -> None:
    assert acquisition(classic(MagneticFieldStrength=written)).magnetic_field_strength_t == tesla


@pytest.mark.parametrize(
    ("matrix", "phase", "expected"),
    [
        ([256, 0, 0, 230], "COL", (256, 230)),
        ([0, 256, 192, 0], "COL", (192, 256)),
        ([0, 256, 0, 230], "ROW", (256, 230)),
        ([0, 256, 0, 230], "COL", (230, 256)),
        ([0, 256, 0, 230], None, None),
        ([0, 0, 0, 0], "ROW", None),
    ],
)
def test_acquisition_matrix(
    matrix: list[int], phase: str | None, expected: tuple[int, int] | None
) -> None:
    made = classic(AcquisitionMatrix=matrix, InPlanePhaseEncodingDirection=phase)
    assert acquisition(made).acquisition_matrix == expected


@pytest.mark.parametrize(("written", "expected"), [("COL", "COLUMN"), ("ROW", "ROW"), (None, None)])
def test_phase_encoding(written: str | None, expected: str | None) -> None:
    made = classic(InPlanePhaseEncodingDirection=written)
    assert acquisition(made).phase_encoding == expected


def test_two_inversion_times_are_both_kept() -> None:
    seen = acquisition(classic(InversionTime=[3000, 450]))
    assert seen.inversion_times_ms == (3000.0, 450.0)
    assert seen.inversion_time_ms == 3000.0


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"DiffusionBValue": 1000.0}, (1000.0, None, None)),
        ({"DiffusionBValue": 0.0}, (None, None, None)),
        ({"DiffusionBValue": 0.0, **EPI}, (0.0, None, "NONE")),
        (
            {"DiffusionBValue": 0.0, "ImageType": ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]},
            (0.0, None, "NONE"),
        ),
        (
            {"DiffusionBValue": 700.0, "DiffusionGradientOrientation": [0.0, 3.0, 4.0]},
            (700.0, (0.0, 0.6, 0.8), "DIRECTIONAL"),
        ),
        (
            {"DiffusionBValue": 0.0, "DiffusionGradientOrientation": [0.0, 3.0, 4.0], **EPI},
            (0.0, None, "NONE"),
        ),
        (
            {"DiffusionBValue": 700.0, "DiffusionGradientOrientation": [0.0, 0.0, 0.0]},
            (700.0, None, None),
        ),
        (
            {
                "DiffusionBValue": 700.0,
                "DiffusionGradientOrientation": [1.0, 0.0, 0.0],
                "DiffusionDirectionality": "ISOTROPIC",
            },
            (700.0, None, "ISOTROPIC"),
        ),
        ({"DiffusionGradientOrientation": [1.0, 0.0, 0.0]}, (None, None, None)),
    ],
)
def test_standard_diffusion(attributes: dict[str, Any], expected: object) -> None:
    assert weighting(classic(**attributes)) == expected


def test_contrast_zeros_stay_zeros() -> None:
    made = classic(
        ContrastBolusAgent="Dotarem 14ml",
        ContrastBolusVolume=0,
        ContrastBolusTotalDose=0,
        ContrastBolusIngredientConcentration=0,
        ContrastBolusStartTime="101530",
        PatientWeight=70,
    )
    contrast = facts_of(made).contrast
    assert (contrast.agent, contrast.start_time, contrast.weight_kg) == (
        "Dotarem 14ml",
        "101530",
        70,
    )
    assert (contrast.volume_ml, contrast.total_dose_ml, contrast.concentration) == (0.0, 0.0, 0.0)


def test_contrast_of_an_enhanced_object_is_in_a_sequence() -> None:
    agent = item(
        CodeMeaning="Gadobutrol",
        ContrastBolusVolume=7.5,
        ContrastBolusIngredientConcentration=604.72,
        ContrastAdministrationProfileSequence=item(ContrastBolusStartTime="101530"),
    )
    contrast = facts_of(classic(ContrastBolusAgentSequence=agent)).contrast
    assert (contrast.agent, contrast.volume_ml) == ("Gadobutrol", 7.5)
    assert (contrast.concentration, contrast.start_time) == (604.72, "101530")


def test_a_vendor_is_known_by_its_creators_when_its_name_was_removed() -> None:
    made = private(classic(Manufacturer=None), "SIEMENS MR HEADER", (0x0051, 0x11), "LO", "p2")
    assert acquisition(made).parallel_factor == 2.0


# --- Siemens


def siemens(
    b_value: int | None = None, direction: list[float] | None = None, **more: Any
) -> Dataset:
    made = classic(Manufacturer="SIEMENS", **more)
    if b_value is not None:
        private(made, "SIEMENS MR HEADER", (0x0019, 0x0C), "IS", b_value)
    if direction is not None:
        private(made, "SIEMENS MR HEADER", (0x0019, 0x0E), "FD", direction)
        private(made, "SIEMENS MR HEADER", (0x0019, 0x0D), "CS", "DIRECTIONAL")
    return made


def test_siemens_diffusion() -> None:
    assert weighting(siemens(0)) == (0.0, None, "NONE")
    made = siemens(1000, [0.0, -2.0, 0.0])
    assert weighting(made) == (1000.0, (0.0, -1.0, 0.0), "DIRECTIONAL")
    assert weighting(siemens()) == (None, None, None)


def test_siemens_diffusion_from_the_sequence_name() -> None:
    assert weighting(siemens(SequenceName="*ep_b1000#3")) == (1000.0, None, None)
    assert weighting(siemens(SequenceName="re_b0")) == (0.0, None, "NONE")
    assert weighting(siemens(SequenceName="*ep_b0_1000")) == (None, None, None)  # an ADC map
    assert weighting(siemens(SequenceName="*tse2d1_5")) == (None, None, None)


def test_siemens_trace_has_no_direction() -> None:
    image_type = ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW", "ND"]
    made = siemens(1000, [1.0, 0.0, 0.0], ImageType=image_type)
    assert weighting(made) == (1000.0, None, "ISOTROPIC")


@pytest.mark.parametrize(
    ("text", "expected"), [("256*256", False), ("269*512I", True), (None, None)]
)
def test_siemens_interpolation(text: str | None, expected: bool | None) -> None:
    made = siemens()
    if text:
        private(made, "SIEMENS MR HEADER", (0x0051, 0x0B), "LO", text)
    assert acquisition(made).interpolated is expected


def protocol(slices: int, dimension: int, normals: list[str], per_slab: int = 64) -> bytes:
    lines = [
        f"sSliceArray.lSize\t = \t{slices}",
        f"sKSpace.lImagesPerSlab\t = \t{per_slab}",
        f"sKSpace.ucDimension\t = \t0x{dimension:x}",
        *(f"sSliceArray.asSlice[{i}].sNormal.d{axis}\t = \t1" for i, axis in enumerate(normals)),
    ]
    body = "\n".join(lines).encode()
    return b"SV10 binary \x00### ASCCONV BEGIN ###\n" + body + b"\n### ASCCONV END ###\x00more"


@pytest.mark.parametrize(
    ("text", "image_type", "expected"),
    [
        (protocol(35, 2, ["Tra"] * 35), "ND", 35),
        (protocol(1, 4, ["Sag"], per_slab=192), "ND", 192),
        (protocol(3, 4, ["Tra"] * 3), "ND", None),
        (protocol(3, 2, ["Tra", "Sag", "Cor"]), "ND", 1),
        (protocol(1, 4, ["Sag"], per_slab=192), "MPR", None),
        (b"no protocol", "ND", None),
        (b"### ASCCONV BEGIN ###\nsSliceArray.lSize = 35", "ND", None),
    ],
)
def test_siemens_announces_planes(text: bytes, image_type: str, expected: int | None) -> None:
    made = siemens(ImageType=["ORIGINAL", "PRIMARY", "M", image_type])
    private(made, "SIEMENS CSA HEADER", (0x0029, 0x20), "OB", text)
    assert volume(made).announced_planes == expected


def mosaic(**more: Any) -> InstanceFacts:
    made = siemens(
        ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"],
        Rows=30,
        Columns=24,
        PixelSpacing=[2.0, 3.0],
        ImagePositionPatient=[-100.0, -80.0, 10.0],
        SpacingBetweenSlices=2.5,
        **more,
    )
    private(made, "SIEMENS MR HEADER", (0x0019, 0x0A), "US", 7)
    return facts_of(made)


def test_a_mosaic_is_one_volume_of_its_tiles() -> None:
    facts = mosaic()
    (stack,), (seen,) = facts.stacks, facts.volumes
    assert (stack.rows, stack.columns) == (10, 8)  # seven tiles need a grid of three by three
    assert (seen.frames, seen.announced_planes) == (7, 7)


def test_a_mosaic_has_the_centre_of_its_first_tile() -> None:
    (stack,) = mosaic().stacks
    whole_centre = (-100.0 + 3.0 * 24 / 2, -80.0 + 2.0 * 30 / 2)
    x, y, z = stack.positions_mm[0]
    assert (x + 3.0 * 8 / 2, y + 2.0 * 10 / 2) == pytest.approx(whole_centre)
    assert z == 10.0
    assert [p[2] for p in stack.positions_mm] == [10 + 2.5 * k for k in range(7)]


def test_a_mosaic_without_spacing_places_no_tile() -> None:
    assert mosaic().stacks[0].positions_mm
    made = siemens(ImageType=["ORIGINAL", "MOSAIC"], SpacingBetweenSlices=None)
    private(made, "SIEMENS MR HEADER", (0x0019, 0x0A), "US", 4)
    assert facts_of(made).stacks[0].positions_mm == ()


def test_a_mosaic_of_unknown_count_is_remarked() -> None:
    facts = facts_of(siemens(ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"]))
    assert facts.volumes[0].frames == 1
    assert "MOSAIC" in facts.remarks[0]


@pytest.mark.parametrize("count", [4000, 10_000, 65_535])
def test_a_mosaic_of_more_tiles_than_it_has_pixels_is_remarked(count: int) -> None:
    made = siemens(ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"])
    private(made, "SIEMENS MR HEADER", (0x0019, 0x0A), "US", count)
    facts = facts_of(made)
    assert facts.volumes[0].frames == 1
    assert f"a mosaic of {count} tiles cannot be" in facts.remarks[0]


@pytest.mark.parametrize(
    "line", ["sSliceArray.lSize = 1.2.3", "sSliceArray.lSize = 1e999", "sSliceArray.lSize = ."]
)
def test_a_malformed_protocol_is_remarked(line: str) -> None:
    text = f"### ASCCONV BEGIN ###\n{line}\n### ASCCONV END ###".encode()
    made = private(siemens(), "SIEMENS CSA HEADER", (0x0029, 0x20), "OB", text)
    facts = facts_of(made)
    assert facts.volumes[0].announced_planes is None
    assert ["unreadable protocol" in r for r in facts.remarks] == [True]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400).map(lambda b: b"SV10\4\3\2\1" + b) | st.binary(max_size=400))
def test_no_csa_header_is_too_malformed(content: bytes) -> None:
    image_type = ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]
    made = private(
        siemens(ImageType=image_type), "SIEMENS CSA HEADER", (0x0029, 0x10), "OB", content
    )
    assert facts_of(made).volumes[0].frames == 1


# --- GE


def ge(b_value: list[int] | None = None, gradient: Vector | None = None, **more: Any) -> Dataset:
    made = classic(Manufacturer="GE MEDICAL SYSTEMS", **more)
    if b_value is not None:
        private(made, "GEMS_PARM_01", (0x0043, 0x39), "IS", b_value)
    for element, value in zip((0xBB, 0xBC, 0xBD), gradient or (), strict=False):
        private(made, "GEMS_ACQU_01", (0x0019, element), "DS", str(value))
    return made


def test_ge_b_value_is_taken_modulo_its_offset() -> None:
    assert weighting(ge([1000001000, 8, 0, 0], (1, 0, 0), **EPI))[0] == 1000.0


@pytest.mark.parametrize("b_value", [0, 1000, 2000])
def test_ge_b_value_of_another_sequence_is_not_believed(b_value: int) -> None:
    assert weighting(ge([b_value, 8, 0, 0])) == (None, None, None)
    gradient_echo = ge([b_value, 8, 0, 0], ScanningSequence=["EP", "GR"])
    assert weighting(gradient_echo) == (None, None, None)


def test_ge_diffusion_mode_is_evidence_enough() -> None:
    made = private(ge([1000, 8]), "GEMS_RELA_01", (0x0021, 0x5A), "SL", 16)
    assert weighting(made)[0] == 1000.0


@pytest.mark.parametrize(
    ("element", "value", "added"),
    [(0x2F, 0, ()), (0x2F, 1, ("PHASE",)), (0x2F, 2, ("REAL",)), (0x30, 18, ("FA",))],
)
def test_ge_says_elsewhere_what_kind_of_image_it_is(
    element: int, value: int, added: tuple[str, ...]
) -> None:
    made = private(
        ge(ImageType=["ORIGINAL", "PRIMARY", "OTHER"]),
        "GEMS_PARM_01",
        (0x0043, element),
        "SS",
        value,
    )
    assert facts_of(made).image_type == ("ORIGINAL", "PRIMARY", "OTHER", *added)


def test_ge_direction_follows_the_image() -> None:
    """The same gradient in a turned image points elsewhere in the patient."""
    axial = weighting(ge([1000], (1, 0, 0), InPlanePhaseEncodingDirection="COL", **EPI))[1]
    assert axial == (1.0, 0.0, 0.0)
    turned = [math.cos(0.5), math.sin(0.5), 0.0, -math.sin(0.5), math.cos(0.5), 0.0]
    rotated = weighting(ge([1000], (1, 0, 0), ImageOrientationPatient=turned, **EPI))[1]
    assert rotated == pytest.approx((math.cos(0.5), math.sin(0.5), 0.0), abs=1e-4)
    along_rows = weighting(ge([1000], (1, 0, 0), InPlanePhaseEncodingDirection="ROW", **EPI))[1]
    assert along_rows == (0.0, 1.0, 0.0)


def test_ge_maps_and_trace_have_no_direction() -> None:
    def of_kind(kind: int) -> object:
        made = ge([1000], (1, 0, 0), **EPI)
        return weighting(private(made, "GEMS_PARM_01", (0x0043, 0x30), "SS", kind))

    assert of_kind(18) == (None, None, None)
    assert of_kind(19) == (1000.0, None, "ISOTROPIC")
    assert of_kind(16) == (1000.0, (1.0, 0.0, 0.0), "DIRECTIONAL")


def test_ge_names_and_numbers() -> None:
    made = private(ge(), "GEMS_ACQU_01", (0x0019, 0x9C), "LO", "efgre3d")
    private(made, "GEMS_ACQU_01", (0x0019, 0x9E), "LO", "EFGRE3D")
    private(made, "GEMS_PARM_01", (0x0043, 0x83), "DS", ["0.5", "1"])
    private(made, "GEMS_RELA_01", (0x0021, 0x4F), "SS", 196)
    seen = acquisition(made)
    assert (seen.sequence_name, seen.technique, seen.parallel_factor) == ("efgre3d", "EFGRE3D", 2.0)
    assert volume(made).announced_planes == 196


# --- Philips


def philips(technique: str = "", epi_factor: int = 1, **more: Any) -> Dataset:
    made = classic(Manufacturer="Philips Medical Systems", **more)
    private(made, "Philips Imaging DD 001", (0x2001, 0x20), "LO", technique)
    private(made, "Philips Imaging DD 001", (0x2001, 0x13), "SL", epi_factor)
    return made


def test_philips_b_value_zero_needs_evidence() -> None:
    assert weighting(philips("T1TFE", DiffusionBValue=0.0)) == (None, None, None)
    assert weighting(philips("FEEPI", 63, DiffusionBValue=0.0)) == (None, None, None)
    assert weighting(philips("DwiSE", 63, DiffusionBValue=0.0)) == (0.0, None, "NONE")
    assert weighting(philips("DwiSE", 63, DiffusionBValue=0.004)) == (0.004, None, "NONE")


def test_philips_trace_is_not_a_direction() -> None:
    made = philips(
        "DwiSE", 63, DiffusionBValue=1000.0, DiffusionGradientOrientation=[0.0, 0.0, 0.0]
    )
    assert weighting(made) == (1000.0, None, "ISOTROPIC")


def test_philips_private_diffusion() -> None:
    made = private(philips("DwiSE", 63), "Philips Imaging DD 001", (0x2001, 0x03), "FL", 800.0)
    for element, value in ((0xB0, 0.6), (0xB1, 0.0), (0xB2, -0.8)):
        private(made, "Philips MR Imaging DD 001", (0x2005, element), "FL", value)
    assert weighting(made) == (800.0, (0.6, 0.0, -0.8), "DIRECTIONAL")


def test_philips_announces_its_slices() -> None:
    made = private(philips(), "Philips Imaging DD 001", (0x2001, 0x18), "SL", 82)
    assert volume(made).announced_planes == 82
    stacks = [private(Dataset(), "Philips Imaging DD 001", (0x2001, 0x2D), "SS", 5) for _ in "ab"]
    private(made, "Philips Imaging DD 001", (0x2001, 0x5F), "SQ", stacks)
    assert volume(made).announced_planes is None


def test_philips_private_item_fills_what_is_empty() -> None:
    inner = dataset(
        AcquisitionContrast="DIFFUSION",
        PulseSequenceName="DwiSE",
        ScanningSequence="GR",
        ParallelReductionFactorInPlane=2.0,
        DiffusionDirectionality="NONE",
    )
    made = philips(
        "DwiSE", 63, DiffusionBValue=1000.0, DiffusionGradientOrientation=[1.0, 0.0, 0.0]
    )
    private(made, "Philips MR Imaging DD 005", (0x2005, 0x0F), "SQ", [inner])
    seen = acquisition(made)
    assert (seen.acquisition_contrast, seen.sequence_name) == ("DIFFUSION", "DwiSE")
    assert (seen.parallel_factor, seen.scanning_sequence) == (2.0, ("SE", "EP"))
    assert weighting(made) == (1000.0, (1.0, 0.0, 0.0), "DIRECTIONAL")


# --- Canon, UIH


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("b=1500(0.445,0.000,0.895)", (1500.0, (0.4452, 0.0, 0.8954), "DIRECTIONAL")),
        ("b=0(0,0,0)", (0.0, None, "NONE")),
        ("b=1000", (1000.0, None, None)),
        ("nothing", (None, None, None)),
    ],
)
def test_canon_direction_in_a_comment(comment: str, expected: object) -> None:
    assert weighting(classic(Manufacturer="TOSHIBA_MEC", ImageComments=comment)) == expected


def test_canon_comment_does_not_overrule_the_standard() -> None:
    made = classic(
        Manufacturer="CANON_MEC",
        ImageComments="b=1500(1,0,0)",
        DiffusionBValue=1500.0,
        DiffusionGradientOrientation=[0.0, 1.0, 0.0],
    )
    assert weighting(made) == (1500.0, (0.0, 1.0, 0.0), "DIRECTIONAL")


def test_uih_b_value_is_the_one_played_out() -> None:
    made = private(
        classic(Manufacturer="UIH"), "Image Private Header", (0x0065, 0x09), "FD", 929.75
    )
    private(made, "Image Private Header", (0x0065, 0x0A), "FD", 1000.0)
    private(made, "Image Private Header", (0x0065, 0x37), "FD", [0.0, 0.0, 2.0])
    assert weighting(made) == (929.75, (0.0, 0.0, 1.0), "DIRECTIONAL")
    b0 = private(classic(Manufacturer="UIH"), "Image Private Header", (0x0065, 0x09), "FD", 1.25)
    assert weighting(b0) == (1.25, None, "NONE")


def test_uih_mosaic_places_each_tile() -> None:
    made = classic(
        Manufacturer="UIH", ImageType=["ORIGINAL", "PRIMARY", "M", "VFRAME"], Rows=16, Columns=16
    )
    tiles = [dataset(ImagePositionPatient=[0.0, 0.0, 4.0 * k]) for k in range(3)]
    private(made, "Image Private Header", (0x0065, 0x50), "DS", 3)
    private(made, "Image Private Header", (0x0065, 0x51), "SQ", tiles)
    facts = facts_of(made)
    (stack,) = facts.stacks
    assert (stack.rows, stack.columns, facts.volumes[0].frames) == (8, 8, 3)
    assert stack.orientation is not None
    assert steps_mm(offsets_mm(stack.orientation, stack.positions_mm)) == [4.0, 4.0]


def test_uih_counts_the_mosaics_of_a_series() -> None:
    made = classic(
        Manufacturer="UIH",
        ImageType=["ORIGINAL", "PRIMARY", "M", "VFRAME"],
        Rows=16,
        Columns=16,
        NumberOfSlices=17,
    )
    private(made, "Image Private Header", (0x0065, 0x50), "DS", 3)
    assert acquisition(made).images_in_acquisition == 51
    assert volume(made).announced_planes == 3
    plain = acquisition(classic(Manufacturer="UIH", NumberOfSlices=160))
    assert plain.images_in_acquisition == 160


# --- how many gradients a header announces


def announced(made: Dataset) -> tuple[int | None, int | None]:
    seen = acquisition(made)
    return seen.diffusion_gradients, seen.diffusion_b_values


def siemens_protocol(*changed: str) -> Dataset:
    """An image with the protocol of 20 directions at b 1000, lines of it changed."""
    lines = {
        "tSequenceFileName": '""%SiemensSeq%\\ep2d_diff""',
        "sDiffusion.lDiffWeightings": "2",
        "sDiffusion.lDiffDirections": "20",
        "sDiffusion.ulMode": "0x100",
        "sDiffusion.alBValue[1]": "1000",
    } | dict(line.split(" = ", 1) for line in changed)
    text = "\n".join(f"{name}\t = \t{value}" for name, value in lines.items() if value)
    protocol = f"### ASCCONV BEGIN ###\n{text}\n### ASCCONV END ###".encode()
    made = classic(Manufacturer="SIEMENS")
    return private(made, "SIEMENS MR SDS 01", (0x0021, 0x19), "OB", protocol)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ((), (20, 2)),
        (("sDiffusion.ulMode = 256",), (20, 2)),
        (("sDiffusion.lDiffWeightings = 3", "sDiffusion.alBValue[2] = 2000"), (20, 3)),
        (("sDiffusion.lDiffWeightings = 1",), (20, 1)),
        (("sDiffusion.lDiffWeightings = ",), (20, None)),
        (("sDiffusion.lDiffDirections = ",), (None, 2)),
        (("sDiffusion.ulMode = 64",), (None, None)),  # a trace of three
        (("sDiffusion.ulMode = 128",), (None, None)),  # the user's own table
        (('tSequenceFileName = ""%CustomerSeq%\\cmrr_mbep2d_diff""',), (None, None)),
        (("sDiffusion.ulMode = ",), (None, None)),
    ],
)
def test_siemens_announces_the_gradients_of_its_own_tables(
    changed: tuple[str, ...], expected: tuple[int | None, int | None]
) -> None:
    assert announced(siemens_protocol(*changed)) == expected


def test_philips_numbers_b_values_and_gradients() -> None:
    made = philips("DwiSE", 63)
    for element, vr, value in (
        (0x12, "IS", 2), (0x13, "IS", 7), (0x14, "SL", 2), (0x15, "SL", 17),
    ):  # fmt: skip
        private(made, "Philips MR Imaging DD 005", (0x2005, element), vr, value)
    numbers = facts_of(made).diffusion_numbers
    assert numbers == (DiffusionNumber("b-values", 2, 2), DiffusionNumber("directions", 7, 16))
    assert facts_of(philips("DwiSE", 63)).diffusion_numbers == ()


def canon_protocol(xml: str, **more: Any) -> Dataset:
    made = classic(Manufacturer="CANON_MEC", **more)
    private(made, "CANON_MEC_MR3", (0x700D, 0x05), "DS", "0.24")
    return private(made, "CANON_MEC_MR3^10", (0x700D, 0x19), "OB", xml.encode())


@pytest.mark.parametrize(
    ("xml", "planes"),
    [
        ("<TS>40</TS><VG>40,[0,0,0.02],[0,0,1],[-0.3,0.9,0]</VG>", 40),
        ("<TS>9</TS><VG>3,[0,0,0],[0,0,1],[1,0,0]</VG><VG>6,[0,0,0],[1,0,0],[0,1,0]</VG>", None),
        ("<TS>40</TS>", None),
        ("<TS>forty</TS>", None),
        ("", None),
    ],
)
def test_canon_announces_the_slices_of_its_only_group(xml: str, planes: int | None) -> None:
    assert volume(canon_protocol(xml)).announced_planes == planes
    assert volume(canon_protocol(xml, MRAcquisitionType="3D")).announced_planes is None


def test_canon_announces_its_gradient_axes() -> None:
    assert announced(canon_protocol("<SEQ>\n<MPNAXIS>12</MPNAXIS>\n")) == (12, None)
    assert announced(classic(Manufacturer="CANON_MEC")) == (None, None)
