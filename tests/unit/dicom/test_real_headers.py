"""What scanners really wrote, checked against the headers' own other words for the same thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from csa_header import CsaHeader

from ofsep_node.dicom.reading import facts_of, read_facts
from ofsep_node.domain.completeness import completeness
from ofsep_node.domain.geometry import steps_mm
from ofsep_node.domain.series import SeriesFacts, SeriesVolume
from ofsep_node.domain.series_fold import SeriesFold

Fold = Callable[[str], SeriesFacts]


def files(real_dicom: Path, series: str) -> list[Path]:
    return sorted((real_dicom / series).glob("*.dcm"))


@pytest.fixture(scope="session")
def fold(real_dicom: Path) -> Fold:
    known: dict[str, SeriesFacts] = {}

    def folded(series: str) -> SeriesFacts:
        if series not in known:
            folding = SeriesFold("", "")
            for path in files(real_dicom, series):
                folding.add(read_facts(path))
            known[series] = folding.facts()
        return known[series]

    return folded


WHOLE = {
    # series: volumes, planes of each, spacing between them in mm
    "canon-dti-classic/series-6000": (13, 40, 3.0),
    "canon-dti-enhanced/series-6000": (13, 40, 3.0),
    "ge-dti6/series-1": (7, 2, 3.0),
    "ge-ir-spgr/series-10": (1, 196, 1.2),
    "philips-dti32/series-2201": (17, 82, 2.0),
    "philips-mprage/series-1301": (1, 170, 1.0),
    "siemens-dti-mosaic-b2000/series-4": (21, 36, 3.0),
    "siemens-dti20-mosaic/series-2": (21, 60, 2.0),
    "siemens-mprage/series-5": (1, 192, 1.0),
    "siemens-pd-t2/series-3": (2, 35, 2.34),
    "siemens-xa30-enhanced/series-5": (1, 96, 2.0),
    "siemens-xa30-enhanced/series-8": (2, 33, 3.4),
    "siemens-xa30-enhanced/series-10": (21, 39, 3.0),
    "siemens-xa30-enhanced/series-14": (1, 39, 3.0),
    "uih-t1/series-2": (1, 160, 1.0),
}


@pytest.mark.parametrize("series", WHOLE)
def test_a_whole_series_folds_into_even_volumes(fold: Fold, series: str) -> None:
    volumes, planes, spacing = WHOLE[series]
    facts = fold(series)
    assert facts.remarks == ()
    assert len(facts.volumes) == volumes
    for volume in facts.volumes:
        offsets = volume.offsets_mm()
        assert len(offsets) == planes
        assert steps_mm(offsets) == pytest.approx([spacing] * (planes - 1), abs=0.002)
        assert volume.announced_planes in (None, planes)


@pytest.mark.parametrize(
    "series",
    [s for s in WHOLE if s.startswith(("siemens", "philips", "ge"))],
)
def test_the_header_announces_the_planes(fold: Fold, series: str) -> None:
    assert {v.announced_planes for v in fold(series).volumes} == {WHOLE[series][1]}


def test_part_of_a_series_falls_short_of_what_is_announced(fold: Fold) -> None:
    (volume,) = fold("siemens-flair3d-part/series-4").volumes
    assert (volume.frames, volume.announced_planes) == (4, 208)


@pytest.mark.parametrize(
    ("series", "b_values", "directions"),
    [
        ("canon-dti-classic/series-6000", (0.0, 1500.0), 12),
        ("canon-dti-enhanced/series-6000", (0.0, 1500.0), 12),
        ("ge-dti6/series-1", (0.0, 1000.0), 6),
        ("philips-dti32/series-2201", (0.0, 1000.0), 16),
        ("siemens-dti20-mosaic/series-2", (0.0, 1000.0), 20),
        ("siemens-dti-mosaic-b2000/series-4", (0.0, 2000.0), 20),
        ("siemens-xa30-enhanced/series-10", (0.0, 2500.0), 20),
        ("ge-ir-spgr/series-10", (), 0),
        ("philips-mprage/series-1301", (), 0),
        ("siemens-mprage/series-5", (), 0),
        ("siemens-xa30-enhanced/series-11", (), 0),
    ],
)
def test_diffusion(fold: Fold, series: str, b_values: tuple[float, ...], directions: int) -> None:
    facts = fold(series)
    assert facts.b_values == b_values
    assert len({v.direction for v in facts.volumes} - {None}) == directions
    assert all(v.direction is None for v in facts.volumes if not v.b_value)


def test_trace_is_no_direction(fold: Fold) -> None:
    (volume,) = fold("siemens-xa30-enhanced/series-12").volumes
    assert (volume.b_value, volume.direction, volume.directionality) == (2500, None, "ISOTROPIC")


@pytest.mark.parametrize(
    "series", ["siemens-dti20-mosaic/series-2", "siemens-dti-mosaic-b2000/series-4"]
)
def test_tiles_lie_where_the_protocol_prescribed_the_slices(real_dicom: Path, series: str) -> None:
    """The measurement protocol gives each slice's centre, the mosaic only its own corner."""
    path = files(real_dicom, series)[0]
    (stack,) = read_facts(path).stacks
    raw = pydicom.dcmread(path, stop_before_pixels=True)[0x0029, 0x1020].value
    prescribed = CsaHeader(raw).read()["MrPhoenixProtocol"]["value"]["sSliceArray"]["asSlice"]
    assert stack.orientation is not None
    assert stack.rows is not None
    assert stack.columns is not None
    assert stack.pixel_spacing_mm is not None
    row, column = stack.orientation[:3], stack.orientation[3:]
    right = stack.pixel_spacing_mm[1] * stack.columns / 2
    down = stack.pixel_spacing_mm[0] * stack.rows / 2
    assert len(prescribed) == len(stack.positions_mm)
    for wanted, corner in zip(prescribed, stack.positions_mm, strict=True):
        where = wanted["sPosition"]
        centre = [c + right * r + down * d for c, r, d in zip(corner, row, column, strict=True)]
        expected = [where.get(axis, 0.0) for axis in ("dSag", "dCor", "dTra")]
        assert centre == pytest.approx(expected, abs=0.01)


