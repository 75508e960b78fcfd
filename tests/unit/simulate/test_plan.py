"""Programmes and options: what is run, when, and what the manifest says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pydicom.fileset import FileSet

from ofsep_node.errors import SettingsError
from ofsep_node.simulate import (
    VENDORS,
    Manifest,
    Request,
    headers,
    manifest_path,
    planned,
    simulate,
)
from ofsep_node.simulate.examination import Examination
from ofsep_node.simulate.phantom import slice_pixels
from ofsep_node.simulate.slabs import CORD_1, CORD_2, CORD_3, CORD_LOWER, CORD_UPPER, KNEE, joined

from .conftest import DAY, Write

WHOLE = Request(
    programme="brain-cord", optional=("all",), gadolinium="Dotarem", around=True, study_date=DAY
)


def _planned(**choices: object) -> Examination:
    return planned(replace(Request(study_date=DAY), **choices)).examination  # type: ignore[arg-type]


def _keys(examination: Examination) -> list[str]:
    return [s.key for s in examination.sequences]


def test_programmes() -> None:
    cord = ["cord-localizer", "cord-t2-1", "cord-t2-2"]
    brain = ["localizer", "t1", "dwi", "adc", "flair"]
    assert _keys(_planned(programme="cord")) == cord
    assert _keys(_planned(programme="cord", stations=3)) == [*cord, "cord-t2-3"]
    assert _keys(_planned(programme="brain-cord")) == [*brain, *cord]


def test_series_follow_one_another() -> None:
    examination = planned(WHOLE).examination
    measured = [s for s in examination.sequences if s.derived_from is None]
    for before, after in pairwise(measured):
        assert before.start_s + before.duration_s < after.start_s
    numbers = [s.number for s in examination.sequences]
    assert numbers == list(range(1, len(numbers) + 1))


def test_gadolinium_is_given_once_before_the_flair() -> None:
    examination = planned(WHOLE).examination
    injection, flair = examination.injection, examination.sequence("flair")
    assert injection is not None
    assert flair is not None
    assert injection.stop_s < flair.start_s
    kilograms = examination.patient.weight_kg
    assert injection.volume_ml * 0.5 / kilograms == pytest.approx(0.1, abs=0.003)
    truth = {s.key: s.gadolinium for s in examination.sequences}
    assert truth["t1"] == truth["dwi"] == truth["mpr"] == "no"
    assert truth["flair"] == truth["t1-gd"] == truth["cord-t1-gd"] == "yes"


def test_without_gadolinium_nothing_needs_it() -> None:
    keys = _keys(_planned(programme="brain-cord", optional=("all",), around=True))
    assert "dti" in keys
    assert not {"t1-gd", "cord-t1-gd", "cord-t1-gd-axial", "perfusion"} & set(keys)


def test_around_a_plain_examination_nothing_is_computed_from_what_is_not_there() -> None:
    examination = _planned(around=True)
    keys = set(_keys(examination))
    assert {"tof", "bold", "mpr", "knee"} <= keys
    assert not {"fa", "phase"} & keys
    assert all(s.derived_from in {None, *keys} for s in examination.sequences)


@pytest.mark.parametrize("stations", [(CORD_UPPER, CORD_LOWER), (CORD_1, CORD_2, CORD_3)])
def test_stations_cover_the_cord(stations: tuple[object, ...]) -> None:
    assert joined(stations).field_of_view_mm[0] >= 450  # type: ignore[arg-type]
    for upper, lower in pairwise(stations):
        length = upper.field_of_view_mm[0]  # type: ignore[attr-defined]
        apart = upper.centre_mm[2] - lower.centre_mm[2]  # type: ignore[attr-defined]
        assert 30 <= length - apart <= 50


def test_a_small_cord_keeps_its_length() -> None:
    station = _planned(programme="cord", small=True).sequence("cord-t2-1")
    assert station is not None
    assert station.slab.field_of_view_mm[0] == pytest.approx(268.8)
    assert station.slab.columns == 64


def test_a_composed_spine_spans_its_stations() -> None:
    composed = _planned(programme="cord", composed=True).sequence("cord-t2-composed")
    assert composed is not None
    assert composed.composed_of == ("cord-t2-1", "cord-t2-2")
    assert composed.role == "derived"
    assert composed.slab.field_of_view_mm[0] == pytest.approx(498.8, abs=0.7)


def test_an_indication_is_written_as_a_request_form_words_it() -> None:
    ready = planned(Request(indication="first-diagnosis", small=True, study_date=DAY))
    _, header = next(headers(ready))
    assert header.StudyDescription == "IRM cérébrale SEP, bilan initial SEP"
    assert header.ReasonForTheRequestedProcedure == "bilan initial SEP"


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"stations": 4, "programme": "cord"}, "a cord has 2 or 3 stations, not 4"),
        ({"stations": 3}, "programme 'standard' images no cord"),
        ({"composed": True}, "images no cord to compose"),
        ({"optional": ("t1-gd",)}, "'t1-gd' needs a contrast agent"),
        ({"optional": ("t9",)}, "unknown optional series 't9'"),
        ({"optional": ("cord-stir",)}, "unknown optional series 'cord-stir' in programme"),
        ({"gadolinium": "Gadoline"}, "unknown contrast agent 'Gadoline': choose among Dotarem"),
        ({"indication": "whim"}, "unknown indication 'whim'"),
        ({"mixed": True}, "does not mix enhanced and classic objects"),
        ({"vendor": "ge", "programme": "cord", "composed": True}, "'ge' makes no cord-t2-composed"),
    ],
)
def test_what_does_not_go_together_is_refused(choices: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        _planned(**choices)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_vendor_makes_every_programme(vendor: str) -> None:
    for programme in ("standard", "reduced", "cord", "brain-cord"):
        ready = planned(Request(vendor=vendor, programme=programme, small=True, study_date=DAY))
        sent = {sequence.key for sequence, _ in headers(ready)}
        assert sent == set(_keys(ready.examination))


def test_a_mixed_examination_has_both_kinds_of_objects() -> None:
    ready = planned(Request(vendor="siemens-xa", mixed=True, small=True, study_date=DAY))
    kinds = {sequence.key: str(header.SOPClassUID) for sequence, header in headers(ready)}
    assert kinds["t1"] != kinds["dwi"]
    assert len(set(kinds.values())) == 2
    assert len({h.StudyInstanceUID for _, h in headers(ready)}) == 1


def test_a_dummy_run_is_de_identified_and_has_a_dicomdir(written: Write) -> None:
    run = written(dummy_run=True, indication="dummy-run")
    listed = {str(i.SOPInstanceUID) for i in FileSet(run.folder / "DICOMDIR")}
    found = [h for key in run.keys for h in run.headers(key)]
    assert listed == {h.SOPInstanceUID for h in found}
    assert {h.PatientIdentityRemoved for h in found} == {"YES"}
    assert {str(h.PatientName) for h in found} == {run.manifest.patient_id}
    assert run.manifest.dicomdir


def test_the_same_dummy_run_has_the_same_bytes(written: Write, tmp_path: Path) -> None:
    run = written(dummy_run=True, indication="dummy-run")
    simulate(tmp_path, dummy_run=True, indication="dummy-run", seed=7, study_date=DAY, small=True)
    again = (tmp_path / "DICOMDIR").read_bytes()
    assert again == (run.folder / "DICOMDIR").read_bytes()


def test_the_manifest_holds_the_truth(tmp_path: Path) -> None:
    manifest: Manifest = simulate(
        tmp_path, programme="cord", gadolinium="Gadovist", indication="relapse",
        optional=("cord-stir",), small=True, study_date=DAY,
    )  # fmt: skip
    said = json.loads(manifest_path(tmp_path).read_text(encoding="utf-8"))
    assert said["indication"] == "relapse"
    assert [i["agent"] for i in said["injections"]] == ["Gadovist"]
    assert said["expected"] == {}
    by_key = {s["key"]: s for s in said["series"]}
    assert by_key["cord-t2-1"]["identity"]["organ"] == "cord"
    assert [by_key[f"cord-t2-{n}"]["station"] for n in (1, 2)] == [1, 2]
    assert by_key["cord-t1-gd"]["identity"]["gadolinium"] == "yes"
    assert manifest.expected == {}


def test_pixels_show_a_spine_and_a_knee() -> None:
    noise = np.random.default_rng(0)
    cord = slice_pixels(CORD_UPPER, 7, "t2", noise)
    middle = cord[300]  # below the head
    assert middle.max() > 2000  # the fluid around the cord
    assert middle[:30].mean() < 100
    knee = slice_pixels(KNEE, 12, "pd", noise)
    assert knee[160, 160] > 500


def test_a_lesion_enhances() -> None:
    slab = planned(Request(study_date=DAY)).examination.sequence("t1").slab  # type: ignore[union-attr]
    noise = np.random.default_rng(0)
    before = slice_pixels(slab, 115, "t1", noise).astype(int)
    after = slice_pixels(slab, 115, "t1-gd", noise).astype(int)
    assert (after - before).max() > 1200
