"""Requests' data sets: what is too much or cut is said, and nothing of them is lost in silence."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from ofsep_node.dicom.attributes import MOST_ITEMS, NotUnderstood, items_of, read_attributes
from ofsep_node.dicom.performed_step import read_step_report
from tests.modality import as_unknown, encoded, end_of_step, new_step
from tests.upper_layer import IMPLICIT_VR_LITTLE_ENDIAN

SEQUENCE = "ScheduledStepAttributesSequence"


def test_millions_of_empty_items_are_not_looked_into() -> None:
    step = new_step("1.2.3")
    step.ScheduledStepAttributesSequence = [Dataset() for _ in range(MOST_ITEMS + 1)]
    header = read_attributes(encoded(step), IMPLICIT_VR_LITTLE_ENDIAN)
    with pytest.raises(NotUnderstood, match=f"{SEQUENCE} .* more than {MOST_ITEMS} items"):
        items_of(header, SEQUENCE)


def test_a_series_of_more_than_a_megabyte_is_announced_whole() -> None:
    objects = [("1.2.840.10008.5.1.4.1.1.4", f"1.2.826.0.1.{10**49 + n}") for n in range(12_000)]
    content = encoded(end_of_step({"1.3": objects}))
    (series,) = read_step_report(content, IMPLICIT_VR_LITTLE_ENDIAN).series
    assert len(series.instances) == len(objects)


def test_sequences_of_unknown_kind_are_written_implicitly_and_read() -> None:
    (known,) = end_of_step({"1.3": [("1.2.840.10008.5.1.4.1.1.4", "1.4")]}).PerformedSeriesSequence
    private = Dataset()
    private.add_new(0x00411010, "LO", "SOMEBODY")
    told = Dataset()
    told.PerformedProcedureStepStatus = "COMPLETED"
    status = encoded(told, ExplicitVRLittleEndian)
    content = status + as_unknown(0x00400340, known) + as_unknown(0x00431010, private)
    report = read_step_report(content, ExplicitVRLittleEndian)
    assert report.status == "COMPLETED"
    assert [(s.series_instance_uid, s.instances) for s in report.series] == [("1.3", ("1.4",))]
    for cut in (1, 9, 40):
        with pytest.raises(NotUnderstood, match="damaged or cut short"):
            read_step_report(content[:-cut], ExplicitVRLittleEndian)
