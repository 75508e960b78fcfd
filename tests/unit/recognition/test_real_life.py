"""What surrounds the protocol is never taken for it, with its words or with none at all."""

from __future__ import annotations

from typing import Any

import pytest

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.recognition import recognise
from tests.unit.recognition.headers import build
from tests.unit.recognition.real_life import BESIDE, TRUE
from tests.unit.recognition.sequences import PROTOCOL, SURROUNDING
from tests.unit.recognition.test_missing_attributes import ALIKE
from tests.unit.recognition.test_sequences import is_required

WORDS = {"series_description": None, "protocol_name": None}
NAMES = {**WORDS, "sequence_name": None, "technique": None}
EVERYTHING_SAID = {
    **NAMES,
    "body_part_examined": None,
    "acquisition_contrast": None,
    "scan_options": (),
}
BLINDFOLDS: dict[str, dict[str, Any]] = {
    "words": WORDS,
    "and names of sequences": NAMES,
    "and body part, contrast and options": EVERYTHING_SAID,
}

TOLD_BY_WORDS_ALONE = {
    "ge duplicate from before filtering",  # the acquisition itself, but for its name
    "ge fat of ideal",  # OTHER in ImageType, as its water
}

every_blindfold = pytest.mark.parametrize("blindfold", BLINDFOLDS)


def identified(header: dict[str, Any]) -> SeriesIdentity:
    return recognise(build(**header))


def answers(identity: SeriesIdentity) -> tuple[str, ...]:
    i = identity
    return (i.organ, i.weighting, i.dimension, i.plane, i.role)


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_beside_the_protocol_is_not_taken_for_it(name: str) -> None:
    identity = identified(BESIDE[name])
    assert not is_required(identity), identity
    assert identity.evidence


@every_blindfold
@pytest.mark.parametrize("name", sorted({*SURROUNDING, *BESIDE} - TOLD_BY_WORDS_ALONE))
def test_nor_without_its_words(name: str, blindfold: str) -> None:
    header = {**(SURROUNDING | BESIDE)[name], **BLINDFOLDS[blindfold]}
    identity = identified(header)
    assert not is_required(identity), identity


@pytest.mark.parametrize("name", sorted(TOLD_BY_WORDS_ALONE))
def test_what_only_words_tell_is_unsure_without_them(name: str) -> None:
    header = {**(SURROUNDING | BESIDE)[name], **EVERYTHING_SAID}
    assert identified(header).confidence < 0.6


@pytest.mark.parametrize("name", TRUE)
def test_named_as_vendors_name_it_a_series_is_recognised(name: str) -> None:
    header, expected = TRUE[name]
    identity = identified(header)
    assert answers(identity) == expected, identity.evidence


@every_blindfold
@pytest.mark.parametrize("name", [*PROTOCOL, *TRUE])
def test_without_its_words_a_series_is_the_same_or_unknown(name: str, blindfold: str) -> None:
    header, expected = (PROTOCOL | TRUE)[name]
    identity = identified({**header, **BLINDFOLDS[blindfold]})
    for seen, true in zip(answers(identity), expected, strict=True):
        assert seen in {true, "unknown", *ALIKE.get(true, ())}, identity


@pytest.mark.parametrize("name", [*PROTOCOL, *TRUE])
def test_words_never_make_it_less_sure(name: str) -> None:
    header, _ = (PROTOCOL | TRUE)[name]
    assert identified({**header, **EVERYTHING_SAID}).confidence <= identified(header).confidence


@pytest.mark.parametrize(
    ("header", "weighting"),
    [
        ({"mr_acquisition_type": "3D", "te": [387.0], "repetition_time_ms": 5000.0}, "unknown"),
        ({"mr_acquisition_type": "2D", "te": [86.0], "repetition_time_ms": 9000.0}, "unknown"),
        ({"mr_acquisition_type": "2D", "te": [86.0], "repetition_time_ms": 5000.0}, "t2"),
        ({"mr_acquisition_type": "3D", "te": [280.0], "repetition_time_ms": 2500.0}, "t2"),
        (
            {
                "mr_acquisition_type": "2D",
                "te": [86.0],
                "repetition_time_ms": 9000.0,
                "inversion_time_ms": 0.0,
            },
            "t2",
        ),
    ],
)
def test_a_flair_that_lost_its_inversion_time_is_no_t2(
    header: dict[str, Any], weighting: str
) -> None:
    identity = identified({"scanning_sequence": ("SE",), **header})
    assert identity.weighting == weighting
    if weighting == "unknown":
        assert any("a FLAIR whose inversion time is not written" in e for e in identity.evidence)
