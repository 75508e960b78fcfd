"""The structured report tells the verdict, all of it, and refers to what it says it does."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import FileDataset

from ofsep_node.domain.geometry import Plane
from ofsep_node.domain.series import Dimension, Gadolinium, Organ, Role, Weighting
from ofsep_node.domain.verdict import (
    Cause,
    Conclusion,
    Finding,
    IndicationSource,
    Level,
    Measured,
    Message,
    Outcome,
    Part,
    Severity,
    State,
    Status,
    Verdict,
)
from ofsep_node.reporting import (
    DocumentReference,
    ImageReference,
    ReportContext,
    ReportedSeries,
)
from ofsep_node.reporting.coding import QUANTITIES, SCHEME, VALUES, own_codes
from ofsep_node.reporting.making import report
from tests.structured_report import as_told, read_back
from tests.unit.reporting.made import (
    FLAIR,
    MR,
    RAW,
    T1,
    TOO_THICK,
    context,
    header,
    verdict,
)


def structured(judged: Verdict, made_of: ReportContext) -> FileDataset:
    return dcmread(io.BytesIO(report("sr", judged, made_of).content))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_verdict_is_read_back(language: str) -> None:
    judged = verdict()
    assert read_back(structured(judged, context(language))) == as_told(judged, language)


SENTENCES = st.text(
    st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20
).map(str.strip).filter(bool)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(SENTENCES, SENTENCES, st.floats(-1e6, 1e6), st.sampled_from(["mm", "slices", "deg", None]))
def test_every_text_and_number_is_read_back(
    said: str, described: str, value: float, unit: str | None
) -> None:
    finding = replace(TOO_THICK, message=Message(said, said), measured=value, unit=unit)
    judged = verdict(
        findings=(finding,), series=(replace(verdict().series[1], description=described),)
    )
    assert read_back(structured(judged, context("fr"))) == as_told(judged, "fr")


def test_numbers_have_units_and_names_of_the_standard() -> None:
    dataset = structured(verdict(), context("en"))
    found = {
        (item.ConceptNameCodeSequence[0].CodeMeaning, _unit(item))
        for item in _items(dataset)
        if item.ValueType == "NUM"
    }
    assert {
        ("Magnetic field strength", "T"),
        ("Slice Thickness", "mm"),
        ("Vertical Pixel Spacing", "mm"),
        ("Source image diffusion b-value", "s/mm2"),
        ("Diffusion directions", "{directions}"),
        ("Measured value", "{slices}"),
    } <= found


def _unit(item: FileDataset) -> str:
    return str(item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue)


def _items(dataset: FileDataset) -> list[FileDataset]:
    found = []
    for item in dataset.get("ContentSequence", ()):
        found += [item, *_items(item)]
    return found


def test_the_evidence_is_what_is_referenced_and_nothing_else() -> None:
    dataset = structured(verdict(), context())
    referenced = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID: item.ValueType
        for item in _items(dataset)
        if item.ValueType in ("IMAGE", "COMPOSITE")
    }
    (study,) = dataset.CurrentRequestedProcedureEvidenceSequence
    evidence = {
        (series.SeriesInstanceUID, sop.ReferencedSOPInstanceUID, sop.ReferencedSOPClassUID)
        for series in study.ReferencedSeriesSequence
        for sop in series.ReferencedSOPSequence
    }
    assert study.StudyInstanceUID == "1.2.3"
    assert evidence == {
        (T1, f"{T1}.2", MR),
        *((FLAIR, f"{FLAIR}.{n}", MR) for n in (1, 2, 3)),
        (FLAIR, f"{FLAIR}.4", RAW),
    }
    assert {uid for _, uid, _ in evidence} == set(referenced)
    assert referenced[f"{FLAIR}.4"] == "COMPOSITE"
    assert "PertinentOtherEvidenceSequence" not in dataset


def test_without_images_there_is_no_evidence() -> None:
    dataset = structured(verdict(), context(series={}))
    assert "CurrentRequestedProcedureEvidenceSequence" not in dataset
    assert not [i for i in _items(dataset) if i.ValueType in ("IMAGE", "COMPOSITE")]


def test_it_is_partial_while_images_may_come() -> None:
    receiving = structured(verdict(state="receiving"), context())
    settled = structured(verdict(), context())
    assert (receiving.CompletionFlag, receiving.PreliminaryFlag) == ("PARTIAL", "PRELIMINARY")
    assert (settled.CompletionFlag, settled.PreliminaryFlag) == ("COMPLETE", "FINAL")
    assert settled.VerificationFlag == "UNVERIFIED"


def test_it_names_its_predecessor() -> None:
    first = report("sr", verdict(version=1), context())
    assert first.sop_class_uid
    assert first.sop_instance_uid
    assert first.series_instance_uid
    before = DocumentReference(
        first.sop_class_uid, first.sop_instance_uid, first.series_instance_uid
    )
    second = structured(verdict(), context(predecessor=before))
    (study,) = second.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    (document,) = series.ReferencedSOPSequence
    assert study.StudyInstanceUID == "1.2.3"
    assert series.SeriesInstanceUID == second.SeriesInstanceUID
    assert document.ReferencedSOPInstanceUID == first.sop_instance_uid != second.SOPInstanceUID
    assert "PredecessorDocumentsSequence" not in structured(verdict(), context())


def test_codes_of_our_own_are_in_the_declared_scheme() -> None:
    dataset = structured(verdict(), context())
    (scheme,) = dataset.CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == SCHEME
    used = {(code.CodingSchemeDesignator, code.CodeValue) for code in _codes(dataset)}
    own = {c.value for c in own_codes()}
    assert {value for designator, value in used if designator == SCHEME} <= own
    assert {d for d, _ in used} == {SCHEME, "DCM", "SCT", "UCUM", "RFC5646"}


def _codes(dataset: FileDataset) -> list[FileDataset]:
    found = []
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                found += [item] if "CodeValue" in item else []
                found += _codes(item)
    return found


def test_codes_are_short_and_mean_one_thing() -> None:
    codes = own_codes()
    assert max(Counter(c.value for c in set(codes)).values()) == 1
    for concept in codes:
        assert len(concept.value) <= 16, "CodeValue is an SH"
        for meaning in (concept.en, concept.fr):
            assert 0 < len(meaning) <= 64, "CodeMeaning is an LO"


def test_the_patient_may_have_no_attributes_at_all() -> None:
    bare = header()
    for keyword in [e.keyword for e in bare if e.keyword != "StudyInstanceUID"]:
        delattr(bare, keyword)
    dataset = structured(verdict(), context(header=bare))
    assert dataset.PatientName == ""
    assert dataset.PatientID == ""
    assert dataset.StudyInstanceUID == "1.2.3"


@pytest.mark.parametrize("uid", ["not a UID", "1." * 50 + "1", "01.02", ""])
def test_a_series_may_have_a_uid_that_is_none(uid: str) -> None:
    """Scanners write such; the object was taken, and its series is reported."""
    odd = ImageReference("1.2.840.113619.4.30", f"{uid}.1")
    judged = verdict(
        series=(replace(verdict().series[1], series_instance_uid=uid),),
        findings=(replace(TOO_THICK, series=uid),),
        requirements=(),
    )
    made_of = context("en", series={uid: ReportedSeries((odd,), odd)})
    dataset = structured(judged, made_of)
    (series,) = dataset.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert series.SeriesInstanceUID == uid
    assert report("ko", judged, made_of).content


def test_every_word_of_a_verdict_has_a_code() -> None:
    words = {
        word
        for words in (
            *(Conclusion, State, Status, Level, Outcome, Severity, Part, IndicationSource),
            *(Organ, Weighting, Dimension, Plane, Gadolinium, Role),
        )
        for word in get_args(words)
    }
    assert words <= set(VALUES)
    assert set(get_args(get_type_hints(Cause)["kind"])) <= set(VALUES)
    assert set(get_args(get_type_hints(Finding)["scope"])) <= set(VALUES)


def test_every_quantity_of_a_verdict_has_a_name() -> None:
    fields = {field.name for field in fields_of(Measured)}
    pairs = {"pixel_mm", "acquired_pixel_mm"}
    assert fields - pairs == {f for f in QUANTITIES if not f.endswith(("rows_mm", "columns_mm"))}
