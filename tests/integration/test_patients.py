"""What the records know of a patient's earlier examinations when one is judged."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from ofsep_node.domain.study import PreviousExamination, Study
from ofsep_node.records.patients import previous_examinations
from ofsep_node.records.schema import StudyRow
from ofsep_node.simulate.simulation import simulate
from tests.intake_node import IntakeNode, t1_slice, uid_of


def study_of(
    date: str | None = "20261123", patients: tuple[str, ...] = ("P",), unidentified: int = 0
) -> Study:
    uid = uid_of("study", 9)
    return Study(uid, patient_ids=patients, study_date=date, unidentified=unidentified)


def previous(node: IntakeNode, study: Study) -> tuple[PreviousExamination, ...]:
    with node.records.reading() as session:
        return previous_examinations(session, study)


def examined(node: IntakeNode, study: int, date: str, patient: str = "P") -> str:
    node.send(t1_slice(1, study=study, PatientID=patient, StudyDate=date))
    return uid_of("study", study)


def test_earlier_examinations_of_the_patient_come_newest_first(node: IntakeNode) -> None:
    oldest = examined(node, 1, "20240101")
    newest = examined(node, 2, "20251231")
    examined(node, 3, "20261123")  # the same day
    examined(node, 4, "20270101")
    examined(node, 5, "20250101", patient="Q")

    assert previous(node, study_of()) == (
        PreviousExamination(newest, "20251231", ("brain",)),
        PreviousExamination(oldest, "20240101", ("brain",)),
    )


def test_a_study_whose_patient_or_day_is_open_has_no_history(node: IntakeNode) -> None:
    examined(node, 1, "20240101")

    assert previous(node, study_of(patients=("P", "Q"))) == ()
    assert previous(node, study_of(patients=())) == ()
    assert previous(node, study_of(unidentified=1)) == ()
    assert previous(node, study_of(date=None)) == ()


def test_an_examination_of_something_else_is_no_history(node: IntakeNode) -> None:
    node.send(t1_slice(1, PatientID="P", StudyDate="20240101", BodyPartExamined="KNEE",
                       SeriesDescription="KNEE", StudyDescription="KNEE", Modality="CT",
                       ImageOrientationPatient=None))  # fmt: skip

    assert all(p.parts for p in previous(node, study_of()))


def test_a_whole_cord_is_remembered_and_half_a_cord_is_not(
    node: IntakeNode, tmp_path: Path
) -> None:
    simulate(tmp_path / "cord", programme="cord", small=True)
    by_series: dict[Path, list[bytes]] = {}
    for file in sorted((tmp_path / "cord").rglob("*.dcm")):
        by_series.setdefault(file.parent, []).append(file.read_bytes())
    seen = []
    for images in by_series.values():
        node.send(*images)
        with node.records.reading() as session:
            (row,) = session.scalars(select(StudyRow)).all()
            seen.append((row.parts or [], row.whole_cord))

    assert seen[-1] == (["cord"], True)
    assert (["cord"], False) in seen
