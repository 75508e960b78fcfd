"""How fast a study comes in, against DCMTK's storescp in the same run.

Nothing is asserted of speed: machines differ and are busy. What is said is the ratio.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from tests.node import RunningNode
from tests.phantom import mr_object

IMAGES = 300
MATRIX = 292  # 170 kB an image, as a 3D sequence of 1 mm writes it
ROUNDS = 5

Say = Callable[[str], None]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("study")
    return [mr_object(folder / f"{n:04}.dcm", seed=n, matrix=MATRIX) for n in range(IMAGES)]


@contextmanager
def storescp(program: str, folder: Path) -> Iterator[int]:
    """DCMTK's receiver: writes each object, neither syncs nor indexes."""
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        [program, "-od", str(folder), str(port)],
        env={**os.environ, "TCP_NODELAY": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "storescp does not listen"
            time.sleep(0.02)
        else:
            return


def seconds_to_send(program: str, port: int, files: list[Path]) -> float:
    """Wall time of one dcmsend, which must be answered Success for each."""
    started = time.perf_counter()
    sent = subprocess.run(
        [program, "-aec", "OFSEP_NODE", "127.0.0.1", str(port), *map(str, files)],
        env={**os.environ, "TCP_NODELAY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert sent.returncode == 0, sent.stderr
    return time.perf_counter() - started


def test_a_study_from_one_sender(
    study: list[Path], peer: Callable[[str], str], tmp_path: Path, say: Say
) -> None:
    dcmsend = peer("dcmsend")
    ours, theirs = [], []
    for number in range(ROUNDS):
        with RunningNode(tmp_path / f"node-{number}") as node:
            ours.append(IMAGES / seconds_to_send(dcmsend, node.port, study))
        with storescp(peer("storescp"), tmp_path / f"storescp-{number}") as port:
            theirs.append(IMAGES / seconds_to_send(dcmsend, port, study))
    size = study[0].stat().st_size // 1000
    say(
        f"\n{IMAGES} images of {size} kB, one sender, median of {ROUNDS} interleaved rounds:\n"
        f"  ofsep-node (synced, judged)  {median(ours):6.0f} images/s\n"
        f"  storescp (not synced)        {median(theirs):6.0f} images/s\n"
        f"  ratio                        {median(ours) / median(theirs):6.2f}"
    )


def test_from_the_last_image_to_the_verdict(
    study: list[Path], peer: Callable[[str], str], tmp_path: Path, say: Say
) -> None:
    waited = []
    for number in range(ROUNDS):
        with RunningNode(tmp_path / f"node-{number}") as node:
            seconds_to_send(peer("dcmsend"), node.port, study)
            sent = time.perf_counter()
            node.wait_for(lambda e: e["event"] == "association.verdict")
            waited.append(time.perf_counter() - sent)
    say(f"\nverdict of a burst of {IMAGES} images: {median(waited):.2f} s after the last response")
