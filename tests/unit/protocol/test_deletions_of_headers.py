"""Never a wrong pass: series as vendors write them, in examinations, with attributes deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofsep_node.domain.instance import Acquisition, Contrast, Stack
from ofsep_node.domain.series import SeriesFacts, SeriesVolume
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol import judge
from ofsep_node.recognition import compare_series, recognise
from tests.unit.protocol.deletions import GOOD, absent, deletable, gained
from tests.unit.protocol.made import EDITION
from tests.unit.recognition.headers import build
from tests.unit.recognition.sequences import PROTOCOL, SURROUNDING

Change = Callable[[SeriesFacts], SeriesFacts]

HEADERS = {name: header for name, (header, _) in PROTOCOL.items()} | SURROUNDING
STANDARD = ("siemens mprage", "siemens trace", "siemens adc", "siemens 3d flair")


@cache
def series(name: str) -> SeriesFacts:
    """A series of which everything is said that the protocol asks for."""
    said: dict[str, Any] = {"magnetic_field_strength_t": 3.0, "acquisition_matrix": (256, 256)}
    made = build(**said | HEADERS[name])
    volumes = (replace(v, announced_planes=v.frames) for v in made.volumes)
    return replace(made, volumes=tuple(volumes))


def thick(made: SeriesFacts) -> SeriesFacts:
    """Slices of 5 mm."""
    return _each(made, lambda v: replace(v, stack=replace(v.stack, slice_thickness_mm=5.0)))


def coarse(made: SeriesFacts) -> SeriesFacts:
    """Acquired with 64 x 64 points, whatever was reconstructed."""
    return replace(made, acquisition=replace(made.acquisition, acquisition_matrix=(64, 64)))


def cut_short(made: SeriesFacts) -> SeriesFacts:
    """Without its last planes."""

    def cut(volume: SeriesVolume) -> SeriesVolume:
        positions = volume.stack.positions_mm[:-5]
        stack = replace(volume.stack, positions_mm=positions)
        return replace(volume, stack=stack, frames=len(positions))

    short = _each(made, cut)
    return replace(short, frames=sum(v.frames for v in short.volumes))


def one_tesla(made: SeriesFacts) -> SeriesFacts:
    """From a scanner that the protocol does not provide for."""
    return replace(made, acquisition=replace(made.acquisition, magnetic_field_strength_t=1.0))


FAULTS: tuple[Change, ...] = (thick, coarse, cut_short, one_tesla)


def _each(made: SeriesFacts, change: Callable[[SeriesVolume], SeriesVolume]) -> SeriesFacts:
    return replace(made, volumes=tuple(change(v) for v in made.volumes))


def _of_acquisition(name: str) -> Change:
    return lambda s: replace(s, acquisition=absent(s.acquisition, name))


def _of_contrast(name: str) -> Change:
    return lambda s: replace(s, contrast=absent(s.contrast, name))


def _of_stack(name: str) -> Change:
    return lambda s: _each(s, lambda v: replace(v, stack=absent(v.stack, name)))


def _of_volume(name: str) -> Change:
    return lambda s: _each(s, lambda v: absent(v, name))


def _image_type(made: SeriesFacts) -> SeriesFacts:
    return replace(_of_volume("image_type")(made), image_type=())


DELETIONS: dict[str, Change] = {
    **{f"acquisition.{n}": _of_acquisition(n) for n in deletable(Acquisition)},
    **{f"contrast.{n}": _of_contrast(n) for n in deletable(Contrast)},
    **{f"stack.{n}": _of_stack(n) for n in deletable(Stack)},
    **{
        f"volume.{n}": _of_volume(n)
        for n in deletable(SeriesVolume, "stack", "frames", "image_type")
    },
    "image_type": _image_type,
    "volumes": lambda s: replace(s, volumes=(), frames=0),
    "instance_numbers": lambda s: replace(s, instance_numbers=()),
    "announced_frames": lambda s: replace(s, announced_frames=None),
    "acquired_at": lambda s: replace(s, acquired_at=None),
    "sop_class_uids": lambda s: replace(s, sop_class_uids=()),
}


def verdict_on(examination: Iterable[SeriesFacts]) -> Verdict:
    named = [replace(s, series_instance_uid=f"1.2.3.{n}") for n, s in enumerate(examination)]
    found = compare_series([RecognisedSeries(s, recognise(s)) for s in named])
    study = Study(study_instance_uid="1.2.3", patient_ids=("P",), series=tuple(found))
    return judge(study, EDITION, state="settled")


def without_each(made: SeriesFacts) -> Iterator[tuple[str, SeriesFacts]]:
    """The series without each attribute that it has."""
    for attribute, delete in DELETIONS.items():
        after = delete(made)
        if after != made:
            yield attribute, after


def test_the_standard_series_comply() -> None:
    assert verdict_on(map(series, STANDARD)).verdict in GOOD


@pytest.mark.parametrize("name", HEADERS)
def test_nothing_is_gained_by_one_deletion(name: str) -> None:
    """The series alone, as it is and spoilt, with every attribute deleted in turn."""
    faults = (lambda s: s, FAULTS[len(name) % len(FAULTS)])
    for spoilt in (fault(series(name)) for fault in faults):
        before = verdict_on([spoilt])
        for attribute, after in without_each(spoilt):
            assert gained(before, verdict_on([after])) == [], attribute


@pytest.mark.parametrize(("missing", "fault"), [*product(range(4), range(len(FAULTS)))])
def test_an_examination_never_complies_for_a_deletion(missing: int, fault: int) -> None:
    """One required sequence is spoilt; every attribute is deleted, there and everywhere."""
    examination = [series(name) for name in STANDARD]
    examination[missing] = FAULTS[fault](examination[missing])
    before = verdict_on(examination)
    for attribute, after in without_each(examination[missing]):
        one = [after if n == missing else s for n, s in enumerate(examination)]
        assert gained(before, verdict_on(one)) == [], attribute
        every = [DELETIONS[attribute](s) for s in examination]
        assert gained(before, verdict_on(every)) == [], attribute


GIVEN = Contrast(agent="Dotarem", volume_ml=14.0, start_time="101500")
AFTER: dict[str, dict[str, Any]] = {
    "words": {"series_description": "T1 3D SAG GADO", "contrast": Contrast(agent="Dotarem")},
    "time": {"contrast": GIVEN, "acquired_at": "20250314102000.000000"},
    "both": {
        "series_description": "T1 3D SAG GADO",
        "contrast": GIVEN,
        "acquired_at": "20250314102000.000000",
    },
}


def with_contrast(**said: Any) -> SeriesFacts:
    """The T1, with something said of the agent."""
    made = build(**{**HEADERS["siemens mprage"], "magnetic_field_strength_t": 3.0, **said})
    matrix = replace(made.acquisition, acquisition_matrix=(256, 256))
    volumes = (replace(v, announced_planes=v.frames) for v in made.volumes)
    return replace(made, acquisition=matrix, volumes=tuple(volumes))


def t1_status(t1: SeriesFacts) -> str:
    verdict = verdict_on([t1, *map(series, STANDARD[1:])])
    return next(r.status for r in verdict.requirements if r.id == "brain.t1-3d")


@pytest.mark.parametrize("said", AFTER)
def test_a_t1_after_gadolinium_never_complies_for_a_deletion(said: str) -> None:
    others = [series(name) for name in STANDARD[1:]]
    after_injection = with_contrast(**AFTER[said])
    before = verdict_on([after_injection, *others])
    assert before.verdict == "non_compliant"
    for attribute, after in without_each(after_injection):
        assert gained(before, verdict_on([after, *others])) == [], attribute


@pytest.mark.parametrize(
    ("contrast", "status"),
    [
        (Contrast(), "met"),  # the contrast module is written only when an agent was used
        (Contrast(agent="NONE"), "met"),
        (Contrast(agent="Dotarem"), "undetermined"),
    ],
)
def test_an_agent_without_its_time_leaves_the_t1_open(contrast: Contrast, status: str) -> None:
    assert t1_status(with_contrast(contrast=contrast)) == status


spoiling = st.sampled_from((lambda s: s, *FAULTS))
deleted = st.lists(st.sampled_from(sorted(DELETIONS)), min_size=1, max_size=6, unique=True)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), names=st.lists(st.sampled_from(sorted(HEADERS)), max_size=3))
def test_nothing_is_gained_by_any_deletions(data: st.DataObject, names: list[str]) -> None:
    """The required sequences (some spoilt, some absent), and others beside them."""
    kept = data.draw(st.lists(st.sampled_from(STANDARD), unique=True))
    examination = [data.draw(spoiling)(series(name)) for name in (*kept, *names)]
    after = list(examination)
    for n in data.draw(st.sets(st.integers(0, max(0, len(after) - 1)))) if after else ():
        for attribute in data.draw(deleted):
            after[n] = DELETIONS[attribute](after[n])
    assert gained(verdict_on(examination), verdict_on(after)) == []
