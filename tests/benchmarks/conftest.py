"""How a benchmark says what it measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.benchmarks.figures import Figures, Say

INTRODUCTION = Path(__file__).with_name("reception_speed.md")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--page", type=Path, help="write the figures of reception to this page")


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


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Takes the module's tables: printed at once, and written with `--page` at the end."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(text)  # noqa: T201

    kept = Figures(say)
    yield kept
    if page := request.config.getoption("--page"):
        kept.write(page, INTRODUCTION.read_text(encoding="utf-8"))
