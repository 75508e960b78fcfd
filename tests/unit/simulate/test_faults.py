"""Each fault changes what it says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from ofsep_node.domain.geometry import offsets_mm, steps_mm
from ofsep_node.errors import SettingsError
from ofsep_node.simulate import FAULTS, Fault, simulate

from .conftest import Write, Written

# What differs between any two examinations, or follows from how many slices there are.
UIDS = {
    "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
    "ReferencedImageSequence",
}  # fmt: skip
SLICING = {
    "ImagePositionPatient", "SliceLocation", "AcquisitionTime", "ContentTime",
    "InstanceCreationTime", "SmallestImagePixelValue", "LargestImagePixelValue", "WindowCenter",
    "WindowWidth", "(0019,1015)", "(0029,1010)", "(0029,1020)", "(0051,100D)",
}  # fmt: skip


def _attributes(header: Dataset) -> dict[str, object]:
    return {e.keyword or str(e.tag).replace(" ", "").upper(): e.value for e in header}


def _changed(clean: Iterable[Dataset], faulty: Iterable[Dataset]) -> set[str]:
    """Names of the attributes in which the first images of two series differ."""
    before, after = _attributes(next(iter(clean))), _attributes(next(iter(faulty)))
    names = before.keys() | after.keys()
    return {n for n in names if before.get(n) != after.get(n)} - UIDS


@pytest.mark.parametrize(
    ("fault", "keys", "said"),
    [
        ("flair-thick", {"flair"}, {"SliceThickness", "(0051,1017)"}),
        ("flair-gap", {"flair"}, {"SliceThickness", "(0051,1017)"}),
        ("t1-thick", {"t1"}, {"SliceThickness", "(0051,1017)"}),
        ("dwi-thick", {"dwi", "adc"}, {"SliceThickness", "SpacingBetweenSlices", "(0051,1017)"}),
        (
            "dwi-coarse",
            {"dwi", "adc"},
            {"Rows", "Columns", "PixelSpacing", "AcquisitionMatrix", "NumberOfPhaseEncodingSteps",
             "(0051,100B)"},
        ),
        ("no-thickness", {"flair"}, {"SliceThickness"}),
        (
            "field-1t",
            {"localizer", "t1", "dwi", "adc", "flair"},
            {"MagneticFieldStrength", "ImagingFrequency"},
        ),
        ("wrong-body-part", {"localizer", "t1", "dwi", "adc", "flair"}, {"BodyPartExamined"}),
    ],
)  # fmt: skip
def test_header_faults_change_what_they_say(
    clean: Written, written: Write, fault: str, keys: set[str], said: set[str]
) -> None:
    faulty = written(fault)
    assert faulty.keys == clean.keys
    for key in clean.keys:
        changed = _changed(clean.headers(key), faulty.headers(key))
        if key in keys:
            assert said <= changed
            assert changed <= said | SLICING
        else:
            assert changed == set()


@pytest.mark.parametrize("fault", [n for n, f in FAULTS.items() if not f.withholds])
def test_objects_that_differ_have_uids_of_their_own(
    clean: Written, written: Write, fault: str
) -> None:
    assert written(fault).manifest.study_instance_uid != clean.manifest.study_instance_uid


@pytest.mark.parametrize("fault", [n for n, f in FAULTS.items() if f.withholds])
def test_withheld_objects_leave_the_others_identical(
    clean: Written, written: Write, fault: str
) -> None:
    whole, rest = clean.contents(), written(fault).contents()
    assert set(rest.values()) <= set(whole.values())
    assert len(rest) != len(whole)


@pytest.mark.parametrize("key", ["t1", "dwi", "adc", "flair"])
def test_missing_sequence(clean: Written, written: Write, key: str) -> None:
    assert written(f"no-{key}").keys == [k for k in clean.keys if k != key]


def _spacing(examination: Written, key: str) -> tuple[float, float, int]:
    """Thickness, largest step between neighbours, images."""
    headers = examination.headers(key)
    a, b, c, d, e, f = map(float, headers[0].ImageOrientationPatient)
    positions = [tuple(map(float, h.ImagePositionPatient)) for h in headers]
    steps = steps_mm(offsets_mm((a, b, c, d, e, f), positions))  # type: ignore[arg-type]
    return float(headers[0].SliceThickness), max(steps), len(headers)


@pytest.mark.parametrize(
    ("fault", "key", "thickness", "step"),
    [
        ("flair-thick", "flair", 1.5, 1.5),
        ("flair-gap", "flair", 0.8, 1.0),
        ("t1-thick", "t1", 1.5, 1.5),
        ("dwi-thick", "dwi", 5.0, 5.0),
        ("flair-2d", "flair", 5.0, 6.0),
    ],
)
def test_slices_lie_where_the_fault_says(
    written: Write, fault: str, key: str, thickness: float, step: float
) -> None:
    written_thickness, written_step, _ = _spacing(written(fault), key)
    assert written_thickness == pytest.approx(thickness)
    assert written_step == pytest.approx(step, abs=1e-3)


def test_thick_slices_cover_the_same_extent(clean: Written, written: Write) -> None:
    thin, thick = _spacing(clean, "t1"), _spacing(written("t1-thick"), "t1")
    assert thick[2] * 1.5 == pytest.approx(thin[2] * 1.0, abs=1.5)


def test_missing_slices_leave_a_hole_in_the_middle(clean: Written, written: Write) -> None:
    _, step, images = _spacing(written("missing-slices"), "t1")
    _, _, made = _spacing(clean, "t1")
    assert step == pytest.approx(4.0, abs=1e-3)
    assert images == made - 3


def test_truncated_series_stops_early(clean: Written, written: Write) -> None:
    numbers = [h.InstanceNumber for h in written("truncated-series").headers("flair")]
    made = clean.series("flair").images_made
    assert numbers == list(range(1, made - made // 3 + 1))


def test_2d_flair_takes_the_place_of_the_3d_one(clean: Written, written: Write) -> None:
    faulty = written("flair-2d")
    header = faulty.headers("flair")[0]
    assert header.MRAcquisitionType == "2D"
    assert header.SequenceName == "*tir2d1_16"
    assert faulty.series("flair").number == clean.series("flair").number
    assert faulty.series("flair").identity.dimension == "2D"


def test_duplicated_series_is_identical_to_the_last_byte(written: Write) -> None:
    examination = written("duplicated-series")
    first, second = (s for s in examination.manifest.series if s.key == "flair")
    assert second.resent
    assert first.series_instance_uid == second.series_instance_uid
    contents = examination.contents()
    for name in first.files:
        assert contents[f"{first.folder}/{name}"] == contents[f"{second.folder}/{name}"]


def test_faults_combine_in_any_order(tmp_path: Path) -> None:
    one = simulate(tmp_path / "a", faults=["no-thickness", "flair-thick"], small=True)
    other = simulate(tmp_path / "b", faults=["flair-thick", "no-thickness"], small=True)
    assert one == other
    assert [f.name for f in one.faults] == ["flair-thick", "no-thickness"]


def test_faults_that_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'flair-2d' and 'flair-thick' exclude each other"):
        simulate(tmp_path, faults=["flair-thick", "flair-2d"], small=True)


def test_a_fault_of_a_sequence_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'t1-thick' needs the sequence 't1'"):
        simulate(tmp_path, programme="reduced", faults=["t1-thick"], small=True)
    with pytest.raises(SettingsError, match="'duplicated-series' needs the sequence 'flair'"):
        simulate(tmp_path, faults=["no-flair", "duplicated-series"], small=True)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda f: f.name)
def test_every_fault_is_labelled_and_listed(written: Write, fault: Fault) -> None:
    assert fault.label.fr
    assert fault.label.en
    assert fault.label.fr != fault.label.en
    applied = written(fault.name).manifest.faults
    assert [(f.name, f.fails, f.undetermined) for f in applied] == [
        (fault.name, fault.fails, fault.undetermined)
    ]
