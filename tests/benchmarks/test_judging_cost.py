"""What reading one header costs, and judging an examination that grows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread

from ofsep_node.dicom.reading import read_facts
from ofsep_node.protocol import judge, load_edition
from ofsep_node.recognition import study_fold
from tests.phantom import mr_object

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def out(text: str) -> None:
        with capsys.disabled():
            print(text)  # noqa: T201

    return out


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The fastest of several runs, which is the least disturbed one."""
    runs = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        runs.append(time.perf_counter() - started)
    return min(runs) * 1000


def test_header_to_facts(tmp_path: Path, say: Say) -> None:
    path = mr_object(tmp_path / "image.dcm", matrix=256)
    facts = milliseconds(lambda: read_facts(path), 200)
    full = milliseconds(lambda: list(dcmread(path).iterall()), 200)
    say(f"\nheader to facts {facts:.2f} ms; pydicom reading everything {full:.2f} ms")


@pytest.mark.parametrize("images", [10, 1_000, 20_000])
def test_one_more_image(images: int, tmp_path: Path, say: Say) -> None:
    first = read_facts(mr_object(tmp_path / "image.dcm"))
    edition, fold = load_edition("ofsep-2020"), study_fold(first.study_instance_uid)
    for number in range(images):
        fold.add(replace(first, sop_instance_uid=f"1.2.{number}", instance_number=number))
    adding = milliseconds(lambda: fold.add(first), 20)
    judging = milliseconds(lambda: judge(fold.study(), edition), 5)

    def one_more() -> None:
        fold.add(first)
        judge(fold.study(), edition)

    grown = milliseconds(one_more, 5)
    say(
        f"\n{images:6} images: one more is folded in {adding:.3f} ms, "
        f"judged in {judging:.1f} ms, both in {grown:.1f} ms"
    )
