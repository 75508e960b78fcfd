"""How a benchmark says what it measured."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.benchmarks.figures import Figures, Say

PAGES = {"speed.md": "test_reception_speed", "full-records.md": "test_full_records"}
"""The pages that show figures, and the modules that measure them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    known = " or ".join(PAGES)
    parser.addoption("--page", type=_page, help=f"write the figures to this page: {known}")
    parser.addoption("--instances", type=int, default=1_000_000, help="how many full records hold")


def _page(path: str) -> Path:
    if Path(path).name not in PAGES:
        raise argparse.ArgumentTypeError(
            f"{path}: no page of figures; known are {', '.join(PAGES)}"
        )
    return Path(path)


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
    """Takes the module's tables: printed at once, and written when `--page` names the module's page.

    What stands before them is in the file beside the module.
    """
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(text)  # noqa: T201

    kept = Figures(say)
    yield kept
    page = request.config.getoption("--page")
    if page and PAGES[page.name] == request.path.stem:
        introduction = request.path.with_name(f"{request.path.stem.removeprefix('test_')}.md")
        kept.write(page, introduction.read_text(encoding="utf-8"))
