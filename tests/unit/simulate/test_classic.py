"""What holds for every scanner that stores one image per object."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from ofsep_node.dicom.header import Attribute, Header, PrivateTag
from ofsep_node.dicom.vendors import ge, philips, siemens
from ofsep_node.domain.geometry import plane_of, steps_mm
from ofsep_node.simulate.repertoire import directions

from .scanners import CLASSIC, DAY, INJECTION, keys, scanned

pytestmark = pytest.mark.slow

EVERY_SERIES = [(vendor, key) for vendor in CLASSIC for key in keys(vendor)]
IMAGES = [(vendor, key) for vendor, key in EVERY_SERIES if key != "screenshot"]
REQUIRED = ("localizer", "t1", "dwi", "adc", "flair", "cord-localizer", "cord-t2-1", "cord-t2-2")

# What dciodvfy finds wrong that the vendors really write.
EMPTY_LATERALITY = "Laterality"  # empty, though the part is not paired
TI_WITHOUT_IR = "InversionTime"  # inversion is prepared, but ScanningSequence does not say IR
HABITS: dict[str, dict[str, frozenset[str]]] = {
    "siemens": {},
    "siemens-xa-classic": dict.fromkeys(("t1", "t1-gd", "mpr"), frozenset({TI_WITHOUT_IR})),
    "ge": dict.fromkeys(("t1", "t1-gd", "mpr", "t2-3d"), frozenset({TI_WITHOUT_IR})),
    "philips": {},
    "canon": dict.fromkeys(("t1", "t1-gd", "mpr"), frozenset({TI_WITHOUT_IR})),
}
ALWAYS: dict[str, set[str]] = {"ge": {EMPTY_LATERALITY}, "philips": {EMPTY_LATERALITY}}
WITHOUT_LATERALITY = frozenset({"knee", "screenshot"})


@pytest.mark.parametrize("vendor", CLASSIC)
def test_every_vendor_makes_what_the_protocol_requires(vendor: str) -> None:
    assert set(REQUIRED) <= set(keys(vendor))
    assert "other flair-2d" in keys(vendor)


@pytest.mark.parametrize(("vendor", "key"), IMAGES)
def test_geometry_reads_back(vendor: str, key: str) -> None:
    sequence, facts = scanned(vendor).sequence(key), scanned(vendor).facts(key)
    assert len(facts) == sequence.images
    stacks = [stack for instance in facts for stack in instance.stacks]
    planes = {plane_of(s.orientation) for s in stacks if s.orientation is not None}
    assert planes == {slab.plane for slab in sequence.slabs}
    for slab in sequence.slabs:
        mine = [s for s in stacks if s.orientation == pytest.approx(slab.orientation, abs=1e-6)]
        offsets = sorted({round(sum(map(_product, slab.scan_normal, s.positions_mm[0])), 3)
                          for s in mine})  # fmt: skip
        assert len(offsets) == slab.slices
        assert steps_mm(offsets) == pytest.approx([slab.step_mm] * (slab.slices - 1), abs=2e-3)
        assert {s.slice_thickness_mm for s in mine} == {slab.thickness_mm}
        assert {s.pixel_spacing_mm for s in mine} == {(slab.pixel_mm, slab.pixel_mm)}
        assert {f.acquisition.acquisition_matrix for f in facts} <= {
            s.acquired_matrix for s in sequence.slabs
        }


def _product(a: float, b: float) -> float:
    return a * b


@pytest.mark.parametrize(("vendor", "key"), IMAGES)
def test_timing_reads_back(vendor: str, key: str) -> None:
    sequence, facts = scanned(vendor).sequence(key), scanned(vendor).facts(key)
    assert {f.volumes[0].echo_time_ms for f in facts} == set(sequence.echoes_ms)
    assert {f.acquisition.repetition_time_ms for f in facts} == {sequence.repetition_time_ms}
    inversion = None if sequence.technique == "T1TFE" else sequence.inversion_time_ms
    assert {f.acquisition.inversion_time_ms for f in facts} == {inversion}
    assert {f.acquisition.magnetic_field_strength_t for f in facts} == {3.0}
    assert {f.acquisition.flip_angle_deg for f in facts} == {sequence.flip_angle_deg}


@pytest.mark.parametrize(("vendor", "key"), EVERY_SERIES)
def test_identity_reads_back_without_remarks(vendor: str, key: str) -> None:
    scan = scanned(vendor)
    facts = scan.facts(key)
    assert {r for f in facts for r in f.remarks} == set()
    assert {f.patient_id for f in facts} == {"SIM-000003"}
    assert {f.study_instance_uid for f in facts} == {scan.uids.study}
    assert {f.series_instance_uid for f in facts} == {scan.uids.series(key)}
    assert len({f.sop_instance_uid for f in facts}) == len({f.instance_number for f in facts})
    assert {f.acquisition.series_description for f in facts} == {scan.sequence(key).description}


@pytest.mark.parametrize("vendor", CLASSIC)
def test_tensor_reads_back(vendor: str) -> None:
    volumes = scanned(vendor).folded("dti").volumes
    weighted = {v.direction for v in volumes if v.directionality == "DIRECTIONAL"}
    unweighted = [v for v in volumes if v.b_value == 0]
    assert {v.b_value for v in volumes} == {0.0, 1000.0}
    assert len(unweighted) == 1
    assert len(weighted) == 32
    for asked, seen in zip(sorted(directions(32)), sorted(d for d in weighted if d), strict=True):
        assert seen == pytest.approx(asked, abs=2e-4)


@pytest.mark.parametrize("vendor", CLASSIC)
def test_trace_reads_back(vendor: str) -> None:
    volumes = scanned(vendor).folded("dwi").volumes
    assert {v.b_value for v in volumes} == {0.0, 1000.0}
    traces = [v for v in volumes if v.b_value == 1000 and v.direction is None]
    assert len(traces) == 1


@pytest.mark.parametrize("vendor", ["siemens", "siemens-xa-classic", "ge", "philips"])
@pytest.mark.parametrize("key", ["t1", "dwi", "adc", "flair", "dti", "t2", "cord-t2-1"])
def test_the_header_announces_the_planes(vendor: str, key: str) -> None:
    planes = scanned(vendor).sequence(key).slab.slices
    assert {v.announced_planes for v in scanned(vendor).folded(key).volumes} == {planes}


@pytest.mark.parametrize("vendor", CLASSIC)
def test_contrast_agent_is_named_after_the_injection_only(vendor: str) -> None:
    scan = scanned(vendor)
    before, after = scan.facts("t1")[0].contrast, scan.facts("t1-gd")[0].contrast
    assert not before.names_agent
    assert after.names_agent
    assert INJECTION.agent.upper() in (after.agent or "").upper()


@pytest.mark.parametrize("vendor", CLASSIC)
def test_two_echoes_are_two_volumes(vendor: str) -> None:
    headers = scanned(vendor).headers("t2")
    echoes = {(int(h.EchoNumbers), float(h.EchoTime)) for h in headers}
    assert len(echoes) == 2
    assert {number for number, _ in echoes} == {1, 2}


@pytest.mark.parametrize("vendor", CLASSIC)
def test_accents_survive(vendor: str) -> None:
    (content,) = list(scanned(vendor).contents("adc").values())[:1]
    header = pydicom.dcmread(pydicom.filebase.DicomBytesIO(content))
    assert str(header.PatientName) == scanned(vendor).examination.patient.name
    assert not str(header.PatientName).isascii()
    assert header.StudyDescription == "IRM cérébrale et médullaire SEP"
    assert header.StudyDate == f"{DAY:%Y%m%d}"


@pytest.mark.parametrize("vendor", CLASSIC)
def test_same_examination_same_bytes(vendor: str) -> None:
    assert scanned(vendor).contents("dwi") == scanned(vendor).contents("dwi")
    assert scanned(vendor).contents("t1") == scanned(vendor).contents("t1")


@pytest.mark.parametrize("vendor", CLASSIC)
def test_pixels_fit_the_header(vendor: str) -> None:
    for content in scanned(vendor).contents("adc").values():
        image = pydicom.dcmread(pydicom.filebase.DicomBytesIO(content))
        assert image.pixel_array.shape == (image.Rows, image.Columns)


@pytest.mark.parametrize("vendor", ["ge", "philips", "canon"])
def test_a_screenshot_is_no_mr_image(vendor: str) -> None:
    (header,) = scanned(vendor).headers("screenshot")
    assert header.SOPClassUID.name == "Secondary Capture Image Storage"
    assert header.BurnedInAnnotation == "YES"
    assert "MagneticFieldStrength" not in header


@pytest.mark.parametrize("vendor", CLASSIC)
def test_an_independent_validator_finds_the_vendors_habits_alone(
    vendor: str, peer: Callable[[str], str], tmp_path: Path
) -> None:
    program = peer("dciodvfy")
    for key in keys(vendor):
        if key == "dti" and vendor != "ge":
            continue  # hundreds of files, each like those of the DWI
        path = scanned(vendor).written(key, tmp_path)
        report = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
        errors = [line for line in report.stderr.splitlines() if line.startswith("Error")]
        always = set() if key in WITHOUT_LATERALITY else ALWAYS.get(vendor, set())
        allowed = always | HABITS[vendor].get(key, frozenset())
        seen = {habit for habit in allowed if any(f"<{habit}>" in e for e in errors)}
        strange = [e for e in errors if not any(f"<{habit}>" in e for habit in allowed)]
        assert strange == [], key
        assert seen == allowed, key


READ = (
    "ImageType", "Modality", "Manufacturer", "ManufacturerModelName", "SoftwareVersions",
    "DeviceSerialNumber", "MagneticFieldStrength", "SeriesNumber", "SeriesDescription",
    "ScanningSequence", "SequenceVariant", "ScanOptions", "MRAcquisitionType", "SequenceName",
    "PulseSequenceName", "AcquisitionContrast", "RepetitionTime", "EchoTime", "EffectiveEchoTime",
    "InversionTime", "FlipAngle", "AcquisitionMatrix", "InPlanePhaseEncodingDirection",
    "ParallelReductionFactorInPlane", "ImagesInAcquisition", "NumberOfTemporalPositions",
    "TemporalPositionIdentifier", "TemporalPositionIndex", "AcquisitionNumber", "InstanceNumber",
    "PixelSpacing", "SliceThickness", "SpacingBetweenSlices", "ImageOrientationPatient",
    "ImagePositionPatient", "DiffusionBValue", "DiffusionGradientOrientation",
    "DiffusionDirectionality", "ImageComments", "BurnedInAnnotation", "NumberOfFrames",
    "FrameOfReferenceUID", "ContrastBolusAgent", "ContrastBolusVolume", "AcquisitionTime",
    "AcquisitionDateTime",
)  # fmt: skip
READ_PRIVATELY: dict[str, list[Attribute]] = {
    "ge": [*(a for a in vars(ge).values() if isinstance(a, PrivateTag)), *ge.GRADIENT],
    "philips": [a for a in vars(philips).values() if isinstance(a, PrivateTag)],
    "siemens": [a for a in vars(siemens).values() if isinstance(a, PrivateTag)],
    "canon": [],
}


@pytest.mark.parametrize(
    ("vendor", "key", "series"),
    [
        ("ge", "dti", "ge-dti6/series-1"),
        ("ge", "t1", "ge-ir-spgr/series-10"),
        ("philips", "dti", "philips-dti32/series-2201"),
        ("philips", "t1", "philips-mprage/series-1301"),
        ("canon", "dti", "canon-dti-classic/series-6000"),
        ("siemens", "t1", "siemens-mprage/series-5"),
        ("siemens", "t2", "siemens-pd-t2/series-3"),
    ],
)
def test_the_attributes_we_read_are_there_where_real_scanners_write_them(
    real_dicom: Path, vendor: str, key: str, series: str
) -> None:
    paths = sorted((real_dicom / series).glob("*.dcm"))[::7]
    real = [Header.of(pydicom.dcmread(path, stop_before_pixels=True)) for path in paths]
    simulated = [Header.of(header) for header in scanned(vendor).headers(key)]
    for attribute in (*READ, *READ_PRIVATELY[vendor]):
        assert _presence(attribute, simulated) == _presence(attribute, real), str(attribute)


def _presence(attribute: Attribute, headers: list[Header]) -> set[bool]:
    return {attribute in header for header in headers}
