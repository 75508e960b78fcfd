"""What the command line asks of the records."""

from __future__ import annotations

import pytest

from ofsep_node.errors import StudyNotFound
from ofsep_node.records import queries
from tests.intake_node import IntakeNode, t1_slice, uid_of


def test_studies_are_listed_with_what_is_known_of_them(node: IntakeNode) -> None:
    node.send(t1_slice(1), t1_slice(2, series=2), peer="SCANNER")
    first = node.now
    node.wait(5)
    node.send(t1_slice(3), peer="PACS")
    node.send(t1_slice(1, study=2))

    with node.records.reading() as session:
        listed = {s.study_instance_uid: s for s in queries.studies(session)}
        entry = listed[uid_of("study", 1)]
        assert queries.study(session, entry.study_instance_uid) == entry
    assert len(listed) == 2
    assert (entry.patient_id, entry.study_date, entry.study_description) == (
        "TEST-1",
        "20261123",
        "BRAIN",
    )
    assert (entry.images, entry.series, entry.state, entry.version) == (3, 2, "receiving", 1)
    assert (entry.first_received_at, entry.last_received_at) == (first, node.now)
    assert entry.peers == ("PACS", "SCANNER")
    assert entry.conclusion == "non_compliant"


def test_a_study_is_found_by_uid_start_end_and_patient(node: IntakeNode) -> None:
    node.send(t1_slice(1, StudyInstanceUID="1.2.3.100"), t1_slice(2, StudyInstanceUID="1.2.4.200"))
    node.send(t1_slice(3, StudyInstanceUID="1.2.4.200.9", PatientID="TEST-2"))

    with node.records.reading() as session:
        assert queries.find_study(session, "1.2.4.200") == "1.2.4.200"
        assert queries.find_study(session, "1.2.3") == "1.2.3.100"
        assert queries.find_study(session, "0.9") == "1.2.4.200.9"
        assert queries.find_study(session, "TEST-2") == "1.2.4.200.9"


@pytest.mark.parametrize("name", ["7.7", "", "%", "TEST", "1_2"])
def test_a_study_that_is_not_there_is_said_so(node: IntakeNode, name: str) -> None:
    node.send(t1_slice(1, StudyInstanceUID="1.2.3.100"))

    with node.records.reading() as session, pytest.raises(StudyNotFound, match="no study"):
        queries.find_study(session, name)


def test_an_ambiguous_name_lists_the_studies(node: IntakeNode) -> None:
    """Each with what tells them apart: when it was acquired, and its verdict."""
    node.send(
        t1_slice(1, StudyInstanceUID="1.2.3.100", StudyTime="100500"),
        t1_slice(2, StudyInstanceUID="1.2.3.200", StudyDate=""),
    )

    with node.records.reading() as session, pytest.raises(StudyNotFound) as caught:
        queries.find_study(session, "1.2")
    assert {*str(caught.value).splitlines()[1:]} == {
        "  1.2.3.100  2026-11-23 10:05  non compliant",
        "  1.2.3.200  -  non compliant",
    }


def test_associations_tell_who_sent_what_with_which_software(node: IntakeNode) -> None:
    association = node.send(t1_slice(1), t1_slice(1), peer="SCANNER")

    with node.records.reading() as session:
        entry = queries.associations(session, uid_of("study", 1))[0]
    assert entry.association_id == association
    assert (entry.calling_ae_title, entry.address) == ("SCANNER", "192.0.2.7")
    assert entry.implementation_class_uid == "1.3.12.2.1107.5.9"
    assert entry.implementation_version_name == "SIEMENS_SWFVB"
    assert (entry.outcome, entry.stored, entry.duplicates, entry.conflicts) == ("released", 1, 1, 0)


def test_no_verdict_for_a_study_nobody_sent(node: IntakeNode) -> None:
    with node.records.reading() as session:
        assert queries.newest_verdict(session, "1.2") is None
        assert queries.verdict_history(session, "1.2") == []
        with pytest.raises(StudyNotFound):
            queries.study(session, "1.2")
