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
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil
import pytest

from tests.certificates import Certificates
from tests.node import RunningNode
from tests.phantom import mr_object
from tests.ports import free_port

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
def storescp(
    program: str, folder: Path, own: tuple[Path, Path]
) -> Iterator[tuple[int, psutil.Process]]:
    """DCMTK's receiver over TLS, which asks for no certificate of its peers: port, process."""
    folder.mkdir()
    certificate, key = own
    port = free_port()
    with subprocess.Popen(
        [program, "+tls", str(key), str(certificate), "-ic", "-od", str(folder), str(port)],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port)
            yield port, psutil.Process(process.pid)
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


@dataclass
class Rounds:
    """What one party did, round by round."""

    rates: list[float] = field(default_factory=list)
    """Images a second."""
    costs: list[float] = field(default_factory=list)
    """Milliseconds of a processor an image took of the receiving process."""

    def __str__(self) -> str:
        return f"{median(self.rates):6.0f} images/s  {median(self.costs):6.2f} ms"


def receive(
    rounds: Rounds,
    receiver: psutil.Process,
    program: str,
    port: int,
    files: list[Path],
    *options: str,
) -> None:
    """One storescu, which must be answered Success for each."""
    started, used = time.perf_counter(), sum(receiver.cpu_times()[:2])
    sent = subprocess.run(
        [program, *options, "-aec", "OFSEP_NODE", "127.0.0.1", str(port), *map(str, files)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert sent.returncode == 0, sent.stderr
    rounds.rates.append(len(files) / (time.perf_counter() - started))
    rounds.costs.append(1000 * (sum(receiver.cpu_times()[:2]) - used) / len(files))


def test_a_study_over_tls(study: list[Path], peer: Peer, tmp_path: Path, say: Say) -> None:
    certificates = Certificates(tmp_path / "certificates")
    own = certificates.issue("node")
    trust = ("+tla", "+cf", str(certificates.authority))
    settings = {
        "TLS__CERTIFICATE": str(own[0]),
        "TLS__KEY": str(own[1]),
        "TLS__PORT": "0",
    }
    plain, ours, theirs = Rounds(), Rounds(), Rounds()
    storescu = peer("storescu")
    for number in range(ROUNDS):
        with RunningNode(tmp_path / f"node-{number}", terminal=None, **settings) as node:
            receive(ours, receiver_of(node), storescu, node.tls_port, study, *trust)
        with RunningNode(tmp_path / f"plain-{number}") as node:
            receive(plain, receiver_of(node), storescu, node.port, study)
        with storescp(peer("storescp"), tmp_path / f"storescp-{number}", own) as (port, process):
            receive(theirs, process, storescu, port, study, *trust)
    say(
        f"\n{IMAGES} images of {study[0].stat().st_size // 1000} kB, one storescu, median of "
        f"{ROUNDS} interleaved rounds; processor time of the receiving process an image:\n"
        f"  ofsep-node over TLS (synced, judged)  {ours}\n"
        f"  ofsep-node without TLS                {plain}\n"
        f"  storescp over TLS (not synced)        {theirs}\n"
        f"  over TLS, to storescp over TLS        {median(ours.rates) / median(theirs.rates):6.2f}\n"
        f"  over TLS, to without                  {median(ours.rates) / median(plain.rates):6.2f}"
    )


def receiver_of(node: RunningNode) -> psutil.Process:
    return psutil.Process(node.processes()[1])
