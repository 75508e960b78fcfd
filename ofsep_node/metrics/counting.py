"""Meters that count, each process in files of its own that the web process adds up.

Prometheus' multi-process mode, with one difference: a file is called after the part of the node
that writes it, not after a process number. A receiver that is started again goes on counting where
the dead one stopped, and there are never more files than parts.

The files are mapped into memory. Their blocks are allocated beforehand: a store into a block that
a full disk cannot give would kill the process that only wanted to count.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from ofsep_node.domain.events import Event
from ofsep_node.domain.retention import Cause, Hold
from ofsep_node.metrics import declarations as known
from ofsep_node.metrics.declarations import OTHER_PEERS, PEERS_COUNTED, Metric
from ofsep_node.metrics.meters import (
    DeliveryMeter,
    IntakeMeter,
    ReceptionMeter,
    RetentionMeter,
)

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_COUNTED = ("counter", "histogram")
_NOW = "gauge_livesum"
_ALLOCATED = 1 << 19


def clear(folder: Path) -> None:
    """Forget what the last run of the node counted. Raises OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def count_as(part: str, folder: Path) -> None:
    """Make this process write the files of one part, before it makes any meter.

    Raises OSError when there is no room for the files.
    """
    for kind in (*_COUNTED, _NOW):
        _allocate(folder / f"{kind}_{part}.db")
    os.environ[_FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: part)


def _allocate(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, _ALLOCATED)
    finally:
        os.close(descriptor)


def forget_what_ran(part: str, folder: Path) -> None:
    """What a dead part was in the middle of is over. Raises OSError."""
    (folder / f"{_NOW}_{part}.db").unlink(missing_ok=True)


def counted(folder: Path) -> CollectorRegistry:
    """A registry with what all parts have counted."""
    registry = CollectorRegistry()
    if folder.is_dir():  # unless there was no room for it
        MultiProcessCollector(registry, str(folder))
    return registry


def peers_counted(part: str, folder: Path) -> set[str]:
    """The AE titles that a part has counted by name before it was started again."""
    path = folder / f"counter_{part}.db"
    if not path.exists():
        return set()
    written = MmapedDict.read_all_values_from_file(str(path))
    labels = [json.loads(key)[2] for key, _, _, _ in written]
    return {label["peer"] for label in labels if "peer" in label}


def _counter(metric: Metric) -> Counter:
    """With a zero for each label that is known: a rate needs something to begin with."""
    counter = Counter(metric.name, metric.meaning, tuple(metric.labels), registry=None)
    if metric.labels and all(metric.labels.values()):
        for labels in product(*metric.labels.values()):
            counter.labels(*labels)
    return counter


def _histogram(metric: Metric) -> Histogram:
    return Histogram(metric.name, metric.meaning, buckets=metric.buckets, registry=None)


def _gauge(metric: Metric) -> Gauge:
    return Gauge(
        metric.name,
        metric.meaning,
        tuple(metric.labels),
        multiprocess_mode="livesum",
        registry=None,
    )


class _Peer:
    """The counters of one AE title, looked up once."""

    def __init__(self, title: str, counters: Sequence[Counter]) -> None:
        self.accepted, self.objects, self.bytes = (c.labels(title) for c in counters)


