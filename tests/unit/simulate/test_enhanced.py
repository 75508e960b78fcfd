"""Enhanced objects of every vendor: valid, and the same facts as classic images of the same plan."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import which

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from ofsep_node.dicom.reading import facts_of, read_facts
from ofsep_node.domain.completeness import completeness
from ofsep_node.domain.series import SeriesFacts, SeriesVolume
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.simulate import simulate
from ofsep_node.simulate.enhanced import time_points
from ofsep_node.simulate.examination import Sequence
from ofsep_node.simulate.image import Image
from ofsep_node.simulate.part10 import encoded
from ofsep_node.simulate.programmes import VENDORS
from tests.ports import free_port

from .conftest import DAY
from .scanners import Scanned, scanned

pytestmark = pytest.mark.slow

CLASSIC_OF = {
    "siemens-xa": "siemens-xa-classic",
    "philips-enhanced": "philips",
    "canon-enhanced": "canon",
}
KEYS = ("localizer", "t1", "dwi", "adc", "flair", "t2", "dti", "cord-t2-1", "cord-stir", "t1-gd")
BOTH = [(vendor, key) for vendor in CLASSIC_OF for key in KEYS]

# On images it computed, the scanner keeps the attributes of the sequence that it measured.
_KEEPS_PULSES = ("Module=<MRPulseSequence>",)
HABITS = {
    "siemens-xa": (
        *_KEEPS_PULSES,
        "Unrecognized enumerated value <GRAPPA>",
        "Element=<ParallelReductionFactorSecondInPlane>",
    ),
    "philips-enhanced": _KEEPS_PULSES,
    "canon-enhanced": (
        *_KEEPS_PULSES,
        "Unrecognized enumerated value <MIXED>",
        "Element=<ParallelReductionFactorSecondInPlane>",
        "Element=<ReferencedImageEvidenceSequence>",
        "Element=<AnatomicRegionSequence>",
    ),
}


def _keys(scan: Scanned) -> list[str]:
    return [s.key for s in scan.examination.sequences if s.key != "screenshot"]


def _volumes(facts: SeriesFacts) -> set[object]:
    return {_volume(v) for v in facts.volumes}


def _volume(volume: SeriesVolume) -> object:
    stack = volume.stack
    places = frozenset(tuple(round(c, 3) for c in p) for p in stack.positions_mm)
    size = (stack.rows, stack.columns, stack.pixel_spacing_mm, stack.slice_thickness_mm)
    return (places, stack.orientation, size, volume.echo_time_ms, volume.frames)


def _weightings(facts: SeriesFacts) -> set[object]:
    return {(v.b_value, v.direction) for v in facts.volumes}


@pytest.mark.parametrize(("vendor", "key"), BOTH)
def test_geometry_and_echoes_are_those_of_classic_images(vendor: str, key: str) -> None:
    enhanced, classic = scanned(vendor).folded(key), scanned(CLASSIC_OF[vendor]).folded(key)
    assert enhanced.frames == classic.frames
    assert _volumes(enhanced) == _volumes(classic)


@pytest.mark.parametrize(("vendor", "key"), BOTH)
def test_timing_and_matrix_are_those_of_classic_images(vendor: str, key: str) -> None:
    enhanced = scanned(vendor).folded(key).acquisition
    classic = scanned(CLASSIC_OF[vendor]).folded(key).acquisition
    for name in (
        "repetition_time_ms", "inversion_time_ms", "flip_angle_deg", "mr_acquisition_type",
        "magnetic_field_strength_t", "acquisition_matrix", "phase_encoding", "protocol_name",
        "manufacturer", "model",
    ):  # fmt: skip
        assert getattr(enhanced, name) == getattr(classic, name), name


@pytest.mark.parametrize("vendor", CLASSIC_OF)
@pytest.mark.parametrize("key", ["dwi", "dti"])
def test_diffusion_is_that_of_classic_images(vendor: str, key: str) -> None:
    enhanced, classic = scanned(vendor).folded(key), scanned(CLASSIC_OF[vendor]).folded(key)
    assert _weightings(enhanced) == _weightings(classic)
    assert len(_weightings(enhanced)) == time_points(scanned(vendor).sequence(key))


@pytest.mark.parametrize("vendor", CLASSIC_OF)
def test_headers_of_every_series_are_read_without_a_remark(vendor: str) -> None:
    scan = scanned(vendor)
    for key in _keys(scan):
        for facts in scan.facts(key):
            assert facts.remarks == (), key
            assert facts.number_of_frames == sum(v.frames for v in facts.volumes)


@pytest.mark.parametrize("vendor", CLASSIC_OF)
def test_contrast_is_told_after_the_injection_alone(vendor: str) -> None:
    scan = scanned(vendor)
    header = scan.headers("t1-gd")[0]
    (agent,) = header.ContrastBolusAgentSequence
    assert agent.CodeMeaning == "Dotarem"
    assert float(agent.ContrastBolusVolume) == 14.0
    (usage,) = header.SharedFunctionalGroupsSequence[0].ContrastBolusUsageSequence
    assert usage.ContrastBolusAgentAdministered == "YES"
    assert "ContrastBolusAgentSequence" not in scan.headers("t1")[0]


@pytest.mark.parametrize("vendor", CLASSIC_OF)
@pytest.mark.parametrize("key", ["t1", "dwi", "localizer"])
def test_dimension_indices_fit_their_dimensions(vendor: str, key: str) -> None:
    for header in scanned(vendor).headers(key):
        contents = [f.FrameContentSequence[0] for f in header.PerFrameFunctionalGroupsSequence]
        indices = [tuple(c.DimensionIndexValues) for c in contents]
        assert len(set(indices)) == header.NumberOfFrames == len(contents)
        assert {len(i) for i in indices} == {len(header.DimensionIndexSequence)}


@pytest.mark.parametrize("vendor", CLASSIC_OF)
@pytest.mark.parametrize("key", ["t1", "dwi", "fa"])
def test_pixels_decode_to_the_planned_shape(vendor: str, key: str, tmp_path: Path) -> None:
    scan = scanned(vendor)
    slab = scan.sequence(key).slab
    for name, content in scan.contents(key).items():
        (tmp_path / name).write_bytes(content)
        image = pydicom.dcmread(tmp_path / name)
        shape = image.pixel_array.shape
        assert shape[:3] == (image.NumberOfFrames, slab.rows, slab.columns)
        assert shape[3:] == ((3,) if image.SamplesPerPixel == 3 else ())
        assert read_facts(tmp_path / name).number_of_frames == image.NumberOfFrames


def test_each_frame_has_its_own_pixels() -> None:
    """Frames lie slice by slice, images are numbered volume by volume."""
    scan = scanned("philips-enhanced")
    sequence = scan.sequence("dwi")

    def numbered(image: Image) -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
        return np.full((image.slab.rows, image.slab.columns), image.index, dtype=np.uint16)

    write = VENDORS["philips-enhanced"].image_files
    ((_, dataset),) = write(scan.examination, sequence, scan.uids, numbered)
    shown = [int(frame[0, 0]) for frame in dataset.pixel_array]
    slices = sequence.slab.slices
    assert shown == [v * slices + s for s in range(slices) for v in range(sequence.volumes)]


@pytest.mark.parametrize("vendor", CLASSIC_OF)
def test_the_same_plan_gives_the_same_bytes(vendor: str) -> None:
    scan = scanned(vendor)
    assert scan.contents("dwi") == scan.contents("dwi")


def _lost(vendor: str, key: str, lost: frozenset[int]) -> list[pydicom.Dataset]:
    scan = scanned(vendor)
    sequence = replace(scan.sequence(key), lost=lost)
    return [d for _, d in VENDORS[vendor].image_files(scan.examination, sequence, scan.uids, None)]


@pytest.mark.parametrize("vendor", CLASSIC_OF)
def test_lost_images_are_frames_that_are_not_there(vendor: str) -> None:
    (whole,), (lacking,) = scanned(vendor).headers("t1"), _lost(vendor, "t1", frozenset({4, 5}))
    assert lacking.NumberOfFrames == whole.NumberOfFrames - 2
    assert lacking.SOPInstanceUID != whole.SOPInstanceUID
    assert lacking.SeriesInstanceUID == whole.SeriesInstanceUID
    places = {
        f.FrameContentSequence[0].InStackPositionNumber
        for f in lacking.PerFrameFunctionalGroupsSequence
    }
    assert {5, 6} & places == set()
    assert max(places) == whole.NumberOfFrames


def test_a_lost_volume_is_a_file_that_never_came() -> None:
    slices = scanned("siemens-xa").sequence("dwi").slab.slices
    whole = scanned("siemens-xa").headers("dwi")
    (kept,) = _lost("siemens-xa", "dwi", frozenset(range(slices, 2 * slices)))
    assert kept.SOPInstanceUID == whole[0].SOPInstanceUID
    assert kept.NumberOfTemporalPositions == len(whole) == 2


@pytest.mark.parametrize("vendor", CLASSIC_OF)
@pytest.mark.parametrize(
    ("absent", "unknown"),
    [
        ("SliceThickness", lambda f: f.stacks[0].slice_thickness_mm),
        ("ImagePositionPatient", lambda f: f.stacks[0].positions_mm or None),
        ("EchoTime", lambda f: f.volumes[0].echo_time_ms),
        ("InversionTime", lambda f: f.acquisition.inversion_time_ms),
        ("RepetitionTime", lambda f: f.acquisition.repetition_time_ms),
        ("AcquisitionMatrix", lambda f: f.acquisition.acquisition_matrix),
        ("ImageType", lambda f: f.volumes[0].image_type or None),
    ],
)
def test_what_is_left_out_is_left_out_under_every_name(
    vendor: str, absent: str, unknown: Callable[[object], object]
) -> None:
    scan = scanned(vendor)
    sequence: Sequence = replace(scan.sequence("flair"), absent=(absent,))
    files = VENDORS[vendor].image_files(scan.examination, sequence, scan.uids, None)
    for _, dataset in files:
        assert unknown(facts_of(dataset)) is None
    assert unknown(scan.facts("flair")[0]) is not None


@pytest.mark.skipif(which("dciodvfy") is None, reason="dicom3tools (dciodvfy) is not installed")
@pytest.mark.parametrize("vendor", CLASSIC_OF)
def test_a_validator_finds_only_the_vendors_habits(vendor: str, tmp_path: Path) -> None:
    scan = scanned(vendor)
    for key in _keys(scan):
        path = scan.written(key, tmp_path)
        report = subprocess.run(
            ["dciodvfy", str(path)], capture_output=True, text=True, errors="replace", check=False
        ).stderr
        assert "EnhancedMR" in report
        errors = [line for line in report.splitlines() if "Error" in line]
        assert [e for e in errors if not any(h in e for h in HABITS[vendor])] == [], key


def test_dcmtk_receives_every_object(peer: Callable[[str], str], tmp_path: Path) -> None:
    sent = []
    for vendor in CLASSIC_OF:
        for key in ("localizer", "t1", "dwi", "fa"):
            for name, content in scanned(vendor).contents(key).items():
                path = tmp_path / f"{vendor}-{key}-{name}"
                path.write_bytes(content)
                subprocess.run([peer("dcmdump"), "-q", str(path)], check=True, capture_output=True)
                sent.append(path)
    received = tmp_path / "received"
    received.mkdir()
    port = free_port()
    listening = subprocess.Popen([peer("storescp"), "-od", str(received), str(port)])
    try:
        _wait_for(port)
        subprocess.run(
            [peer("storescu"), "-R", "127.0.0.1", str(port), *map(str, sent)],
            check=True,
            capture_output=True,
        )
    finally:
        listening.terminate()
        listening.wait()
    assert len(list(received.iterdir())) == len(sent)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "storescp does not listen"
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("vendor", CLASSIC_OF)
def test_an_examination_is_written_and_listed(vendor: str, tmp_path: Path) -> None:
    manifest = simulate(tmp_path, vendor=vendor, seed=7, study_date=DAY, small=True)
    found = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.dcm")}
    assert found == set(manifest.files)
    header = pydicom.dcmread(tmp_path / manifest.files[0], stop_before_pixels=True)
    assert header.SOPClassUID.name == "Enhanced MR Image Storage"
    assert str(header.PatientName).encode("latin-1").isascii() is False


def test_bytes_are_those_of_an_explicit_little_endian_file() -> None:
    (content, *_) = scanned("canon-enhanced").contents("t1").values()
    assert content[128:132] == b"DICM"
    scan = scanned("canon-enhanced")
    ((_, dataset),) = VENDORS["canon-enhanced"].image_files(
        scan.examination, scan.sequence("t1"), scan.uids, None
    )
    assert "PixelData" not in dataset
    assert len(encoded(dataset)) < len(content)


@pytest.mark.parametrize("vendor", CLASSIC_OF)
def test_the_parts_of_a_concatenation_hold_the_frames_of_the_whole(vendor: str) -> None:
    scan = scanned(vendor)
    sequence = replace(scan.sequence("flair"), concatenated=3)

    def headers(sent: Sequence) -> list[Dataset]:
        files = VENDORS[vendor].image_files(scan.examination, sent, scan.uids, None)
        return [header for _, header in files]

    (whole,), cut = scan.headers("flair"), headers(sequence)
    assert [(h.InConcatenationNumber, h.InConcatenationTotalNumber) for h in cut] == [
        (number, 3) for number in (1, 2, 3)
    ]
    assert len({h.SOPInstanceUID for h in cut} | {whole.SOPInstanceUID}) == 4
    assert len({h.ConcatenationUID for h in cut}) == 1
    assert {h.SOPInstanceUIDOfConcatenationSource for h in cut} == {whole.SOPInstanceUID}
    frames = [f for h in cut for f in h.PerFrameFunctionalGroupsSequence]
    assert frames == list(whole.PerFrameFunctionalGroupsSequence)
    offsets = [h.ConcatenationFrameOffsetNumber for h in cut]
    assert offsets == [sum(h.NumberOfFrames for h in cut[:n]) for n in range(3)]
    lacking = headers(replace(sequence, lost_part=2))
    assert [h.InConcatenationNumber for h in lacking] == [1, 3]


@pytest.mark.parametrize("vendor", CLASSIC_OF)
@pytest.mark.parametrize("key", ["flair", "dti"])
def test_a_concatenation_is_complete_with_all_of_its_parts(vendor: str, key: str) -> None:
    scan = scanned(vendor)

    def judged(lost_part: int = 0) -> SeriesFacts:
        sequence = replace(scan.sequence(key), concatenated=3, lost_part=lost_part)
        fold = SeriesFold("", "")
        for _, header in VENDORS[vendor].image_files(scan.examination, sequence, scan.uids, None):
            fold.add(facts_of(header))
        return fold.facts()

    whole = judged()
    assert completeness(whole).complete is True
    assert _volumes(whole) == _volumes(scan.folded(key))
    for part in (1, 2, 3):
        assert completeness(judged(lost_part=part)).complete is False
