"""Never a wrong pass: simulated objects, read, and attributes deleted of one, some or all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.instance import Acquisition, Contrast, InstanceFacts, Stack, Volume
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol import judge
from ofsep_node.recognition import study_fold
from ofsep_node.simulate import simulate
from tests.unit.protocol.deletions import GOOD, absent, deletable, gained
from tests.unit.protocol.made import EDITION

Change = Callable[[InstanceFacts], InstanceFacts]
Objects = Sequence[InstanceFacts]

SIMULATED: dict[str, tuple[str, ...]] = {
    "compliant": (),
    "spoilt": ("flair-2d", "t1-thick", "dwi-coarse"),
}


def _of_acquisition(name: str) -> Change:
    return lambda i: replace(i, acquisition=absent(i.acquisition, name))


def _of_contrast(name: str) -> Change:
    return lambda i: replace(i, contrast=absent(i.contrast, name))


def _of_stacks(name: str) -> Change:
    return lambda i: replace(i, stacks=tuple(absent(s, name) for s in i.stacks))


def _of_volumes(name: str) -> Change:
    return lambda i: replace(i, volumes=tuple(absent(v, name) for v in i.volumes))


def _of_instance(name: str) -> Change:
    return lambda i: absent(i, name)


DELETIONS: dict[str, Change] = {
    **{f"acquisition.{n}": _of_acquisition(n) for n in deletable(Acquisition)},
    **{f"contrast.{n}": _of_contrast(n) for n in deletable(Contrast)},
    **{f"stack.{n}": _of_stacks(n) for n in deletable(Stack)},
    **{f"volume.{n}": _of_volumes(n) for n in deletable(Volume, "stack", "frames", "image_type")},
    "image_type": lambda i: absent(_of_volumes("image_type")(i), "image_type"),
    **{
        n: _of_instance(n)
        for n in ("patient_id", "study_date", "instance_number", "number_of_frames",
                  "acquired_at", "acquisition_number", "dimension_indices")
    },
}  # fmt: skip


def _of(words: str, objects: Objects, change: Callable[[InstanceFacts], InstanceFacts]) -> Objects:
    return [change(i) if words in (i.acquisition.series_description or "") else i for i in objects]


def _one_tesla(instance: InstanceFacts) -> InstanceFacts:
    weak = replace(instance.acquisition, magnetic_field_strength_t=1.0)
    return replace(instance, acquisition=weak)


def _thick(instance: InstanceFacts) -> InstanceFacts:
    thick = (replace(s, slice_thickness_mm=5.0) for s in instance.stacks)
    return replace(instance, stacks=tuple(thick))


def _derived(instance: InstanceFacts) -> InstanceFacts:
    kind = ("DERIVED", "SECONDARY", "MPR")
    volumes = (replace(v, image_type=kind) for v in instance.volumes)
    return replace(instance, image_type=kind, volumes=tuple(volumes))


def examinations(compliant: Objects, spoilt: Objects) -> dict[str, Objects]:
    """The two that were written, and others made from the first."""
    series = sorted({i.series_instance_uid for i in compliant})
    return {
        "compliant": compliant,
        "spoilt": spoilt,
        "incomplete": [i for n, i in enumerate(compliant) if n % 17],
        "1 T": _of("", compliant, _one_tesla),
        "thick": _of("DIFFUSION", compliant, _thick),
        "reformat": _of("FLAIR", compliant, _derived),
        **{
            f"without series {n}": [i for i in compliant if i.series_instance_uid != uid]
            for n, uid in enumerate(series)
        },
    }


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Objects]:
    """The facts of small examinations."""
    read: dict[str, Objects] = {}
    for name, faults in SIMULATED.items():
        folder = tmp_path_factory.mktemp("examination")
        simulate(folder, faults=faults, study_date=date(2025, 3, 14), small=True)
        read[name] = [read_facts(path) for path in sorted(folder.glob("*/*.dcm"))]
    return examinations(**read)


def verdict_on(objects: Objects) -> Verdict:
    fold = study_fold("1.2.3")
    for facts in objects:
        fold.add(facts)
    return judge(fold.study(), EDITION, state="settled")


def test_the_pool_holds_good_and_bad_examinations(pool: dict[str, Objects]) -> None:
    good = {name for name, objects in pool.items() if verdict_on(objects).verdict in GOOD}
    localizer = next(n for n in sorted(pool) if n in good and n != "compliant")
    assert good == {"compliant", localizer}


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_nothing_is_gained(pool: dict[str, Objects], data: st.DataObject) -> None:
    """Of all objects, of those of one series, or of every so-manieth of it."""
    before = pool[data.draw(st.sampled_from(sorted(pool)))]
    series = sorted({i.series_instance_uid for i in before})
    deleted = data.draw(st.lists(st.sampled_from(sorted(DELETIONS)), min_size=1, max_size=5))
    chosen = data.draw(st.sets(st.sampled_from(series), min_size=1))
    step, first = data.draw(st.sampled_from([(1, 0), (1, 0), (2, 0), (3, 1), (40, 7)]))
    after = list(before)
    for n, instance in enumerate(before):
        if instance.series_instance_uid in chosen and n % step == first:
            for name in deleted:
                after[n] = DELETIONS[name](after[n])
    assert gained(verdict_on(before), verdict_on(after)) == []


def test_two_patients_stay_two_when_one_is_no_longer_named(
    pool: dict[str, Objects],
) -> None:
    mixed = [replace(i, patient_id="B") if n % 2 else i for n, i in enumerate(pool["compliant"])]
    before = verdict_on(mixed)
    assert before.verdict == "non_compliant"
    one = verdict_on([absent(i, "patient_id") if i.patient_id == "B" else i for i in mixed])
    assert (one.verdict, gained(before, one)) == ("undetermined", [])