class ReceptionCounts(ReceptionMeter):
    """Counts a receiver's work.

    AE titles are counted by name when they are `listed`, or among the first PEERS_COUNTED others;
    `seen` are those of the latter that are in the files already.
    """

    def __init__(self, listed: Iterable[str] = (), seen: Iterable[str] = ()) -> None:
        self._by_peer = tuple(
            _counter(metric)
            for metric in (
                known.ASSOCIATIONS_ACCEPTED,
                known.OBJECTS_RECEIVED,
                known.RECEIVED_BYTES,
            )
        )
        self._rejected = _counter(known.ASSOCIATIONS_REJECTED)
        ended = _counter(known.ASSOCIATIONS_ENDED)
        self._ended = {name: ended.labels(name) for name in ("released", "aborted")}
        self._running = _gauge(known.ASSOCIATIONS_RUNNING)
        self._refused = _counter(known.OBJECTS_REFUSED)
        self._response = _histogram(known.RESPONSE_SECONDS)
        self._queries = _counter(known.QUERIES)
        self._given = _counter(known.OBJECTS_GIVEN)
        named = {OTHER_PEERS, *listed}
        self._most = len(named) + PEERS_COUNTED
        self._peers = {title: _Peer(title, self._by_peer) for title in named | set(seen)}

    def _peer(self, title: str) -> _Peer:
        found = self._peers.get(title)
        if found is None:
            if len(self._peers) >= self._most:
                return self._peers[OTHER_PEERS]
            found = self._peers.setdefault(title, _Peer(title, self._by_peer))
        return found

    def accepted(self, peer: str) -> None:
        self._peer(peer).accepted.inc()
        self._running.inc()

    def rejected(self, reason: str) -> None:
        self._rejected.labels(reason).inc()

    def ended(self, outcome: Literal["released", "aborted"]) -> None:
        self._ended[outcome].inc()
        self._running.dec()

    def stored(self, peer: str, size: int) -> None:
        counters = self._peer(peer)
        counters.objects.inc()
        counters.bytes.inc(size)

    def refused(self, status: int) -> None:
        self._refused.labels(f"{status:04X}").inc()

    def answered(self, seconds: float) -> None:
        self._response.observe(seconds)

    def inquired(self, operation: str, outcome: str) -> None:
        self._queries.labels(operation, outcome).inc()

    def gave(self, operation: str, sent: int, failed: int) -> None:
        self._given.labels(operation, "sent").inc(sent)
        self._given.labels(operation, "failed").inc(failed)


class IntakeCounts(IntakeMeter):
    """Counts the intake's work."""

    def __init__(self) -> None:
        self._recorded = _counter(known.OBJECTS_RECORDED)
        self._recording = _histogram(known.RECORDING_SECONDS)
        self._verdict = _histogram(known.VERDICT_SECONDS)
        self._verdicts = _counter(known.VERDICTS)
        self._findings = _counter(known.FINDINGS_RAISED)
        self._reopened = _counter(known.STUDIES_REOPENED)
        self._steps = _counter(known.STEPS_TOLD)
        self._hindrances = _counter(known.INTAKE_HINDRANCES)

    def committed(self, events: Sequence[Event]) -> None:
        for event in events:
            self._count(event)

    def _count(self, event: Event) -> None:
        said: Mapping[str, object] = event.details
        match event.name.split("."):
            case ["instance", outcome]:
                self._recorded.labels(outcome).inc()
            case ["finding", "raised"]:
                self._findings.labels(said["rule"], said["severity"], said["outcome"]).inc()
            case ["study", "verdict"]:
                self._verdicts.labels(said["conclusion"]).inc()
            case ["study", "reopened"]:
                self._reopened.inc()
            case ["mpps", status]:
                self._steps.labels(status).inc()

    def recorded(self, waited_s: Iterable[float]) -> None:
        for seconds in waited_s:
            self._recording.observe(seconds)

    def judged(self, waited_s: Iterable[float]) -> None:
        for seconds in waited_s:
            self._verdict.observe(seconds)

    def hindered(self) -> None:
        self._hindrances.inc()


class DeliveryCounts(DeliveryMeter):
    """Counts the delivery's work."""

    def __init__(self) -> None:
        self._sent = _counter(known.REPORTS_SENT)
        self._failed = _counter(known.REPORT_ATTEMPTS_FAILED)
        self._seconds = _histogram(known.REPORT_SECONDS)

    def sent(self, destination: str, waited_s: float) -> None:
        self._sent.labels(destination).inc()
        self._seconds.observe(waited_s)

    def failed(self, destination: str) -> None:
        self._failed.labels(destination).inc()


class RetentionCounts(RetentionMeter):
    """Counts what is dropped unasked."""

    def __init__(self) -> None:
        self._objects = _counter(known.DROPPED_OBJECTS)
        self._bytes = _counter(known.DROPPED_BYTES)
        self._held = _gauge(known.STUDIES_HELD)
        self._full = _gauge(known.ARCHIVE_ABOVE_WATERMARK)
        self._last_run = _gauge(known.RETENTION_LAST_RUN)

    def dropped(self, because: Cause, objects: int, size: int) -> None:
        self._objects.labels(because).inc(objects)
        self._bytes.labels(because).inc(size)

    def above_watermark(self, *, full: bool) -> None:
        self._full.set(full)

    def looked(self, held: Mapping[Hold, int]) -> None:
        for hold in Hold:
            self._held.labels(hold).set(held.get(hold, 0))
        self._last_run.set(time.time())
