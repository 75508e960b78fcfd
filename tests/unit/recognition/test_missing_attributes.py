"""What a header does not say never raises, and never speaks for a sequence of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofsep_node.domain.instance import Acquisition, Contrast, Stack
from ofsep_node.domain.labels import describe
from ofsep_node.domain.series import SeriesFacts, SeriesVolume
from ofsep_node.recognition import recognise
from tests.unit.recognition.headers import build
from tests.unit.recognition.sequences import PROTOCOL, SURROUNDING
from tests.unit.recognition.test_sequences import is_required

HIGH = 0.6
OUTSIDE = {"unknown", "other", "localizer", "fa"}
ALIKE = {"dwi": {"dti"}, "dti": {"dwi"}, "pd_t2": {"pd", "t2"}}
"""A tensor without its directions is still diffusion; half a dual echo is one of its echoes."""

HEADERS = {name: header for name, (header, _) in PROTOCOL.items()} | SURROUNDING

SEVERAL = {
    *("image_type", "scanning_sequence", "sequence_variant", "scan_options"),
    *("inversion_times_ms", "positions_mm"),
}
"""Fields that are empty, not None, when their attribute is absent."""

Removal = Callable[[SeriesFacts], SeriesFacts]


def absent(record: Any, name: str) -> Any:
    """The record with one field as when its attribute is absent."""
    return replace(record, **{name: () if name in SEVERAL else None})


def without_acquisition(name: str) -> Removal:
    return lambda s: replace(s, acquisition=absent(s.acquisition, name))


def without_contrast(name: str) -> Removal:
    return lambda s: replace(s, contrast=absent(s.contrast, name))


def without_volume(name: str) -> Removal:
    return lambda s: replace(s, volumes=tuple(absent(v, name) for v in s.volumes))


def without_stack(name: str) -> Removal:
    def strip(volume: SeriesVolume) -> SeriesVolume:
        return replace(volume, stack=absent(volume.stack, name))

    return lambda s: replace(s, volumes=tuple(strip(v) for v in s.volumes))


def without_image_type(series: SeriesFacts) -> SeriesFacts:
    return replace(without_volume("image_type")(series), image_type=())


REMOVALS: dict[str, Removal] = {
    **{f"acquisition.{f.name}": without_acquisition(f.name) for f in fields(Acquisition)},
    **{f"contrast.{f.name}": without_contrast(f.name) for f in fields(Contrast)},
    **{f"stack.{f.name}": without_stack(f.name) for f in fields(Stack)},
    **{
        f"volume.{name}": without_volume(name)
        for name in ("echo_time_ms", "b_value", "direction", "directionality", "temporal_position")
    },
    "image_type": without_image_type,
    "volumes": lambda s: replace(s, volumes=()),
    "sop_class_uids": lambda s: replace(s, sop_class_uids=()),
}


def misled(name: str) -> Iterator[str]:
    """Single removals after which a series is another protocol weighting with confidence."""
    series = build(**HEADERS[name])
    before = recognise(series)
    for attribute, remove in REMOVALS.items():
        after = recognise(remove(series))
        same = {before.weighting, *ALIKE.get(before.weighting, ())}
        if after.weighting in same | OUTSIDE or after.confidence < HIGH:
            continue
        yield f"without {attribute}: {after}"


@pytest.mark.parametrize("name", HEADERS)
def test_a_missing_attribute_never_makes_another_weighting(name: str) -> None:
    assert list(misled(name)) == []


@pytest.mark.parametrize("name", SURROUNDING)
def test_a_missing_attribute_never_makes_a_required_sequence(name: str) -> None:
    series = build(**SURROUNDING[name])
    for attribute, remove in REMOVALS.items():
        after = recognise(remove(series))
        assert not (is_required(after) and after.confidence >= HIGH), (attribute, after)


@given(
    name=st.sampled_from(sorted(HEADERS)),
    removed=st.sets(st.sampled_from(sorted(REMOVALS)), max_size=len(REMOVALS)),
)
def test_any_set_of_missing_attributes_gives_an_identity(name: str, removed: set[str]) -> None:
    series = build(**HEADERS[name])
    for attribute in sorted(removed):
        series = REMOVALS[attribute](series)
    identity = recognise(series)
    assert 0.0 <= identity.confidence <= 1.0
    assert describe(identity)
    assert describe(identity, "fr")


@given(text=st.text(max_size=60), other=st.text(max_size=60))
def test_words_alone_never_reach_high_confidence(text: str, other: str) -> None:
    identity = recognise(build(series_description=text, protocol_name=other))
    assert identity.weighting in OUTSIDE or identity.confidence < 0.9
