"""What TLS costs a study on its way in, against DCMTK's storescp over TLS in the same run.

Nothing is asserted of speed: machines differ and are busy. What is said are ratios.
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

from tests.certificates import Certificates
from tests.node import RunningNode
from tests.phantom import mr_object

IMAGES = 300
MATRIX = 292  # 170 kB an image, as a 3D sequence of 1 mm writes it
ROUNDS = 5
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}

Say = Callable[[str], None]
Peer = Callable[[str], str]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("study")
    return [mr_object(folder / f"{n:04}.dcm", seed=n, matrix=MATRIX) for n in range(IMAGES)]


@contextmanager
def storescp(program: str, folder: Path, own: tuple[Path, Path]) -> Iterator[int]:
    """DCMTK's receiver over TLS, which asks for no certificate of its peers."""
    folder.mkdir()
    certificate, key = own
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with subprocess.Popen(
        [program, "+tls", str(key), str(certificate), "-ic", "-od", str(folder), str(port)],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


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


def rate(program: str, port: int, files: list[Path], *options: str) -> float:
    """Images a second of one storescu, which must be answered Success for each."""
    started = time.perf_counter()
    sent = subprocess.run(
        [program, *options, "-aec", "OFSEP_NODE", "127.0.0.1", str(port), *map(str, files)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert sent.returncode == 0, sent.stderr
    return len(files) / (time.perf_counter() - started)


def test_a_study_over_tls(study: list[Path], peer: Peer, tmp_path: Path, say: Say) -> None:
    certificates = Certificates(tmp_path / "certificates")
    own = certificates.issue("node")
    trust = ("+tla", "+cf", str(certificates.authority))
    settings = {
        "TLS__CERTIFICATE": str(own[0]),
        "TLS__KEY": str(own[1]),
        "TLS__PORT": "0",
    }
    plain, ours, theirs = [], [], []
    for number in range(ROUNDS):
        with RunningNode(tmp_path / f"node-{number}", terminal=None, **settings) as node:
            ours.append(rate(peer("storescu"), node.tls_port, study, *trust))
        with RunningNode(tmp_path / f"plain-{number}") as node:
            plain.append(rate(peer("storescu"), node.port, study))
        with storescp(peer("storescp"), tmp_path / f"storescp-{number}", own) as port:
            theirs.append(rate(peer("storescu"), port, study, *trust))
    say(
        f"\n{IMAGES} images of {study[0].stat().st_size // 1000} kB, one storescu, median of "
        f"{ROUNDS} interleaved rounds:\n"
        f"  ofsep-node over TLS (synced, judged)  {median(ours):6.0f} images/s\n"
        f"  ofsep-node without TLS                {median(plain):6.0f} images/s\n"
        f"  storescp over TLS (not synced)        {median(theirs):6.0f} images/s\n"
        f"  over TLS, to storescp over TLS        {median(ours) / median(theirs):6.2f}\n"
        f"  over TLS, to without                  {median(ours) / median(plain):6.2f}"
    )
