"""Why an examination was asked for, in the request's own words."""

from __future__ import annotations

from ofsep_node.dicom.reading import facts_of
from tests.unit.dicom.made import classic, dataset


def test_the_request_is_read_from_the_object_and_from_its_request_attributes() -> None:
    asked = dataset(
        RequestedProcedureDescription="IRM cérébrale SEP",
        ReasonForTheRequestedProcedure="Suivi LEMP",
        ScheduledProcedureStepDescription="IRM SEP",
    )
    facts = facts_of(
        classic(
            SpecificCharacterSet="ISO_IR 192",
            StudyDescription="Cerebral",
            RequestedProcedureDescription="IRM cérébrale SEP",
            PerformedProcedureStepDescription="IRM 3T",
            RequestAttributesSequence=[asked],
        )
    )
    assert facts.study_description == "Cerebral"
    assert facts.request_descriptions == (
        "IRM cérébrale SEP",
        "IRM 3T",
        "Suivi LEMP",
        "IRM SEP",
    )


def test_no_request_is_no_text() -> None:
    assert facts_of(classic(StudyDescription="Cerebral")).request_descriptions == ()
    assert facts_of(classic(ReasonForTheRequestedProcedure=" ")).request_descriptions == ()
