"""What a series is: physics first, words second, with the evidence kept. Pure functions."""

from ofsep_node.domain.study import StudyFold
from ofsep_node.recognition.labels import attribute_in_words, describe
from ofsep_node.recognition.recogniser import recognise
from ofsep_node.recognition.twins import compare_twins

__all__ = ["attribute_in_words", "compare_twins", "describe", "recognise", "study_fold"]


def study_fold(study_instance_uid: str) -> StudyFold:
    """An examination to fold instances into, recognised by this package."""
    return StudyFold(study_instance_uid, recognise, compare_twins)
