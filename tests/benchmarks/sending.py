"""Sends to a receiver, and measures what it takes: time, processor, memory."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.receivers import ENVIRONMENT, Running


@dataclass(frozen=True, slots=True)
class Cost:
    """What one round took. Processor time is that of all the receiver's processes."""

    images_per_s: float
    megabytes_per_s: float
    processor_ms_per_image: float
    peak_mb: float


def dcmsend(program: str, running: Running, parts: Sequence[Sequence[Path]]) -> Cost:
    """One dcmsend for each part, all at once; every object must be answered Success."""
    with _measured(running) as used:
        seconds = dcmsend_only(program, running, *parts)
        if running.node is not None:  # what it does behind the spool is part of its cost
            running.node.wait_for(lambda e: e["event"] == "association.verdict")
    files = [file for part in parts for file in part]
    size = sum(file.stat().st_size for file in files)
    return Cost(
        images_per_s=len(files) / seconds,
        megabytes_per_s=size / seconds / 1e6,
        processor_ms_per_image=used.processor_s / len(files) * 1000,
        peak_mb=used.peak_mb,
    )


def dcmsend_only(program: str, running: Running, *parts: Sequence[Path]) -> float:
    """Send, and return how long it took, in seconds."""
    started = time.perf_counter()
    for sender in [_start(program, running, part) for part in parts]:
        said, _ = sender.communicate()
        assert sender.returncode == 0, said.decode(errors="replace")
    return time.perf_counter() - started


def _start(program: str, running: Running, files: Sequence[Path]) -> subprocess.Popen[bytes]:
    command = [program, "-aec", running.ae_title, "127.0.0.1", str(running.port)]
    return subprocess.Popen(
        [*command, *map(str, files)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@dataclass(slots=True)
class Used:
    """Processor time in seconds, largest resident memory in MB."""

    processor_s: float = 0.0
    peak_mb: float = 0.0


@contextlib.contextmanager
def _measured(running: Running) -> Iterator[Used]:
    before, used = _processor_s(running), Used()
    yield used
    used.processor_s = _processor_s(running) - before
    used.peak_mb = sum(peak_mb(process) for process in running.processes())


def _processor_s(running: Running) -> float:
    """Of the first process, its children that have ended, and those that live."""
    first, *living = running.processes()
    of_first = first.cpu_times()
    ended = of_first.children_user + of_first.children_system
    return ended + sum(map(_own_processor_s, (first, *living)))


def _own_processor_s(process: psutil.Process) -> float:
    """Nothing for a forked child that has just ended: its parent is asked for it next time."""
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.NoSuchProcess:
        return 0.0


def peak_mb(process: psutil.Process) -> float:
    """The most resident memory a process ever had, in MB (VmHWM of proc(5))."""
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return 0.0
