"""How a benchmark says what it measured."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print past pytest's capture: a benchmark is run for what it says."""

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
