"""The ADC map sent inside the series of the DWI, by each vendor's headers."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache

import pytest
from pydicom.dataset import Dataset

from ofsep_node.dicom.reading import facts_of
from ofsep_node.domain.correction import Corrections, Pin
from ofsep_node.domain.study import Study
from ofsep_node.domain.verdict import RequirementStatus, Verdict
from ofsep_node.protocol.judge import judge
from ofsep_node.recognition import study_fold
from ofsep_node.simulate import Request, headers, planned
from tests.unit.protocol.made import EDITION

from .conftest import DAY

VENDORS = ("siemens", "philips")
Alter = Callable[[int, Dataset], bool]
"""Changes the n-th image of the map; whether it is sent."""


@cache
def _images(vendor: str) -> tuple[tuple[str, Dataset], ...]:
    ready = planned(Request(vendor=vendor, small=True, study_date=DAY), ())
    return tuple((sequence.key, deepcopy(header)) for sequence, header in headers(ready))


def _as_it_is(_: int, __: Dataset) -> bool:
    return True


def _study(vendor: str, alter: Alter = _as_it_is) -> Study:
    """The examination with its ADC map in the series of its DWI."""
    images = _images(vendor)
    dwi = next(header for key, header in images if key == "dwi")
    fold = study_fold(str(dwi.StudyInstanceUID))
    maps = 0
    for key, header in images:
        copy = deepcopy(header)
        if key == "adc":
            copy.SeriesInstanceUID = dwi.SeriesInstanceUID
            copy.SeriesDescription, copy.SeriesNumber = dwi.SeriesDescription, dwi.SeriesNumber
            maps += 1
            if not alter(maps, copy):
                continue
        fold.add(facts_of(copy))
    return fold.study()


def _verdict(study: Study) -> Verdict:
    return judge(study, EDITION, state="settled")


def _requirement(verdict: Verdict, name: str) -> RequirementStatus:
    return next(r for r in verdict.requirements if r.id == name)


def _uid(vendor: str) -> str:
    return next(str(h.SeriesInstanceUID) for key, h in _images(vendor) if key == "dwi")


@pytest.mark.parametrize("vendor", VENDORS)
def test_it_meets_the_requirement_as_a_series_of_its_own_does(vendor: str) -> None:
    verdict = _verdict(_study(vendor))
    for name in ("brain.dwi", "brain.adc"):
        found = _requirement(verdict, name)
        assert (found.status, found.series) == ("met", (_uid(vendor),))
    (pair,) = (f for f in verdict.findings if f.rule == "adc-pairs-with-dwi")
    assert (pair.outcome, pair.series) == ("pass", _uid(vendor))
    assert verdict.verdict in ("compliant", "compliant_with_remarks")


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_evidence_says_that_the_series_holds_both(vendor: str) -> None:
    verdict = _verdict(_study(vendor))
    (series,) = (s for s in verdict.series if s.series_instance_uid == _uid(vendor))
    assert series.identity.weighting == "dwi"
    assert any(e.startswith("also holds ") and "ADC images" in e for e in series.identity.evidence)
    rules = [f.rule for f in verdict.findings if f.series == _uid(vendor) and f.scope == "series"]
    assert len(rules) == len(set(rules))


def _half(number: int, _: Dataset) -> bool:
    return number % 2 == 0


def _thick(_: int, header: Dataset) -> bool:
    header.SliceThickness = 5
    return True


def _unsaid(_: int, header: Dataset) -> bool:
    del header.SliceThickness
    return True


def _nowhere(_: int, header: Dataset) -> bool:
    del header.ImagePositionPatient
    return True


def _none(_: int, __: Dataset) -> bool:
    return False


@pytest.mark.parametrize(
    ("alter", "status"),
    [(_half, "not_met"), (_thick, "not_met"), (_unsaid, "undetermined"), (_none, "missing")],
)
def test_it_must_be_complete_and_good(alter: Alter, status: str) -> None:
    verdict = _verdict(_study("siemens", alter))
    assert _requirement(verdict, "brain.adc").status == status
    assert verdict.verdict != "compliant"


def test_without_positions_it_is_no_pass() -> None:
    verdict = _verdict(_study("siemens", _nowhere))
    assert _requirement(verdict, "brain.adc").status != "met"
    pairs = [f.outcome for f in verdict.findings if f.rule == "adc-pairs-with-dwi"]
    assert "pass" not in pairs


@pytest.mark.parametrize(
    ("weighting", "adc"), [("dwi", "met"), ("other", "missing"), ("adc", "met")]
)
def test_what_a_person_says_of_the_series_is_said_of_all_its_images(
    weighting: str, adc: str
) -> None:
    study = _study("siemens")
    pin = Pin(_uid("siemens"), "weighting", weighting, "A. B.", "looked at", "2025-03-14T10:00:00Z")
    corrections = replace(Corrections(), pins=(pin,))
    verdict = judge(study, EDITION, corrections=corrections, state="settled")
    assert _requirement(verdict, "brain.adc").status == adc
