"""`ofsep-node tail`: what is shown of a log, and a log that is rotated while it is followed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ofsep_node.cli.tail import Filter, LogStream, follow_log
from tests.unit.cli.conftest import Run

LINES: list[dict[str, Any]] = [
    {"at": "2025-03-14T10:00:00Z", "level": "info", "event": "association.opened",
     "peer": "MR1 ", "address": "10.0.0.1"},
    {"at": "2025-03-14T10:00:01Z", "level": "debug", "event": "instance.stored", "peer": "MR1",
     "study": "1.2.3"},
    {"at": "2025-03-14T10:00:02Z", "level": "warning", "event": "study.verdict", "peer": "MR2",
     "study": "1.2.4", "conclusion": "non_compliant", "missing": ["FLAIR"]},
    {"at": "2025-03-14T10:00:03Z", "level": "error", "event": "study.unjudged", "study": "1.9"},
]  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log" / "ofsep-node.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


@pytest.mark.parametrize(
    ("options", "events"),
    [
        ((), [0, 2, 3]),
        (("--level", "debug"), [0, 1, 2, 3]),
        (("--level", "warning"), [2, 3]),
        (("--level", "debug", "-n", "2"), [2, 3]),
        (("-n", "0"), []),
        (("--peer", "MR1", "--level", "debug"), [0, 1]),
        (("--peer", "MR"), []),
        (("--study", "1.2", "--level", "debug"), [1, 2]),
        (("--study", "4"), [2]),
        (("--study", "2.4"), [2]),
        (("--study", "7"), []),
    ],
)
def test_filters(run: Run, log: Path, options: tuple[str, ...], events: list[int]) -> None:
    ran = run("tail", "--file", log, "--no-follow", "--format", "json", *options)
    assert ran.status == 0
    assert [json.loads(t) for t in ran.out.splitlines()] == [LINES[n] for n in events]


def test_in_words(run: Run, log: Path) -> None:
    english = run("tail", "--data", log.parent.parent, "--no-follow").out
    assert "association opened by MR1" in english
    assert "NOT COMPLIANT" in english
    assert "NON CONFORME" in run("tail", "--file", log, "--no-follow", "--language", "fr").out


def test_lines_that_are_no_json_are_shown_as_they_are(run: Run, log: Path) -> None:
    with log.open("ab") as stream:
        stream.write(b'Killed\n\n[1, 2]\n\xff\xfe\n{"event": "cut\n')
    ran = run("tail", "--file", log, "--no-follow", "-n", "4")
    assert ran.status == 0
    for said in ("Killed", "[1, 2]", '{"event": "cut'):
        assert said in ran.out


def test_a_log_that_is_not_there(run: Run, tmp_path: Path) -> None:
    ran = run("tail", "--data", tmp_path / "none")
    assert ran.status == 2
    assert f"{tmp_path / 'none' / 'log' / 'ofsep-node.jsonl'}: no such log" in ran.err


@pytest.mark.parametrize(
    "content",
    [b"hello\n", b"no end", b'{"a": 1}\n' * 30, b"[1]\n", b"\0\1\2" * 1000, b"a,b\n" * 100_000],
)
def test_a_file_that_is_no_log_of_the_node(run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    ran = run("tail", "--file", file, "--no-follow")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        f"ofsep-node: {file}: not a log of the node, which is JSON, one event a line\n"
    )


@pytest.mark.parametrize("content", ["", '{"event": "begun', 'half": 1}\n{"event": "whole"}\n'])
def test_a_log_that_has_just_begun_is_one(run: Run, tmp_path: Path, content: str) -> None:
    file = tmp_path / "ofsep-node.jsonl"
    file.write_text(content)
    assert run("tail", "--file", file, "--no-follow").status == 0


def test_a_level_of_another_kind_is_shown() -> None:
    assert Filter(None, None, "error").accepts({"level": ["odd"]})
    assert Filter(None, None, "error").accepts({})
    assert not Filter("1.2", None, "debug").accepts({"study": None})


@pytest.fixture
def following(log: Path) -> Iterator[Callable[[int], list[str]]]:
    """Reads so many lines that are written from now on."""
    with closing(LogStream(log)) as stream:
        list(stream.written())

        def read(count: int) -> list[str]:
            lines = stream.coming(time.monotonic() + 60)
            return [next(lines).strip() for _ in range(count)]

        yield read


def append(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


def test_a_line_is_shown_when_it_is_whole(log: Path, following: Callable[[int], list[str]]) -> None:
    append(log, "one\ntw")
    assert following(1) == ["one"]
    later = threading.Timer(0.15, append, (log, "o\n"))
    later.start()
    assert following(1) == ["two"]
    later.join()


def test_a_line_half_written_at_the_start_is_not_shown_in_halves(log: Path) -> None:
    append(log, '{"event": "half')
    with closing(LogStream(log)) as stream:
        assert len(list(stream.written())) == len(LINES)
        append(log, '"}\n')
        assert next(stream.coming(time.monotonic() + 60)) == '{"event": "half"}\n'


@pytest.mark.parametrize("how", ["renamed", "removed", "emptied"])
def test_rotation(log: Path, following: Callable[[int], list[str]], how: str) -> None:
    append(log, "before\n")
    assert following(1) == ["before"]
    if how == "renamed":
        append(log, "last\n")
        log.rename(log.with_suffix(".1"))
    elif how == "removed":
        append(log, "last\n")
        log.unlink()
    else:
        os.truncate(log, 0)
    append(log, "after\n")
    assert following(1 if how == "emptied" else 2)[-1] == "after"


def test_following_for_a_time(log: Path) -> None:
    started = time.monotonic()
    events = [line["event"] for line in follow_log(log, 0.3)]
    assert events == [line["event"] for line in LINES]
    assert 0.3 <= time.monotonic() - started < 60


def test_ctrl_c_ends_it_well(log: Path) -> None:
    command = [sys.executable, "-m", "ofsep_node", "tail", "--file", str(log), "--format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        cwd=log.parent,
    ) as program:  # fmt: skip
        assert program.stdout is not None
        shown: list[dict[str, Any]] = [json.loads(program.stdout.readline()) for _ in range(3)]
        append(log, json.dumps(LINES[0]) + "\n")
        shown.append(json.loads(program.stdout.readline()))
        program.send_signal(signal.SIGINT)
        _, complaint = program.communicate(timeout=20)
    assert shown == [LINES[0], LINES[2], LINES[3], LINES[0]]
    assert (program.returncode, complaint) == (0, "")
