"""One file, several processes, lines that stay whole, and a log that is taken away."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

from ofsep_node.logs.appending import AppendedFile

PROCESSES, LINES = 4, 2500


def append_many(path: Path, process: int) -> None:
    log = AppendedFile(path)
    for number in range(LINES):
        text = chr(ord("a") + process) * (50 + number % 4000)
        log.write(json.dumps({"process": process, "number": number, "text": text}) + "\n")


def test_lines_of_several_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    forked = multiprocessing.get_context("fork")
    writers = [forked.Process(target=append_many, args=(path, n)) for n in range(PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert [w.exitcode for w in writers] == [0] * PROCESSES
    seen: list[list[int]] = [[] for _ in range(PROCESSES)]
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        assert set(line["text"]) == {chr(ord("a") + line["process"])}
        seen[line["process"]].append(line["number"])
    assert seen == [list(range(LINES))] * PROCESSES


def test_a_log_that_was_moved_or_removed_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "log" / "log.jsonl"
    log = AppendedFile(path)
    log.write("one\n")
    path.rename(tmp_path / "log.1")
    log.write("two\n")
    path.unlink()
    log.write("three\n")
    shutil.rmtree(path.parent)
    log.write("four\n")
    assert (tmp_path / "log.1").read_text() == "one\n"
    assert path.read_text() == "four\n"


def test_threads_write_on_while_the_log_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = AppendedFile(path)
    log.write("first\n")

    def write_many() -> None:
        for _ in range(LINES):
            log.write("line\n")

    writers = [threading.Thread(target=write_many) for _ in range(PROCESSES)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for writer in writers:
            writer.start()
        number = 0
        while any(writer.is_alive() for writer in writers):
            if path.exists():
                number += 1
                path.rename(tmp_path / f"log.{number}")
    finally:
        sys.setswitchinterval(interval)
    for writer in writers:
        writer.join()
    lines = [line for file in tmp_path.iterdir() for line in file.read_text().splitlines()]
    assert len(lines) == 1 + PROCESSES * LINES
    assert number > 1


def test_a_log_that_was_emptied_goes_on_at_its_start(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = AppendedFile(path)
    log.write("one\n")
    os.truncate(path, 0)
    log.write("two\n")
    assert path.read_bytes() == b"two\n"


def test_only_the_node_reads_its_log(tmp_path: Path) -> None:
    path = tmp_path / "log" / "log.jsonl"
    AppendedFile(path).write("one\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_log_that_cannot_be_written_is_complained_of_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    log = AppendedFile(blocked / "log.jsonl")
    log.write("one\n")
    log.write("two\n")
    complaint = capsys.readouterr().err
    assert complaint.count("cannot write the log") == 1
    assert str(blocked / "log.jsonl") in complaint
    blocked.unlink()
    log.write("three\n")
    assert (blocked / "log.jsonl").read_text() == "three\n"


def test_bytes_that_are_no_text_are_written_readably(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    AppendedFile(path).write("caf\u00e9 \udcff\n")
    assert path.read_text(encoding="utf-8") == "café \\udcff\n"
