"""FrameOfReferenceUID (0020,0052): read, kept, and absent from what earlier versions kept."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ofsep_node.dicom.reading import facts_of
from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.records.documents import facts_from_json, facts_to_json
from tests.unit.dicom.made import classic

FACTS = facts_of(classic(FrameOfReferenceUID="1.2.3.0"))


def folded(*frames: str | None) -> SeriesFacts:
    fold = SeriesFold("1.2.3", "1.2.3.4")
    for frame in frames:
        fold.add(replace(FACTS, frame_of_reference_uid=frame))
    return fold.facts()


def test_it_is_read() -> None:
    assert FACTS.frame_of_reference_uid == "1.2.3.0"
    assert facts_of(classic(FrameOfReferenceUID="")).frame_of_reference_uid is None


@pytest.mark.parametrize(
    ("frames", "one"),
    [(("1", "1"), "1"), (("1", "2"), None), (("1", None), None), ((None,), None), ((), None)],
)
def test_a_series_has_the_one_that_all_its_images_name(
    frames: tuple[str | None, ...], one: str | None
) -> None:
    assert folded(*frames).frame_of_reference_uid == one


def test_two_series_share_one_that_both_name() -> None:
    assert folded("1").shares_frame_with(folded("1"))
    assert not folded("1").shares_frame_with(folded("2"))
    assert not folded(None).shares_frame_with(folded(None))


def test_facts_kept_by_an_earlier_version_load_without_it() -> None:
    document = json.loads(facts_to_json(FACTS))
    del document["frame_of_reference_uid"]
    earlier = facts_from_json(json.dumps(document))
    assert earlier == replace(FACTS, frame_of_reference_uid=None)


def test_the_same_object_in_another_syntax_is_no_conflict_with_what_was_kept_without_it() -> None:
    earlier = replace(FACTS, frame_of_reference_uid=None, transfer_syntax_uid="1.2.840.10008.1.2")
    again = replace(FACTS, transfer_syntax_uid="1.2.840.10008.1.2.1")
    assert earlier.is_re_encoded_as(again)
    assert not replace(earlier, frame_of_reference_uid="9").is_re_encoded_as(again)
