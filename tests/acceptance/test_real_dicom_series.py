"""What vendors really write, held against what a careful reader of the header says.

`real_dicom_expectations.yaml` was written from the headers alone; each answer quotes its tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydicom.uid import UID

from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.measurement import measure
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol import judge, load_edition
from ofsep_node.recognition import recognise

TABLE: Mapping[str, Any] = yaml.safe_load(
    Path(__file__).with_name("real_dicom_expectations.yaml").read_text(encoding="utf-8")
)
SERIES: Mapping[str, Any] = TABLE["series"]
SHARED: Mapping[str, Any] = TABLE["shared"]

IDENTITY = ("organ", "weighting", "dimension", "plane", "role")
LENGTH_MM = 0.02
"""Vendors round positions and pixel sizes to some hundredths of a millimetre."""

RELATIVE = {
    "field_t": 0.05,  # nominal 3 T is 2.89 T on some scanners
    "b_values": 0.05,  # nominal b-values are reached within a few per cent
    "echo_times_ms": 0.01,
    "repetition_time_ms": 0.01,
    "inversion_time_ms": 0.01,
}

every_series = pytest.mark.parametrize("folder", SERIES)
every_shared_series = pytest.mark.parametrize("name", SHARED)


@cache
def folded(root: Path, folders: tuple[str, ...]) -> SeriesFacts:
    """The objects of these folders as one series, in the order of their file names."""
    instances = [read_facts(p) for f in folders for p in sorted((root / f).glob("*.dcm"))]
    fold = SeriesFold(instances[0].study_instance_uid, instances[0].series_instance_uid)
    for instance in instances:
        assert instance.series_instance_uid == fold.series_instance_uid
        fold.add(instance)
    return fold.facts()


@cache
def recognised(root: Path, folders: tuple[str, ...]) -> SeriesIdentity:
    return recognise(folded(root, folders))


def acceptable(expected: Any) -> Sequence[Any]:
    """The answers an entry of `identity` accepts."""
    return expected if isinstance(expected, list) else [expected]


def candidates(expected: Any) -> Sequence[Any]:
    """The values an entry of `measured` accepts."""
    return expected["any_of"] if isinstance(expected, dict) else [expected]


def numbers(value: Any) -> list[float]:
    return sorted(value) if isinstance(value, Iterable) else [value]


def agrees(name: str, expected: Any, seen: Any) -> bool:
    """Whether a measured value is the expected one; the order of a list says nothing."""
    if expected is None or seen is None:
        return expected is None and seen is None
    relative = RELATIVE.get(name, 0.0)
    absolute = 0.0 if name in RELATIVE else LENGTH_MM
    return numbers(seen) == pytest.approx(numbers(expected), rel=relative, abs=absolute)


def measurements(facts: SeriesFacts) -> dict[str, Any]:
    """What the program measured, by the names of the table."""
    measured = measure(facts)
    return {
        "field_t": measured.field_t,
        "slice_thickness_mm": measured.slice_thickness_mm,
        "spacing_mm": measured.spacing_mm,
        "gap_mm": measured.gap_mm,
        "pixel_mm": measured.pixel_mm,
        "acquired_pixel_mm": measured.acquired_pixel_mm,
        "echo_times_ms": facts.echo_times_ms,
        "repetition_time_ms": measured.repetition_time_ms,
        "inversion_time_ms": measured.inversion_time_ms,
        "b_values": measured.b_values,
        "directions": measured.directions or 0,
    }


def identity_differences(expected: Mapping[str, Any], seen: SeriesIdentity) -> list[str]:
    return [
        f"{name}: {getattr(seen, name)}, expected {expected[name]}"
        for name in IDENTITY
        if getattr(seen, name) not in acceptable(expected[name])
    ]


def measured_differences(expected: Mapping[str, Any], seen: Mapping[str, Any]) -> list[str]:
    assert expected.keys() == seen.keys()
    return [
        f"{name}: {value}, expected {expected[name]}"
        for name, value in seen.items()
        if not any(agrees(name, candidate, value) for candidate in candidates(expected[name]))
    ]


@every_series
def test_says_what_the_series_is(real_dicom: Path, folder: str) -> None:
    entry = SERIES[folder]
    identity = recognised(real_dicom, (folder,))
    differences = identity_differences(entry["identity"], identity)
    assert not differences, (differences, entry["because"], identity.evidence)


SILENCED: Mapping[str, Any] = {
    "series_description": None,
    "protocol_name": None,
    "sequence_name": None,
    "technique": None,
    "body_part_examined": None,
    "acquisition_contrast": None,
    "scan_options": (),
}
"""What a header without a word says: nothing but physics and geometry."""


@every_series
def test_without_its_words_a_series_is_the_same_or_unknown(real_dicom: Path, folder: str) -> None:
    facts = folded(real_dicom, (folder,))
    silent = replace(facts, acquisition=replace(facts.acquisition, **SILENCED))
    seen, expected = recognise(silent), SERIES[folder]["identity"]
    for name in IDENTITY:
        assert getattr(seen, name) in ("unknown", *acceptable(expected[name])), seen


@every_series
def test_measures_what_the_header_says(real_dicom: Path, folder: str) -> None:
    entry = SERIES[folder]
    seen = measurements(folded(real_dicom, (folder,)))
    differences = measured_differences(entry["measured"], seen)
    assert not differences, (differences, entry["because"])


@every_series
def test_counts_the_objects_and_names_their_class(real_dicom: Path, folder: str) -> None:
    entry = SERIES[folder]
    facts = folded(real_dicom, (folder,))
    assert facts.instances == entry["instances"]
    assert [UID(uid).keyword for uid in facts.sop_class_uids] == [entry["sop_class"]]


@every_shared_series
def test_objects_that_share_a_series_are_still_that_series(real_dicom: Path, name: str) -> None:
    shared = SHARED[name]
    entry, folders = SERIES[shared["like"]], tuple(shared["folders"])
    facts = folded(real_dicom, folders)
    differences = [
        *identity_differences(entry["identity"], recognised(real_dicom, folders)),
        *measured_differences(entry["measured"], measurements(facts)),
    ]
    assert not differences, (differences, shared["because"])
    assert facts.instances == sum(SERIES[f]["instances"] for f in folders)


def test_every_published_series_has_its_answer(real_dicom: Path) -> None:
    published = {str(p.relative_to(real_dicom)) for p in real_dicom.glob("*/series-*")}
    assert published == set(SERIES)


def test_an_answer_says_why() -> None:
    assert all(SERIES[f]["because"].get("weighting") for f in SERIES)


EDITION = load_edition("ofsep-2020")
GRADED = {("fail", "error"): "fail", ("fail", "warning"): "warn"}


@cache
def judged(root: Path, folders: tuple[str, ...]) -> Verdict:
    """One series judged as if it were the whole examination."""
    facts = folded(root, folders)
    study = Study(
        facts.study_instance_uid, series=(RecognisedSeries(facts, recognised(root, folders)),)
    )
    return judge(study, EDITION, state="settled")


@every_series
def test_each_rule_says_what_a_reader_of_the_header_says(folder: str, real_dicom: Path) -> None:
    verdict = judged(real_dicom, (folder,))
    said = {
        f.rule: GRADED.get((f.outcome, f.severity), f.outcome)
        for f in verdict.findings
        if f.scope == "series"
    }
    for rule, expected in SERIES[folder]["rules"].items():
        assert said.get(rule, "not_applicable") in acceptable(expected), rule


@every_series
def test_completeness_is_what_a_reader_of_the_header_says(folder: str, real_dicom: Path) -> None:
    (series,) = judged(real_dicom, (folder,)).series
    assert series.complete in acceptable(SERIES[folder]["complete"])
