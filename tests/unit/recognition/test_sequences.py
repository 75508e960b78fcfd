"""Series as each vendor writes them are recognised for what they are."""

from __future__ import annotations

from typing import Any

import pytest

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.recognition import recognise
from tests.unit.recognition.headers import build
from tests.unit.recognition.sequences import PROTOCOL, SURROUNDING, Example


def is_required(identity: SeriesIdentity) -> bool:
    """The identity is one that the protocol asks for: a wrong one would be a wrong pass."""
    i = identity
    return (
        (i.organ, i.weighting, i.dimension) in {("brain", "t1", "3D"), ("brain", "flair", "3D")}
        or (i.organ, i.weighting) in {("brain", "dwi"), ("brain", "adc")}
        or (i.organ, i.weighting, i.plane) == ("cord", "t2", "sagittal")
    )


@pytest.mark.parametrize("name", PROTOCOL)
def test_protocol_sequences_are_recognised(name: str) -> None:
    example: Example = PROTOCOL[name]
    header, expected = example
    identity = recognise(build(**header))
    found = (
        identity.organ,
        identity.weighting,
        identity.dimension,
        identity.plane,
        identity.role,
    )
    assert found == expected, identity.evidence
    assert identity.confidence >= 0.4
    assert identity.evidence


@pytest.mark.parametrize("name", SURROUNDING)
def test_no_other_series_is_taken_for_a_required_sequence(name: str) -> None:
    header: dict[str, Any] = SURROUNDING[name]
    identity = recognise(build(**header))
    assert not is_required(identity), identity
    assert identity.evidence


@pytest.mark.parametrize(
    ("name", "weighting", "role"),
    [
        ("siemens localizer", "localizer", "localizer"),
        ("siemens 3d scout", "localizer", "localizer"),
        ("ge repérage", "localizer", "localizer"),
        ("siemens bold", "other", "original"),
        ("siemens field map", "other", "original"),
        ("siemens tof", "other", "original"),
        ("siemens mip of t1", "other", "derived"),
        ("siemens mpr of flair", "other", "derived"),
        ("fa map", "fa", "derived"),
        ("swi phase", "other", "original"),
        ("screen shot", "other", "derived"),
        ("report", "other", "derived"),
        ("raw data", "other", "derived"),
        ("ge duplicate from before filtering", "other", "derived"),
        ("computed b-value", "other", "derived"),
        ("diffusion map of unknown kind", "unknown", "derived"),
    ],
)
def test_other_series_are_called_what_they_are(name: str, weighting: str, role: str) -> None:
    identity = recognise(build(**SURROUNDING[name]))
    assert (identity.weighting, identity.role) == (weighting, role), identity.evidence


@pytest.mark.parametrize("name", ["report", "raw data", "screen shot"])
def test_objects_that_are_no_mr_images_have_neither_dimension_nor_plane(name: str) -> None:
    identity = recognise(build(**SURROUNDING[name]))
    assert (identity.dimension, identity.organ) == ("unknown", "unknown")


def test_an_empty_header_is_unknown() -> None:
    identity = recognise(build(planes=1, image_type=()))
    assert identity.weighting == "unknown"
    assert identity.organ == "unknown"
    assert identity.dimension == "unknown"
    assert identity.confidence == 0.0


def test_a_knee_is_another_organ() -> None:
    identity = recognise(build(**SURROUNDING["knee t2"]))
    assert (identity.organ, identity.weighting) == ("other", "t2")
