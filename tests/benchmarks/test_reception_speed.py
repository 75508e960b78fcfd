"""How fast images come in, against other receivers in the same run.

Nothing is asserted of speed: machines differ and are busy. What is said is a ratio of medians over
interleaved rounds, and `--page` writes it down.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Self

import pytest

from tests.benchmarks.disk import DISK, in_folders_of_their_own, in_one_folder, in_parallel
from tests.benchmarks.figures import Figures, Table
from tests.benchmarks.receivers import (
    Peer,
    Receiver,
    Running,
    ofsep_node,
    orthanc,
    plain_pynetdicom,
    storescp,
)
from tests.benchmarks.sending import Cost, dcmsend, dcmsend_only, peak_mb
from tests.benchmarks.study import Sendable, write_enhanced, write_study
from tests.upper_layer import RawSender

ROUNDS = 5
PARALLEL = 4
ASSOCIATIONS = 2_000
ASSOCIATION_ROUNDS = 3
PACED_IMAGES_PER_S = 50
PACED_IMAGES = 300


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_study(tmp_path_factory.mktemp("study"))


def rounds(
    receivers: Sequence[Receiver],
    folder: Path,
    measure: Callable[[Running], Cost],
    times: int,
    disk: Callable[[Path], Cost],
) -> dict[str, list[Cost]]:
    """What each receiver took, round by round; each in a new folder and a new process."""
    taken: dict[str, list[Cost]] = {name: [] for name in (*(r.name for r in receivers), DISK)}
    for number in range(times):
        for receiver in receivers:
            with receiver.start(folder / f"{receiver.name}-{number}") as running:
                taken[receiver.name].append(measure(running))
        taken[DISK].append(disk(folder / f"disk-{number}"))
    return taken


def compared(title: str, taken: Mapping[str, Sequence[Cost]]) -> Table:
    """Medians, and the first receiver's speed as a ratio of each."""
    own = median(cost.images_per_s for cost in next(iter(taken.values())))
    lines = []
    for name, costs in taken.items():
        speed = median(cost.images_per_s for cost in costs)
        lines.append(
            (
                name,
                f"{speed:.0f}",
                f"{median(c.megabytes_per_s for c in costs):.0f}",
                f"{median(c.processor_ms_per_image for c in costs):.2f}",
                f"{max(c.peak_mb for c in costs):.0f}" if name != DISK else "",
                f"{own / speed:.2f}",
            )
        )
    heading = ("receiver", "images/s", "MB/s", "processor, ms/image", "memory, MB", "our ratio")
    speeds = {name: [c.images_per_s for c in costs] for name, costs in taken.items()}
    return Table(title, heading, tuple(lines), speeds)


def test_one_sender(study: list[Path], peer: Peer, tmp_path: Path, figures: Figures) -> None:
    program = peer("dcmsend")
    receivers = (ofsep_node(), storescp(peer), orthanc(peer), plain_pynetdicom())
    contents = [path.read_bytes() for path in study]
    taken = rounds(
        receivers,
        tmp_path,
        lambda r: dcmsend(program, r, [study]),
        ROUNDS,
        lambda folder: in_one_folder(contents, folder),
    )
    figures.add(compared(f"One sender, {len(study)} images", taken))


def test_parallel_senders(study: list[Path], peer: Peer, tmp_path: Path, figures: Figures) -> None:
    program = peer("dcmsend")
    parts = [study[n::PARALLEL] for n in range(PARALLEL)]
    receivers = (ofsep_node(), storescp(peer, "--fork"), orthanc(peer))
    taken = rounds(
        receivers,
        tmp_path,
        lambda r: dcmsend(program, r, parts),
        ROUNDS,
        lambda folder: in_parallel([[p.read_bytes() for p in part] for part in parts], folder),
    )
    figures.add(compared(f"{PARALLEL} senders at once, {len(study)} images in all", taken))


def test_an_association_for_each_image(
    study: list[Path], peer: Peer, tmp_path: Path, figures: Figures
) -> None:
    """The sender is a plain socket: a program started for each image would be all there is to see."""
    image = Sendable.of(study[100])
    contents = [study[100].read_bytes()] * ASSOCIATIONS
    taken: dict[str, list[float]] = {}
    for number in range(ASSOCIATION_ROUNDS):
        for receiver in (ofsep_node(), storescp(peer)):
            objects = [image.renamed() for _ in range(ASSOCIATIONS)]
            with receiver.start(tmp_path / f"{receiver.name}-{number}") as running:
                taken.setdefault(receiver.name, []).append(_associations_per_s(running, objects))
        alone = in_folders_of_their_own(contents, tmp_path / f"disk-{number}")
        taken.setdefault(DISK, []).append(alone.images_per_s)
    own = median(next(iter(taken.values())))
    figures.add(
        Table(
            f"{ASSOCIATIONS} associations of one image each, one after the other",
            ("receiver", "associations/s", "our ratio"),
            tuple(
                (name, f"{median(v):.0f}", f"{own / median(v):.2f}") for name, v in taken.items()
            ),
            taken,
        )
    )


