"""`make soak`: a whole node among good, slow, aborting and hostile peers, watched for what grows.

Exit status 1 when a process died, a good peer failed, an object that was answered Success is not in
the archive, or memory, descriptors or threads are not flat.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

from ofsep_node import spool
from tests.found import below
from tests.node import RunningNode
from tests.soak.peers import PEERS, Soak, work
from tests.soak.plot import lines

SETTINGS = {
    "RECEPTION__RECEIVERS": "2",
    "RECEPTION__MAXIMUM_ASSOCIATIONS": "32",
    "RECEPTION__STALL_TIMEOUT_S": "5",
    "RECEPTION__NEGOTIATION_TIMEOUT_S": "5",
    "RECEPTION__IDLE_TIMEOUT_S": "20",
    "STUDY__QUIET_PERIOD_S": "10",
}
PARTS = ("supervisor", "receiver-1", "receiver-2", "intake", "web")
SAMPLED_EVERY_S = 10.0
SETTLED_WITHIN_S = 120.0
MOST_GROWTH_MB = 8.0
"""Of the last quarter over the second one: an allocator's pools fill for a while."""


@dataclass(frozen=True)
class Sample:
    """One process at one moment."""

    minutes: float
    memory_mb: float
    descriptors: int
    threads: int

    @classmethod
    def of(cls, process: int, started: float) -> Sample:
        watched = psutil.Process(process)
        with watched.oneshot():
            return cls(
                (time.monotonic() - started) / 60,
                watched.memory_info().rss / (1 << 20),
                watched.num_fds(),
                watched.num_threads(),
            )


Samples = dict[str, list[Sample]]


def soak(minutes: float, data: Path) -> tuple[Soak, Samples, list[str]]:
    """Run it: what the peers counted, what was sampled, and what is wrong."""
    samples: Samples = defaultdict(list)
    with RunningNode(data, terminal=None, **SETTINGS) as node:
        running = Soak(node.port)
        peers = [
            threading.Thread(target=work, args=(running, peer, rest_s, number), daemon=True)
            for number, (peer, rest_s) in enumerate(PEERS)
        ]
        started = time.monotonic()
        _sample(node, started, samples)
        for peer in peers:
            peer.start()
        while time.monotonic() < started + minutes * 60:
            time.sleep(SAMPLED_EVERY_S)
            _sample(node, started, samples)
        running.stop.set()
        for peer in peers:
            peer.join(120)
        _wait_until_recorded(node)
        _sample(node, started, samples)
        died = [str(event) for event in node.events("node.process_died")]
        wrong = [*died, *running.failures, *_lost(node, running), *_grown(samples)]
    return running, samples, wrong


def _sample(node: RunningNode, started: float, samples: Samples) -> None:
    for part, process in zip(PARTS, node.processes(), strict=False):
        samples[part].append(Sample.of(process, started))


def _wait_until_recorded(node: RunningNode) -> None:
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < deadline and spool.associations(node.data / "spool"):
        time.sleep(1)
    time.sleep(float(SETTINGS["RECEPTION__IDLE_TIMEOUT_S"]))


def _lost(node: RunningNode, running: Soak) -> list[str]:
    archived = {path.stem for path in node.archived()}
    lost = [f"not in the archive: {uid}" for uid in running.stored - archived]
    left = [
        f"left in the spool: {path}"
        for path in below(node.data / "spool")
        if path.suffix == ".part"
    ]
    return lost + left


def _grown(samples: Samples) -> list[str]:
    wrong = []
    for part, taken in samples.items():
        first, last = _early(taken), taken[-1]
        growth = _quarter(taken, 4) - _quarter(taken, 2)
        if growth > MOST_GROWTH_MB:
            wrong.append(f"{part} grew by {growth:.1f} MB from the second quarter to the last")
        if last.descriptors > first.descriptors + 4 or last.threads > first.threads + 1:
            wrong.append(f"{part} has {last} at the end, {first} after a quarter of the time")
    return wrong


def _early(taken: list[Sample]) -> Sample:
    """After a quarter of the time: by then, each part has opened what its work needs."""
    return taken[len(taken) // 4]


def _quarter(taken: list[Sample], number: int) -> float:
    """The median memory of one quarter of the time, in MB."""
    quarter = max(1, len(taken) // 4)
    return statistics.median(s.memory_mb for s in taken[(number - 1) * quarter :][:quarter])


def _table(samples: Samples) -> str:
    head = "| process | memory, 2nd quarter | last quarter | most | descriptors | threads |"
    rows = [head, "|---|---|---|---|---|---|"]
    for part, taken in samples.items():
        most = max(s.memory_mb for s in taken)
        rows.append(
            f"| {part} | {_quarter(taken, 2):.1f} MB | {_quarter(taken, 4):.1f} MB | {most:.1f} MB "
            f"| {_early(taken).descriptors} → {taken[-1].descriptors} "
            f"(most {max(s.descriptors for s in taken)}) "
            f"| {_early(taken).threads} → {taken[-1].threads} "
            f"(most {max(s.threads for s in taken)}) |"
        )
    return "\n".join(rows)


def main() -> int:
    """Run a soak, print its figures, draw them where asked."""
    parser = argparse.ArgumentParser(prog="make soak ARGS=")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--plot", type=Path, help="an SVG file to draw the memory into")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        running, samples, wrong = soak(chosen.minutes, Path(folder))
    print(_table(samples), "\n")  # noqa: T201
    for what, number in sorted(running.counts.items()):
        print(f"- {what}: {number}")  # noqa: T201
    if chosen.plot:
        drawn = {part: [(s.minutes, s.memory_mb) for s in taken] for part, taken in samples.items()}
        chosen.plot.write_text(lines(drawn, x_label="minutes", y_label="MB"), encoding="utf-8")
    print("\n".join(wrong) or "Nothing is wrong.")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
