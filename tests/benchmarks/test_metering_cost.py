"""What counting costs a receiver for each object."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import values

from ofsep_node.metrics import ReceptionMeter, counting
from ofsep_node.metrics.counting import ReceptionCounts

OBJECTS = 20_000


def cost_us(meter: ReceptionMeter) -> float:
    """Microseconds of the processor for one object, the best of five rounds."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(OBJECTS):
            meter.stored("MRI_1", 170_000)
            meter.answered(0.001)
        rounds.append(time.process_time() - started)
    return min(rounds) / OBJECTS * 1e6


def test_counting_an_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, say: Callable[[str], None]
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    counting.clear(tmp_path / "metrics")
    counting.count_as("receiver-1", tmp_path / "metrics")
    meter = ReceptionCounts()
    say(f"counting an object costs {cost_us(meter):.1f} us, not to {cost_us(ReceptionMeter()):.1f}")
    counted = {
        sample.name: sample.value
        for family in counting.counted(tmp_path / "metrics").collect()
        for sample in family.samples
        if "bucket" not in sample.name and sample.labels.get("peer", "MRI_1") == "MRI_1"
    }
    assert counted["ofsep_node_objects_received_total"] == 5 * OBJECTS
    assert counted["ofsep_node_received_bytes_total"] == 5 * OBJECTS * 170_000
    assert counted["ofsep_node_object_response_seconds_count"] == 5 * OBJECTS