def _associations_per_s(running: Running, objects: Sequence[Sendable]) -> float:
    started = time.perf_counter()
    for sendable in objects:
        with RawSender(running.port) as sender:
            sender.associate()
            assert sender.store(sendable.data_set, sendable.instance) == 0
            sender.release()
    return len(objects) / (time.perf_counter() - started)


def test_a_paced_sender(study: list[Path], tmp_path: Path, figures: Figures) -> None:
    """From an image's response to the verdict that has judged it, as another program reads it."""
    objects = [Sendable.of(path) for path in study[:PACED_IMAGES]]
    waits: list[float] = []
    verdicts: list[float] = []
    for number in range(ASSOCIATION_ROUNDS):
        with ofsep_node().start(tmp_path / str(number)) as running:
            assert running.node is not None
            with Judged(running.node.data / "records.sqlite") as judged:
                answered = _send_paced(running.port, objects)
                released = time.time()
                running.node.wait_for(lambda e: e["event"] == "association.verdict")
                verdicts.append(time.time() - released)
            waits += [judged.at(n) - at for n, at in enumerate(answered, start=1)]
    figures.add(
        Table(
            f"A sender of {PACED_IMAGES_PER_S} images a second, {PACED_IMAGES} images",
            ("from … to …", "median", "95 %", "longest"),
            (
                ("an image's response to its findings in the records", *_spread(waits)),
                ("the release to the verdict", *_spread(verdicts)),
            ),
        )
    )


def _send_paced(port: int, objects: Iterable[Sendable]) -> list[float]:
    answered = []
    with RawSender(port) as sender:
        sender.associate()
        due = time.monotonic()
        for sendable in objects:
            time.sleep(max(0.0, due - time.monotonic()))
            due += 1 / PACED_IMAGES_PER_S
            assert sender.store(sendable.data_set, sendable.instance) == 0
            answered.append(time.time())
        sender.release()
    return answered


class Judged:
    """Looks at the records every few milliseconds, as a page or a dashboard would."""

    def __init__(self, records: Path) -> None:
        self._records = records
        self._seen: list[tuple[float, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def at(self, images: int) -> float:
        """When a verdict over so many images was first seen."""
        return next(at for at, judged in self._seen if judged >= images)

    def _look(self) -> None:
        connection = sqlite3.connect(f"file:{self._records}?mode=ro", uri=True)
        newest = ""
        while not self._over.wait(0.005):
            row = connection.execute("SELECT document FROM verdict").fetchone()
            if row and row[0] != newest:
                newest = row[0]
                series = json.loads(newest)["series"]
                self._seen.append((time.time(), sum(one["instances"] for one in series)))
        connection.close()


def _spread(seconds: Sequence[float]) -> tuple[str, str, str]:
    in_order = sorted(seconds)
    p95 = in_order[int(0.95 * (len(in_order) - 1))]
    return _ms(median(in_order)), _ms(p95), _ms(in_order[-1])


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def test_the_verdict_of_a_burst(
    study: list[Path], peer: Peer, tmp_path: Path, figures: Figures
) -> None:
    waits = []
    for number in range(ROUNDS):
        with ofsep_node().start(tmp_path / str(number)) as running:
            assert running.node is not None
            dcmsend_only(peer("dcmsend"), running, study)
            sent = time.time()
            running.node.wait_for(lambda e: e["event"] == "association.verdict")
            waits.append(time.time() - sent)
    line = ("the last response to the verdict", *_spread(waits))
    heading = ("from … to …", "median", "95 %", "longest")
    figures.add(Table(f"A burst of {len(study)} images", heading, (line,)))


def test_one_large_object(study: list[Path], peer: Peer, tmp_path: Path, figures: Figures) -> None:
    """The most memory that the process which receives it ever had, the program itself included."""
    large = write_enhanced(tmp_path / "enhanced.dcm", study[0])
    lines = []
    for receiver in (ofsep_node(), storescp(peer), orthanc(peer), plain_pynetdicom()):
        with receiver.start(tmp_path / receiver.name) as running:
            seconds = dcmsend_only(peer("dcmsend"), running, [large])
            receiving = running.processes()[1 if running.node else 0]
            size_mb = large.stat().st_size / 1e6
            lines.append((receiver.name, f"{size_mb / seconds:.0f}", f"{peak_mb(receiving):.0f}"))
    title = f"One object of {large.stat().st_size / 1e6:.0f} MB"
    figures.add(
        Table(title, ("receiver", "MB/s", "memory of the receiving process, MB"), tuple(lines))
    )
