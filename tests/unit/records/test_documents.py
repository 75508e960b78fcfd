"""Facts and identities survive their JSON."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ofsep_node.domain.instance import Acquisition, Contrast, InstanceFacts, Stack, Volume
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.records.documents import (
    facts_from_json,
    facts_to_json,
    from_json,
    identity_to_json,
    to_json,
)
from tests.unit.protocol.made import T1, judged

numbers = st.floats(allow_nan=False, allow_infinity=False)
vectors = st.tuples(numbers, numbers, numbers)
texts = st.text(st.characters(exclude_categories=["Cs"]))
stacks = st.builds(
    Stack,
    orientation=st.none() | st.tuples(*[numbers] * 6),
    pixel_spacing_mm=st.none() | st.tuples(numbers, numbers),
    slice_thickness_mm=st.none() | numbers,
    positions_mm=st.lists(vectors).map(tuple),
)
volumes = st.builds(
    Volume, stack=st.just(0), frames=st.integers(1, 9), direction=st.none() | vectors
)
facts = st.builds(
    InstanceFacts,
    sop_class_uid=texts,
    sop_instance_uid=texts,
    study_instance_uid=texts,
    series_instance_uid=texts,
    image_type=st.lists(texts).map(tuple),
    acquisition=st.builds(
        Acquisition,
        repetition_time_ms=st.none() | numbers,
        inversion_times_ms=st.lists(numbers).map(tuple),
        acquisition_matrix=st.none() | st.tuples(st.integers(0, 999), st.integers(0, 999)),
        interpolated=st.none() | st.booleans(),
    ),
    contrast=st.builds(Contrast, volume_ml=st.none() | numbers),
    stacks=st.tuples(stacks),
    volumes=st.lists(volumes).map(tuple),
)


@given(facts)
def test_facts_come_back_to_the_last_digit(instance: InstanceFacts) -> None:
    assert facts_from_json(facts_to_json(instance)) == instance


def test_what_is_absent_takes_no_space() -> None:
    bare = InstanceFacts("1", "2", "3", "4")

    assert set(json.loads(facts_to_json(bare))) == {
        "sop_class_uid",
        "sop_instance_uid",
        "study_instance_uid",
        "series_instance_uid",
    }


def test_an_identity_is_plain_json() -> None:
    document = identity_to_json(SeriesIdentity(weighting="flair", evidence=("TI 1800 ms",)))

    assert json.loads(json.dumps(document)) == document
    assert document["evidence"] == ["TI 1800 ms"]
    assert document["evidence_fr"] == []


def test_a_verdict_from_before_there_was_french_evidence_is_read() -> None:
    document = to_json(judged(T1))
    identity = document["series"][0]["identity"]
    identity["evidence"] = ["TI 900 ms"]
    del identity["evidence_fr"]

    [series] = from_json(document).series
    assert series.identity.evidence_in("fr") == ("TI 900 ms",)
