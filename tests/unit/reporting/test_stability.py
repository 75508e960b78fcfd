"""The same report is the same object, and another report is another object."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest

from ofsep_node.domain.verdict import Message
from ofsep_node.reporting import DocumentReference, Kind, Report
from ofsep_node.reporting.making import report
from ofsep_node.reporting.naming import series_uid
from tests.unit.reporting.made import (
    DICOM_KINDS,
    FLAIR,
    JUDGED_AT,
    KINDS,
    SHOWN,
    TOO_THICK,
    context,
    header,
    verdict,
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_version_is_the_same_byte_for_byte(kind: Kind) -> None:
    first, second = (report(kind, verdict(), context()) for _ in range(2))
    assert first == second
    assert first.content


@pytest.mark.parametrize("kind", DICOM_KINDS)
def test_no_other_report_has_its_uid(kind: Kind) -> None:
    base = verdict()
    others: list[Report] = [
        report(kind, base, context()),
        report(kind, replace(base, version=3), context()),
        report(kind, replace(base, state="reported"), context()),
        # The open version is written again under the same number.
        report(kind, replace(base, findings=base.findings[1:]), context()),
        report(kind, base, context("en")),
        report(kind, base, context(software="0.2.0")),
        report(kind, base, context(judged_at=JUDGED_AT + timedelta(seconds=61))),
        report(kind, base, context(header=header(AccessionNumber="A-8"))),
        report(
            kind, replace(base, study=replace(base.study, study_instance_uid="1.2.4")), context()
        ),
    ]
    for one, another in combinations(others, 2):
        assert one.sop_instance_uid != another.sop_instance_uid
        assert one.content != another.content


@pytest.mark.parametrize("kind", DICOM_KINDS)
def test_uids_are_those_of_the_standard(kind: Kind) -> None:
    made = report(kind, verdict(), context())
    for uid in (made.sop_instance_uid, made.series_instance_uid):
        assert uid
        assert re.fullmatch(r"2\.25\.[1-9][0-9]*", uid)
        assert len(uid) <= 64
    assert made.series_instance_uid == series_uid("1.2.3", kind)


def test_kinds_are_in_series_of_their_own_and_versions_are_not() -> None:
    assert len({series_uid("1.2.3", kind) for kind in DICOM_KINDS}) == len(DICOM_KINDS)
    first, second = (report("sr", verdict(version=v), context()) for v in (1, 2))
    assert first.series_instance_uid == second.series_instance_uid


def test_only_a_structured_report_is_another_object_after_another_one() -> None:
    before = DocumentReference("1.2.840.10008.5.1.4.1.1.88.33", "2.25.1", "2.25.2")
    for kind in DICOM_KINDS:
        first = report(kind, verdict(), context())
        later = report(kind, verdict(), replace(context(), predecessor=before))
        assert (first == later) is (kind != "sr")
        assert (first.sop_instance_uid == later.sop_instance_uid) is (kind != "sr")


def test_a_rendering_with_other_pictures_is_another_object() -> None:
    with_picture, without = context(), context()
    one = without.series[FLAIR]
    without = replace(without, series={**without.series, FLAIR: replace(one, picture=None)})
    for kind in ("pdf", "sc"):
        made: list[Report] = [report(kind, verdict(), c) for c in (with_picture, without)]
        assert made[0].sop_instance_uid != made[1].sop_instance_uid


@pytest.mark.parametrize("kind", SHOWN)
def test_controls_from_the_network_reach_no_reader(kind: Kind) -> None:
    """Nothing moves a cursor, turns text around, or ends a line."""
    hostile = "\x1b[31mFLAIR\u202e"
    series = replace(verdict().series[1], description=hostile)
    message = Message(hostile, hostile)
    told = replace(TOO_THICK, message=message, quote=hostile)
    content = report(kind, verdict(series=(series,), findings=(told,)), context()).content
    assert b"\x1b[31m" not in content
    assert "\u202e".encode() not in content
