"""What a series is: physics first, words second, with the evidence kept. Pure functions."""

from collections.abc import Sequence

from ofsep_node.domain.study import RecognisedSeries, StudyFold
from ofsep_node.recognition.parts import recognise_series
from ofsep_node.recognition.recogniser import recognise
from ofsep_node.recognition.stations import compare_stations
from ofsep_node.recognition.twins import compare_twins

__all__ = [
    "compare_series",
    "compare_twins",
    "recognise",
    "recognise_series",
    "study_fold",
]


def compare_series(series: Sequence[RecognisedSeries]) -> tuple[RecognisedSeries, ...]:
    """The series of one examination, with what only the others tell of each."""
    return compare_stations(compare_twins(series))


def study_fold(study_instance_uid: str) -> StudyFold:
    """An examination to fold instances into, recognised by this package."""
    return StudyFold(study_instance_uid, recognise_series, compare_series)
