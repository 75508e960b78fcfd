"""What the disk alone takes for the writes that an answer stands on: the limit of who keeps them.

No network, no header, no record: the bytes are in memory. The order is that of decision 3.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.sending import Cost

DISK = "the disk alone"
_CHUNK = 1 << 16


def in_one_folder(contents: Sequence[bytes], folder: Path) -> Cost:
    """Each written, synced, renamed, its folder synced: an association with all of them."""
    folder.mkdir()
    started, used = time.perf_counter(), time.process_time()
    _store(contents, folder)
    return _cost(contents, time.perf_counter() - started, time.process_time() - used)


def in_parallel(parts: Sequence[Sequence[bytes]], folder: Path) -> Cost:
    """As many writers as parts, each in a folder of its own."""
    folder.mkdir()
    contents = [content for part in parts for content in part]
    started, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(len(parts)) as writers:
        list(writers.map(in_one_folder, parts, (folder / str(n) for n in range(len(parts)))))
    return _cost(contents, time.perf_counter() - started, time.process_time() - used)


def in_folders_of_their_own(contents: Sequence[bytes], folder: Path) -> Cost:
    """The same in a folder for each, whose own name is synced too: an association for each."""
    folder.mkdir()
    started, used = time.perf_counter(), time.process_time()
    for number, content in enumerate(contents):
        own = folder / str(number)
        own.mkdir()
        _store([content], own)
        _sync(folder)
    return _cost(contents, time.perf_counter() - started, time.process_time() - used)


def _store(contents: Sequence[bytes], folder: Path) -> None:
    for number, content in enumerate(contents):
        part = folder / f"{number}.part"
        with part.open("xb", buffering=0) as file:
            for at in range(0, len(content), _CHUNK):
                file.write(memoryview(content)[at : at + _CHUNK])
            os.fdatasync(file.fileno())
        part.rename(folder / f"{number}.dcm")
        _sync(folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)


def _cost(contents: Sequence[bytes], seconds: float, processor_s: float) -> Cost:
    return Cost(
        images_per_s=len(contents) / seconds,
        megabytes_per_s=sum(map(len, contents)) / seconds / 1e6,
        processor_ms_per_image=processor_s / len(contents) * 1000,
        peak_mb=0.0,
    )
