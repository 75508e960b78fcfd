"""Each fault changes what it says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from ofsep_node.domain.geometry import offsets_mm, steps_mm
from ofsep_node.errors import SettingsError
from ofsep_node.simulate import FAULTS, Fault, Planned, Request, headers, planned, simulate
from ofsep_node.simulate.manifest import series_truth
from ofsep_node.simulate.part10 import encoded

from .conftest import DAY, Write, Written

pytestmark = pytest.mark.slow

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


def _ready(fault: str, *faults: str) -> Planned:
    """The examination in which a fault shows, with the faults named after it."""
    return planned(replace(FAULTS[fault].shown_in, small=True, study_date=DAY), faults)


def _contents(fault: str, *faults: str) -> set[bytes]:
    return {encoded(header) for _, header in headers(_ready(fault, *faults))}


@pytest.mark.parametrize("fault", [n for n, f in FAULTS.items() if not f.withholds])
def test_objects_that_differ_have_uids_of_their_own(fault: str) -> None:
    assert _ready(fault, fault).uids.study != _ready(fault).uids.study


@pytest.mark.parametrize("fault", [n for n, f in FAULTS.items() if f.withholds])
def test_withheld_objects_leave_the_others_identical(fault: str) -> None:
    whole, rest = _contents(fault), _contents(fault, fault)
    assert rest <= whole
    repeats = fault in ("shuffled-images", "no-dicomdir", "duplicated-series")
    assert (rest == whole) is repeats


def test_files_of_withheld_objects_are_identical(clean: Written, written: Write) -> None:
    whole, rest = clean.contents(), written("missing-slices").contents()
    assert set(rest.values()) < set(whole.values())


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


@pytest.mark.parametrize(
    ("taken_out_by", "fault", "key", "request_"),
    [
        ("no-flair", "flair-thick", "flair", Request()),
        ("no-flair", "duplicated-series", "flair", Request()),
        ("no-flair", "no-inversion-time", "flair", Request()),
        ("no-flair", "flair-before-gadolinium", "flair", Request(gadolinium="Dotarem")),
        ("no-t1", "missing-slices", "t1", Request()),
        ("no-dwi", "dwi-thick", "dwi", Request()),
        ("no-adc", "adc-elsewhere", "adc", Request()),
        ("t1-after-gadolinium-only", "t1-thick", "t1", Request(gadolinium="Dotarem")),
        ("no-cord-t2", "cord-thick", "cord-t2-1", Request(programme="cord")),
    ],
)
def test_a_fault_of_a_sequence_that_another_fault_takes_out(
    taken_out_by: str, fault: str, key: str, request_: Request
) -> None:
    said = f"fault '{fault}' needs the sequence '{key}', which fault '{taken_out_by}' takes out"
    for order in ([taken_out_by, fault], [fault, taken_out_by]):
        with pytest.raises(SettingsError, match=said):
            planned(request_, order)


def test_what_another_fault_leaves_can_be_spoilt() -> None:
    ready = planned(Request(), ["no-flair", "no-adc", "field-1t", "t1-thick", "wrong-body-part"])
    assert [s.key for s in ready.examination.sequences] == ["localizer", "t1", "dwi"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda f: f.name)
def test_every_fault_is_labelled_and_fits_where_it_is_shown(fault: Fault) -> None:
    assert fault.label.fr
    assert fault.label.en
    assert fault.label.fr != fault.label.en
    assert fault.fits(fault.shown_in.vendor)
    assert _ready(fault.name, fault.name).faults == (fault,)


def test_the_manifest_names_the_faults_and_their_rules(written: Write) -> None:
    manifest = written("missing-slices").manifest
    (applied,) = manifest.faults
    assert applied.fails == FAULTS["missing-slices"].fails
    assert manifest.expected == {
        "brain-required-sequences": ("fail",),
        "series-complete": ("fail",),
    }


def _first_headers(fault: str, *faults: str) -> dict[str, Dataset]:
    found: dict[str, Dataset] = {}
    for sequence, header in headers(_ready(fault, *faults)):
        found.setdefault(sequence.key, deepcopy(header))
    return found


def _every_header(fault: str, key: str) -> list[Dataset]:
    ready = _ready(fault, fault)
    return [deepcopy(header) for sequence, header in headers(ready) if sequence.key == key]


@pytest.mark.parametrize("fault", [n for n in FAULTS if n.startswith("no-")])
def test_an_absent_attribute_is_in_no_header(fault: str) -> None:
    ready = _ready(fault, fault)
    absent = {s.key: s.absent for s in ready.examination.sequences if s.absent}
    for sequence, header in headers(ready):
        assert not [k for k in absent.get(sequence.key, ()) if k in header]


def test_directions_are_lines() -> None:
    for fault, volumes, lines in [
        ("dti-12-directions", 12, 12),
        ("dti-15-lines", 30, 15),
        ("dti-14-lines", 28, 14),
    ]:
        ready = planned(replace(FAULTS[fault].shown_in, study_date=DAY), [fault])
        dti = ready.examination.sequence("dti")
        assert dti is not None
        assert dti.volumes == volumes + 1
        assert series_truth(dti)["directions"] == lines


def test_interpolated_pixels_keep_the_matrix_that_was_measured() -> None:
    fine = _first_headers("t1-interpolated", "t1-interpolated")["t1"]
    assert (float(fine.PixelSpacing[0]), fine.Rows) == (0.5, 128)
    assert max(fine.AcquisitionMatrix) == 64
    coarse = _first_headers("t1-measured-coarsely", "t1-measured-coarsely")["t1"]
    assert (float(coarse.PixelSpacing[0]), coarse.Rows) == (1.0, 64)
    assert max(coarse.AcquisitionMatrix) == 32


def test_parameters_change_in_the_midst() -> None:
    times = [float(h.RepetitionTime) for h in _every_header("tr-changes", "flair")]
    half = len(times) // 2
    assert set(times[:half]) == {5000.0}
    assert set(times[half:]) == {7500.0}


def test_two_patients_share_a_study() -> None:
    found = _first_headers("two-patients", "two-patients")
    assert {h.StudyInstanceUID for h in found.values()} == {found["t1"].StudyInstanceUID}
    assert found["flair"].PatientID != found["t1"].PatientID


def test_one_uid_stands_for_two_contents(written: Write) -> None:
    examination = written("conflicting-objects")
    first, second = (h for h in examination.headers("flair")[:2])
    assert first.SOPInstanceUID == second.SOPInstanceUID
    assert first != second


def test_shuffled_images_are_all_there_in_another_order(clean: Written, written: Write) -> None:
    numbers = [h.InstanceNumber for h in written("shuffled-images").headers("t1")]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == [h.InstanceNumber for h in clean.headers("t1")]


def test_a_named_dummy_run_names_the_patient() -> None:
    name = "PatientName"
    assert all("^" not in str(h[name].value) for h in _first_headers("named-dummy-run").values())
    named = _first_headers("named-dummy-run", "named-dummy-run").values()
    assert all("^" in str(h[name].value) for h in named)


def test_the_dose_is_a_share_of_the_recommended_one() -> None:
    doses = {}
    for fault in ("half-dose", "double-dose"):
        header = _first_headers(fault, fault)["t1-gd"]
        doses[fault] = float(header.ContrastBolusVolume) * 0.5 / float(header.PatientWeight)
    assert doses == pytest.approx({"half-dose": 0.05, "double-dose": 0.2}, abs=0.005)


@pytest.mark.parametrize("fault", ["omniscan", "multihance"])
def test_a_linear_agent_is_named(fault: str) -> None:
    agent = _first_headers(fault, fault)["t1-gd"].ContrastBolusAgent
    assert fault in str(agent).lower()


def test_the_cord_first() -> None:
    found = _first_headers("cord-first", "cord-first")
    assert found["cord-t2-1"].AcquisitionTime < found["t1"].AcquisitionTime
    assert found["cord-t2-1"].SeriesNumber < found["t1"].SeriesNumber


def test_the_flair_before_the_injection() -> None:
    late = _first_headers("flair-before-gadolinium")
    early = _first_headers("flair-before-gadolinium", "flair-before-gadolinium")
    start = late["t1-gd"].ContrastBolusStartTime
    assert start < late["flair"].AcquisitionTime
    assert early["flair"].AcquisitionTime < early["t1-gd"].ContrastBolusStartTime
    assert "ContrastBolusAgent" not in early["flair"]


def test_two_injections_begin_at_two_times() -> None:
    found = _first_headers("two-injections", "two-injections")
    starts = {found[key].ContrastBolusStartTime for key in ("t1-gd", "cord-t1-gd")}
    assert len(starts) == 2


def test_a_hole_between_stations() -> None:
    upper, lower = (_every_header("cord-hole", k)[0] for k in ("cord-t2-1", "cord-t2-2"))
    bottom = float(upper.ImagePositionPatient[2]) - upper.Rows * float(upper.PixelSpacing[0])
    assert bottom - float(lower.ImagePositionPatient[2]) == pytest.approx(41.2, abs=0.1)


def test_objects_that_cannot_have_a_fault_are_refused() -> None:
    with pytest.raises(SettingsError, match="'siemens-xa' cannot have fault 'tr-changes'"):
        planned(Request(vendor="siemens-xa", small=True), ["tr-changes"])


def test_what_headers_do_not_say_is_undetermined() -> None:
    fault = FAULTS["two-injections"]
    assert fault.at("siemens").fails == ("single-injection",)
    assert fault.at("ge").fails == ()
    assert fault.at("ge").undetermined == ("single-injection",)
