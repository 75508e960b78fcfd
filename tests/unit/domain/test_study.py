"""An examination as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity
from ofsep_node.domain.study import Conflict, RecognisedSeries, Study, StudyFold
from tests.unit.domain.made import image


def of(series: str, number: int | None, instance: int, **others: Any) -> InstanceFacts:
    return image(
        instance,
        (0.0, 0.0, 3.0 * instance),
        series_instance_uid=series,
        sop_instance_uid=f"{series}.{instance}",
        acquisition={"series_number": number},
        **others,
    )


ARRIVED = [
    of("1.7", 2, 1, patient_id="A", study_date="20250314", study_description="IRM"),
    of("1.8", 1, 1, patient_id="A", study_date="20250314"),
    of("1.8", 1, 2, patient_id="B", study_date="20250315"),
    of("1.9", None, 1),
    of("1.6", 2, 1, patient_id="A"),
]


class Recogniser:
    """Counts how often it is asked, series by series."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, series: SeriesFacts) -> RecognisedSeries:
        self.asked.append(series.series_instance_uid)
        return RecognisedSeries(series, SeriesIdentity(confidence=float(series.instances)))


def unchanged(series: Sequence[RecognisedSeries]) -> tuple[RecognisedSeries, ...]:
    return tuple(series)


def fold_of(*arrived: InstanceFacts) -> StudyFold:
    fold = StudyFold("1.2", Recogniser(), unchanged)
    for instance in arrived:
        fold.add(instance)
    return fold


def test_series_stand_in_the_order_of_their_numbers() -> None:
    study = fold_of(*ARRIVED).study()
    assert [s.facts.series_instance_uid for s in study.series] == ["1.8", "1.6", "1.7", "1.9"]


def test_the_study_says_whose_and_when_it_is() -> None:
    study = fold_of(*ARRIVED).study(unreadable=2)
    assert (study.patient_ids, study.unidentified) == (("A", "B"), 1)
    assert (study.study_date, study.study_description) == ("20250314", "IRM")
    assert study.unreadable == 2


def without_positions(fold: StudyFold) -> Study:
    """The study without its planes, which stand in the order in which they came."""
    study = fold.study()
    series = (replace(s, facts=replace(s.facts, volumes=())) for s in study.series)
    return replace(study, series=tuple(series))


@given(st.permutations(ARRIVED))
def test_the_order_of_arrival_does_not_matter(arrived: list[InstanceFacts]) -> None:
    assert without_positions(fold_of(*arrived)) == without_positions(fold_of(*ARRIVED))


def test_nothing_received_is_an_empty_study() -> None:
    assert fold_of().study() == Study("1.2")


def test_only_a_series_that_grew_is_recognised_again() -> None:
    recognise = Recogniser()
    fold = StudyFold("1.2", recognise, unchanged)
    for instance in ARRIVED:
        fold.add(instance)
    fold.study()
    fold.study()
    assert sorted(recognise.asked) == ["1.6", "1.7", "1.8", "1.9"]
    recognise.asked.clear()
    fold.add(of("1.9", None, 2))
    assert [s.identity.confidence for s in fold.study().series] == [2.0, 1.0, 1.0, 2.0]
    assert recognise.asked == ["1.9"]
    assert fold.images == 6


def test_a_conflict_is_noted_once() -> None:
    fold = fold_of(*ARRIVED)
    for _ in range(2):
        fold.add_conflict(Conflict("1.8.1", "1.8"))
    assert fold.study().conflicts == (Conflict("1.8.1", "1.8"),)
