from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import values

from ofsep_node.domain.events import Event
from ofsep_node.domain.retention import Hold
from ofsep_node.metrics import counting
from ofsep_node.metrics.counting import (
    DeliveryCounts,
    IntakeCounts,
    ReceptionCounts,
    RetentionCounts,
)
from ofsep_node.metrics.declarations import METRICS, OTHER_PEERS, PEERS_COUNTED
from ofsep_node.pulse import STUCK_AFTER_S, Phase, Pulses, beating


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Files of metrics; what counting changes in the process is put back."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    counting.clear(tmp_path / "metrics")
    yield tmp_path / "metrics"
    values.close_all_multiprocess_files()


def receiver(folder: Path, *listed: str) -> ReceptionCounts:
    """A receiver's meter as it is after a start."""
    counting.count_as("receiver-1", folder)
    return ReceptionCounts(listed, counting.peers_counted("receiver-1", folder))


def accepted(folder: Path) -> dict[str, float]:
    found = counting.counted(folder).collect()
    return {
        sample.labels["peer"]: sample.value
        for family in found
        if family.name == "ofsep_node_associations_accepted"
        for sample in family.samples
    }


def test_strangers_are_bounded_and_those_listed_are_not_among_them(folder: Path) -> None:
    meter = receiver(folder, "MRI_1")
    for number in range(PEERS_COUNTED + 5):
        meter.accepted(f"STRANGER_{number}")
    meter = receiver(folder, "MRI_1")  # started again: the bound holds for all its lives
    for title in ("ONE_MORE", "MRI_1", "STRANGER_0"):
        meter.accepted(title)
    counted = accepted(folder)
    assert len(counted) == 1 + 1 + PEERS_COUNTED
    assert counted[OTHER_PEERS] == 6
    assert counted["MRI_1"] == 1
    assert counted["STRANGER_0"] == 2


def test_every_byte_that_will_be_counted_in_has_its_block(folder: Path) -> None:
    """A store to a hole in a mapped file, once the disk is full, would kill a receiver."""
    meter = receiver(folder)
    for number in range(PEERS_COUNTED):
        meter.accepted(f"{number:016d}")
    for path in folder.iterdir():
        status = path.stat()
        assert status.st_size == counting._ALLOCATED, "it has grown past what was allocated"
        assert status.st_blocks * 512 >= status.st_size
        assert status.st_mode & 0o077 == 0


def test_what_is_counted_is_what_is_declared(folder: Path) -> None:
    meter = receiver(folder)
    meter.rejected("draining")
    counting.count_as("intake", folder)
    intake = IntakeCounts()
    about = {"rule": "voxel-3d", "severity": "error", "outcome": "fail"}
    intake.committed([Event("finding.raised", details=about)])
    counting.count_as("delivery", folder)
    delivery = DeliveryCounts()
    delivery.sent("pacs", 0.5)
    delivery.failed("pacs")
    counting.count_as("retention", folder)
    retention = RetentionCounts()
    retention.dropped("age", 3, 1024)
    retention.above_watermark(full=True)
    retention.looked({Hold.REPORT: 2})
    found = {f.name: f for f in counting.counted(folder).collect()}
    counted = [m for m in METRICS if m.by != "web"]
    assert set(found) == {m.name.removesuffix("_total") for m in counted}
    for metric in counted:
        family = found[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.meaning)
        assert {s.name for s in family.samples} == metric.samples
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels)


def test_without_room_nothing_is_counted_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "metrics").touch()
    with pytest.raises(OSError, match="exists"):
        counting.clear(tmp_path / "metrics")
    with pytest.raises(NotADirectoryError):
        counting.count_as("receiver-1", tmp_path / "metrics")
    assert os.environ.get("PROMETHEUS_MULTIPROC_DIR") is None


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_names_follow_the_conventions(metric: object) -> None:
    (found,) = (m for m in METRICS if m is metric)
    assert found.name.startswith("ofsep_node_")
    assert (found.kind == "counter") == found.name.endswith("_total")
    assert bool(found.buckets) == (found.kind == "histogram")
    assert not found.meaning.endswith(".")
    if found.kind == "histogram":
        assert found.name.endswith("_seconds")
        assert list(found.buckets) == sorted(found.buckets)


def test_what_nothing_is_heard_of_beats_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ofsep_node.pulse.BEATS_EVERY_S", 0.001)
    pulses, heard = Pulses(["intake"]), threading.Semaphore(0)
    pulses.born("intake", 42)
    with beating(heard.release):
        assert all(heard.acquire(timeout=60) for _ in range(5))
    while heard.acquire(blocking=False):
        continue
    assert not heard.acquire(timeout=0.1)


def test_no_name_is_declared_twice() -> None:
    assert len({m.name for m in METRICS}) == len(METRICS) > 20


def test_a_pulse_is_well_dead_or_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("ofsep_node.pulse.time.monotonic", lambda: now)
    pulses = Pulses(["receiver-1", "intake"])
    assert not pulses.are_vital_parts_well()
    assert [s.condition for s in pulses.signs()] == ["dead", "dead"]
    pulses.born("receiver-1", 41)
    pulses.born("intake", 42)
    assert pulses.are_vital_parts_well()
    now += STUCK_AFTER_S + 1
    pulses.beat("intake")
    assert [s.condition for s in pulses.signs()] == ["stuck", "well"]
    assert not pulses.are_vital_parts_well()
    pulses.died("intake")
    pulses.beat("intake")
    assert [(s.condition, s.deaths) for s in pulses.signs()] == [("stuck", 0), ("dead", 1)]
    assert pulses.phase is Phase.STARTING
    pulses.phase = Phase.DRAINING
    pulses.orphaned(2)
    pulses.orphaned(1)
    assert (pulses.phase, pulses.orphans) == (Phase.DRAINING, 3)
