"""A faultless examination: geometry, physics, identity, and what Siemens writes privately."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from shutil import which

import numpy as np
import pydicom
import pytest
from csa_header import CsaHeader
from pydicom.dataset import Dataset

from ofsep_node.domain.geometry import dot, normal, offsets_mm, plane_of, steps_mm
from ofsep_node.errors import NodeError, SettingsError
from ofsep_node.simulate import FAULTS, manifest_path, simulate
from ofsep_node.simulate.examination import Slab, axial
from ofsep_node.simulate.phantom import slice_pixels
from ofsep_node.simulate.siemens_sequences import FLAIR, SEQUENCES, T1

from .conftest import DAY, Write, Written

KEYS = ["localizer", "t1", "dwi", "adc", "flair"]


def _orientation(header: Dataset) -> tuple[float, float, float, float, float, float]:
    a, b, c, d, e, f = map(float, header.ImageOrientationPatient)
    return (a, b, c, d, e, f)


def _positions(headers: list[Dataset]) -> list[tuple[float, float, float]]:
    return [tuple(map(float, h.ImagePositionPatient)) for h in headers]  # type: ignore[misc]


def test_standard_examination_in_the_order_of_acquisition(clean: Written) -> None:
    assert clean.keys == KEYS
    times = [min(h.AcquisitionTime for h in clean.headers(key)) for key in KEYS]
    assert times == sorted(times)
    assert times[2] == times[3]  # the ADC map is computed from the DWI
    assert len(set(times)) == 4


def test_reduced_examination_has_no_t1(written: Write) -> None:
    assert written(programme="reduced").keys == ["localizer", "dwi", "adc", "flair"]


@pytest.mark.parametrize("key", ["t1", "dwi", "adc", "flair"])
def test_positions_step_by_the_announced_spacing(clean: Written, key: str) -> None:
    headers = clean.headers(key)
    offsets = offsets_mm(_orientation(headers[0]), _positions(headers))
    spacing = SEQUENCES[key].slab.step_mm
    assert steps_mm(offsets) == pytest.approx([spacing] * (len(offsets) - 1), abs=1e-3)
    assert float(headers[0].SliceThickness) == pytest.approx(spacing)


@pytest.mark.parametrize("key", ["t1", "dwi", "flair"])
def test_slice_location_follows_position(clean: Written, key: str) -> None:
    for header in clean.headers(key):
        location = dot(normal(_orientation(header)), _positions([header])[0])
        assert abs(float(header.SliceLocation)) == pytest.approx(abs(location), abs=1e-6)


def test_planes(clean: Written) -> None:
    planes = {key: {plane_of(_orientation(h)) for h in clean.headers(key)} for key in KEYS}
    assert planes["localizer"] == {"sagittal", "coronal", "axial"}
    assert planes["t1"] == planes["flair"] == {"sagittal"}
    assert planes["dwi"] == planes["adc"] == {"axial"}


def test_spacing_between_slices_is_written_in_2d_only(clean: Written) -> None:
    assert all("SpacingBetweenSlices" not in h for h in clean.headers("t1"))
    assert {float(h.SpacingBetweenSlices) for h in clean.headers("dwi")} == {3.0}


def test_full_size_covers_a_head() -> None:
    for sequence in (T1, FLAIR):
        assert sequence.slab.field_of_view_mm == (256.0, 256.0)
        assert sequence.images == 176
        assert sequence.slab.extent_mm == 176.0
    assert SEQUENCES["dwi"].images == 90
    assert SEQUENCES["dwi"].slab.extent_mm == 135.0


def test_adc_shares_the_geometry_of_its_dwi(clean: Written) -> None:
    dwi, adc = clean.headers("dwi"), clean.headers("adc")
    assert set(_positions(dwi)) == set(_positions(adc))
    assert len(dwi) == 2 * len(adc)


def test_diffusion_as_siemens_writes_it(clean: Written) -> None:
    written_as = {
        (h.SequenceName, h[0x0019, 0x100C].value, h[0x0019, 0x100D].value)
        for h in clean.headers("dwi")
    }
    assert written_as == {("*ep_b0", 0, "NONE"), ("*ep_b1000t", 1000, "ISOTROPIC")}
    assert all((0x0019, 0x100C) not in h for h in clean.headers("adc"))


def _csa(header: Dataset, element: int) -> dict[str, dict[str, object]]:
    parsed: dict[str, dict[str, object]] = CsaHeader(header[0x0029, element].value).read()
    return parsed


def test_csa_image_header_reads_back(clean: Written) -> None:
    header = clean.headers("dwi")[-1]
    csa = _csa(header, 0x1010)
    assert csa["B_value"]["value"] == 1000
    assert csa["DiffusionDirectionality"]["value"] == "ISOTROPIC"
    assert csa["DiffusionGradientDirection"]["value"] is None
    assert csa["NumberOfImagesInMosaic"]["value"] is None
    n = normal(_orientation(header))
    assert csa["SliceNormalVector"]["value"] == pytest.approx(list(n), abs=1e-6)
    assert csa["SlicePosition_PCS"]["value"] == pytest.approx(
        list(_positions([header])[0]), abs=1e-6
    )


@pytest.mark.parametrize("key", KEYS)
def test_protocol_text_announces_the_slices(clean: Written, key: str) -> None:
    headers = clean.headers(key)
    text = _csa(headers[0], 0x1020)["MrPhoenixProtocol"]["value"]
    assert isinstance(text, dict)
    assert text["tProtocolName"] == headers[0].ProtocolName
    assert text["alTE"][0] == pytest.approx(float(headers[0].EchoTime) * 1000)
    if headers[0].MRAcquisitionType == "3D":
        assert text["sSliceArray"]["lSize"] == 1
        announced = text["sKSpace"]["lImagesPerSlab"]
    else:
        announced = text["sSliceArray"]["lSize"]
    planes = {(str(h.ImagePositionPatient), str(h.ImageOrientationPatient)) for h in headers}
    assert announced == len(planes)


def test_accents_survive_as_latin_1(clean: Written) -> None:
    raw = next(iter(clean.contents().values()))
    header = clean.headers("t1")[0]
    assert header.SpecificCharacterSet == "ISO_IR 100"
    assert not str(header.PatientName).isascii()
    assert str(header.PatientName).encode("latin-1") in raw
    assert header.StudyDescription == "IRM cérébrale SEP"
    assert header.InstitutionName == "Hôpital fictif Sainte-Hélène"


def test_identity_is_fictitious_and_complete(clean: Written) -> None:
    header = clean.headers("flair")[0]
    assert header.PatientID == "SIM-000007"
    assert header.PatientSex in ("F", "M")
    assert 50 <= float(header.PatientWeight) <= 95
    assert 20 <= int(header.PatientAge[:3]) <= 60
    assert header.StudyDate == "20250314"
    assert header.StudyInstanceUID.startswith("2.25.")
    assert len(header.SOPInstanceUID) <= 64


def test_uids_are_unique_and_shared_where_they_must_be(clean: Written) -> None:
    headers = [h for key in KEYS for h in clean.headers(key)]
    assert len({h.SOPInstanceUID for h in headers}) == len(headers)
    assert len({h.SeriesInstanceUID for h in headers}) == len(KEYS)
    assert {h.StudyInstanceUID for h in headers} == {clean.manifest.study_instance_uid}
    assert len({h.FrameOfReferenceUID for h in headers}) == 1


def test_same_seed_same_bytes(clean: Written, tmp_path: Path) -> None:
    again = simulate(tmp_path, seed=7, study_date=DAY, small=True)
    assert again == clean.manifest
    assert Written(tmp_path, again).contents() == clean.contents()


def test_another_seed_or_day_is_another_examination(clean: Written, tmp_path: Path) -> None:
    seed = simulate(tmp_path / "seed", seed=8, study_date=DAY, small=True)
    day = simulate(tmp_path / "day", seed=7, study_date=date(2026, 3, 14), small=True)
    studies = {m.study_instance_uid for m in (clean.manifest, seed, day)}
    assert len(studies) == 3
    assert day.patient_id == clean.manifest.patient_id != seed.patient_id


def test_manifest_says_what_lies_beside_it(clean: Written) -> None:
    on_disk = json.loads(manifest_path(clean.folder).read_text(encoding="utf-8"))
    assert on_disk["study_instance_uid"] == clean.manifest.study_instance_uid
    assert [s["identity"]["weighting"] for s in on_disk["series"]] == KEYS
    found = {str(p.relative_to(clean.folder)) for p in clean.folder.rglob("*") if p.is_file()}
    assert found == set(clean.manifest.files)
    assert all(len(s.files) == s.images_made for s in clean.manifest.series)


def test_pixels_show_a_head() -> None:
    slab = Slab(axial(), 224, 224, 1.0, 45, 3.0, 3.0)
    noise = np.random.default_rng(0)
    pixels = slice_pixels(slab, 22, "b0", noise)
    assert pixels.shape == (224, 224)
    assert pixels.max() <= 4095
    assert pixels[:10, :10].mean() < 100 < pixels[100:120, 100:120].mean()
    mirrored = slice_pixels(slab, 22, "adc", noise)
    assert np.mean(mirrored[:, 1:] == mirrored[:, :0:-1]) > 0.95  # left and right alike


def test_pixel_data_fits_the_header(clean: Written) -> None:
    for series in clean.manifest.series:
        image = pydicom.dcmread(clean.folder / series.folder / series.files[0])
        assert image.pixel_array.shape == (image.Rows, image.Columns)
        assert int(image.pixel_array.max()) == image.LargestImagePixelValue


@pytest.mark.skipif(which("dciodvfy") is None, reason="dicom3tools (dciodvfy) is not installed")
@pytest.mark.parametrize("faults", [(), ("flair-2d", "dwi-coarse")])
def test_an_independent_validator_finds_no_error(written: Write, faults: tuple[str, ...]) -> None:
    examination = written(*faults)
    for series in examination.manifest.series:
        path = examination.folder / series.folder / series.files[-1]
        report = subprocess.run(
            ["dciodvfy", str(path)], capture_output=True, text=True, check=False
        ).stderr
        assert "MRImage" in report
        assert "Error" not in report


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    manifest = simulate(
        tmp_path,
        small=True,
        study_date=DAY,
        progress=lambda done, total: seen.append((done, total)),
    )
    total = len(manifest.files)
    assert seen == [(n, total) for n in range(1, total + 1)]


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_examination_that_is_interrupted_leaves_nothing(
    tmp_path: Path, exists: bool, error: BaseException | type[BaseException]
) -> None:
    folder = tmp_path / "examination"
    if exists:
        folder.mkdir()

    def interrupt(done: int, _: int) -> None:
        assert list(folder.glob("[!.]*")) == []  # nothing is seen before all is there
        if done > 30:
            raise error

    with pytest.raises((KeyboardInterrupt, NodeError)) as stopped:
        simulate(folder, small=True, study_date=DAY, progress=interrupt)
    assert [p.name for p in tmp_path.rglob("*")] == (["examination"] if exists else [])
    if isinstance(error, OSError):
        assert str(stopped.value) == (
            f"cannot write to {folder} (No space left on device): choose another folder"
        )


def test_the_folder_that_one_is_in_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    manifest = simulate(Path(), small=True, study_date=DAY)
    assert Path(manifest.files[0]).is_file()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["here", "here.manifest.json"]


def test_a_folder_that_is_not_empty_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(NodeError, match=r"is not empty: choose a new or an empty folder"):
        simulate(tmp_path, small=True)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_as_destination_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NodeError, match="is not a folder"):
        simulate(tmp_path / "file", small=True)


def test_unknown_names_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"unknown vendor 'acme': choose among .*siemens"):
        simulate(tmp_path, vendor="acme")
    with pytest.raises(
        SettingsError,
        match="unknown programme 'full': choose among brain-cord, cord, reduced, stan",
    ):
        simulate(tmp_path, programme="full")
    with pytest.raises(SettingsError) as raised:
        simulate(tmp_path, faults=["flair-thik"])
    assert all(name in str(raised.value) for name in FAULTS)
    assert not list(tmp_path.iterdir())