def test_canon_classic_and_enhanced_agree_volume_by_volume(fold: Fold) -> None:
    def seen(volume: SeriesVolume) -> tuple[object, ...]:
        return (
            volume.b_value,
            volume.direction or (),
            volume.directionality,
            volume.echo_time_ms,
            volume.frames,
            volume.stack.rows,
            volume.stack.columns,
            volume.stack.pixel_spacing_mm,
            volume.stack.slice_thickness_mm,
            volume.offsets_mm(),
        )

    classic = fold("canon-dti-classic/series-6000")
    enhanced = fold("canon-dti-enhanced/series-6000")
    assert sorted(map(seen, classic.volumes)) == sorted(map(seen, enhanced.volumes))
    # What only one of the two forms carries, and a name that Canon writes differently in each.
    differing = {
        name
        for name in classic.acquisition.__slots__
        if getattr(classic.acquisition, name) != getattr(enhanced.acquisition, name)
    }
    assert differing == {
        "sequence_name", "sequence_variant", "scan_options", "acquisition_contrast",
        "temporal_positions", "burned_in_annotation", "diffusion_gradients",
    }  # fmt: skip


def test_one_deviant_image_does_not_speak_for_the_series(fold: Fold) -> None:
    facts = fold("philips-dti32/series-2201")
    assert facts.acquisition.mr_acquisition_type == "2D"
    assert facts.varying["mr_acquisition_type"] == {"2D": 1371, "3D": 23}


def test_acquired_resolution(fold: Fold) -> None:
    spgr = fold("ge-ir-spgr/series-10").acquisition
    assert spgr.acquisition_matrix == (256, 256)
    uih = fold("uih-t1/series-2").acquisition
    assert uih.acquisition_matrix == (256, 230)
    assert uih.interpolated is True
    assert fold("siemens-mprage/series-5").acquisition.interpolated is False


def test_no_object_is_beyond_reading(real_dicom: Path) -> None:
    """One file of every series, whatever its class, without a remark; on disk as in memory."""
    for folder in sorted(real_dicom.glob("*/series-*")):
        path = files(real_dicom, f"{folder.parent.name}/{folder.name}")[0]
        facts = read_facts(path)
        assert facts.remarks == (), path
        assert facts_of(pydicom.dcmread(path)) == facts


@pytest.mark.parametrize(
    "series", ["philips-raw-object/series-1301", "siemens-xa30-enhanced/series-99"]
)
def test_what_is_no_image_has_no_volumes(fold: Fold, series: str) -> None:
    assert fold(series).volumes == ()
    assert fold(series).instances > 0


def test_the_header_announces_directions_and_b_values(fold: Fold) -> None:
    for series in ("siemens-dti-mosaic-b2000/series-4", "siemens-dti20-mosaic/series-2"):
        seen = fold(series).acquisition
        assert (seen.diffusion_gradients, seen.diffusion_b_values) == (20, 2)
    canon = fold("canon-dti-classic/series-6000")
    assert canon.acquisition.diffusion_gradients == 12
    assert {v.announced_planes for v in canon.volumes} == {40}
    numbers = {n.of: n for n in fold("philips-dti32/series-2201").diffusion_numbers}
    assert (len(numbers["b-values"].there), numbers["b-values"].announced) == (2, 2)
    assert numbers["directions"].there == frozenset(range(1, 18))  # 17 is that of b0
    assert numbers["directions"].announced == 16


@pytest.mark.parametrize(
    "series",
    [
        "siemens-dti-mosaic-b2000/series-4",
        "siemens-xa30-enhanced/series-10",
        "philips-dti32/series-2201",
        "canon-dti-classic/series-6000",
        "ge-dti6/series-1",
    ],
)
def test_without_one_of_its_directions_a_series_is_incomplete(
    real_dicom: Path, fold: Fold, series: str
) -> None:
    assert completeness(fold(series)).complete is True
    lost = {v.direction for v in fold(series).volumes if v.direction is not None}.pop()
    rest = SeriesFold("", "")
    for path in files(real_dicom, series):
        facts = read_facts(path)
        if facts.volumes[0].direction != lost:
            rest.add(facts)
    assert completeness(rest.facts()).complete is False
