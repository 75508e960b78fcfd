"""What is left after an outage: a hundred thousand objects in the spool, and the memory they take.

OFSEP_BACKLOG sets another number of objects.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ofsep_node import spool
from ofsep_node.records.migration import upgrade
from tests.intake_node import IntakeNode, t1_slice
from tests.intake_process import start_intake

OBJECTS = int(os.environ.get("OFSEP_BACKLOG", "100000"))
A_STUDY = 500
Say = Callable[[str], None]


def spooled_study(root: Path, study: int, template: bytes) -> None:
    """An association of one study, written as a receiver does but for the syncs."""
    association = spool.new_association_id()
    opened = spool.AssociationOpened(
        association_id=association,
        node="test-node",
        calling_ae_title="MR",
        called_ae_title="OFSEP_NODE",
        address="192.0.2.7",
        port=104,
        implementation_class_uid="1.2.3",
        implementation_version_name="",
        opened_at=spool.timestamp(),
    )
    folder = spool.AssociationFolder.open(root, opened)
    for number in range(1, A_STUDY + 1):
        content = template.replace(_stem("9" * 12), _stem(f"{study:06d}{number:06d}"))
        content = content.replace(_study("9" * 12), _study(f"{study:012d}"))
        content = content.replace(b"9999\\-128", b"%04d\\-128" % number)
        (folder.path / f"{number:06d}.dcm").write_bytes(content)
    closed = spool.AssociationClosed(
        outcome="released", closed_at=spool.timestamp(), objects=A_STUDY, reason=""
    )
    folder.close(closed)


def _stem(digits: str) -> bytes:
    return f"1.2.826.1.{digits}".encode()


def _study(digits: str) -> bytes:
    return f"1.2.826.2.{digits}".encode()


@pytest.mark.slow
def test_a_backlog_drains_in_bounded_memory(tmp_path: Path, say: Say) -> None:
    data = tmp_path / "data"
    data.mkdir()
    url = f"sqlite:///{data / 'records.sqlite'}"
    upgrade(url)
    template = t1_slice(
        1,
        SOPInstanceUID=_stem("9" * 12).decode(),
        StudyInstanceUID=_study("9" * 12).decode(),
        ImagePositionPatient=[9999, -128, 128],
        SeriesInstanceUID=f"{_study('9' * 12).decode()}.1",
    )
    for study in range(OBJECTS // A_STUDY):
        spooled_study(data / "spool", study, template)
    node = IntakeNode(data, url)
    process = start_intake(data, url)
    watched, peak, started = psutil.Process(process.pid), 0, time.monotonic()
    try:
        while spool.associations(data / "spool"):
            assert process.poll() is None, "the intake ended"
            peak = max(peak, watched.memory_info().rss >> 20)
            time.sleep(1)
        seconds, used = time.monotonic() - started, watched.cpu_times()
    finally:
        process.kill()
        process.wait()
    say(
        f"\n{OBJECTS} objects in {seconds:.0f} s, of which {used.user + used.system:.0f} s at work; "
        f"peak {peak} MB"
    )
    assert sum(node.outcomes().values()) == OBJECTS // A_STUDY * A_STUDY
