"""The pipe of nudges: whole lines, half lines, too many lines, no one left to write."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator

import pytest

from ofsep_node.intake.nudges import Nudges

STOP = threading.Event()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read_end, write_end = os.pipe()
    yield read_end, write_end
    os.close(read_end)
    os.close(write_end)


def test_lines_name_associations(pipe: tuple[int, int]) -> None:
    nudges = Nudges(pipe[0])
    os.write(pipe[1], b"a/000001.dcm\na/000002.dcm\nb\n\n")

    assert nudges.wait(1, STOP) == {"a", "b"}
    assert nudges.wait(0, STOP) == set()
    assert not nudges.overflowed


def test_a_line_in_two_pieces_is_one_line(pipe: tuple[int, int]) -> None:
    nudges = Nudges(pipe[0])
    os.write(pipe[1], b"abc")
    assert nudges.wait(1, STOP) == set()
    os.write(pipe[1], b"def/000001.dcm\n")

    assert nudges.wait(1, STOP) == {"abcdef"}


def test_a_full_pipe_is_noticed(pipe: tuple[int, int]) -> None:
    """Which holds fewer lines than bytes would fit: none is split between two pages."""
    nudges = Nudges(pipe[0])
    os.set_blocking(pipe[1], False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(pipe[1], b"a" * 1_400 + b"/000001.dcm\n")

    assert nudges.wait(1, STOP) == {"a" * 1_400}
    assert nudges.overflowed


def test_until_when_all_nudges_were_read(pipe: tuple[int, int]) -> None:
    nudges = Nudges(pipe[0])
    assert nudges.until == -math.inf
    began = time.monotonic()
    nudges.wait(0, STOP)
    read = nudges.until
    assert began <= read <= time.monotonic()
    os.write(pipe[1], b"x" * 5_000)
    nudges.wait(1, STOP)
    assert (nudges.overflowed, nudges.until) == (True, read)
    nudges.overflowed = False  # the spool was looked through
    nudges.wait(0, STOP)

    assert nudges.until > read


def test_a_line_without_end_is_thrown_away(pipe: tuple[int, int]) -> None:
    nudges = Nudges(pipe[0])
    os.write(pipe[1], b"x" * 5_000)

    assert nudges.wait(1, STOP) == set()
    assert nudges.overflowed


def test_the_first_nudge_ends_the_wait(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ofsep_node.intake.nudges._STOP_SEEN_WITHIN_S", 60)
    nudges = Nudges(pipe[0])
    os.write(pipe[1], b"a\n")
    started = time.monotonic()
    nudges.wait(60, STOP)

    assert time.monotonic() - started < 30


def test_without_writers_the_wait_still_waits() -> None:
    read_end, write_end = os.pipe()
    nudges = Nudges(read_end)
    os.close(write_end)
    nudges.wait(1, STOP)
    started = time.monotonic()
    nudges.wait(0.1, STOP)

    assert time.monotonic() - started >= 0.1
    assert nudges.until == -math.inf  # nobody would have told
    os.close(read_end)
