"""The same objects from everybody at once, and again before they are recorded."""

from __future__ import annotations

import io
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ofsep_node.dicom.part10 import data_set_offset
from tests.intake_node import t1_slice, uid_of
from tests.node import RunningNode
from tests.reception_node import data_set
from tests.upper_layer import RawSender

SENDERS = 8
IMAGES = 15


def body_of(number: int) -> bytes:
    file = t1_slice(number)
    return file[data_set_offset(io.BytesIO(file)) :]


BODIES = {uid_of("instance 1 1", number): body_of(number) for number in range(1, IMAGES + 1)}


def test_eight_senders_of_the_same_objects_and_a_resend_leave_one_intact_copy_of_each(
    tmp_path: Path,
) -> None:
    together = threading.Barrier(SENDERS)

    def send(port: int) -> list[int]:
        """Twice, so that the second time falls into the intake of the first."""
        statuses = []
        for _ in range(2):
            with RawSender(port, 120) as sender:
                sender.associate()
                together.wait(120)
                statuses += [sender.store(body, uid) for uid, body in BODIES.items()]
                sender.release()
        return statuses

    with RunningNode(tmp_path / "node", terminal=None, RECEPTION__RECEIVERS="2") as node:
        with ThreadPoolExecutor(SENDERS) as pool:
            statuses = [s for sent in pool.map(send, [node.port] * SENDERS) for s in sent]
        node.wait_for_verdict(uid_of("study", 1), within_s=180)
        assert set(statuses) == {0}
        assert {path.stem: data_set(path) for path in node.archived()} == BODIES
        assert node.spooled() == []
        told = Counter(e["event"] for e in node.events() if e["event"].startswith("instance."))
        copies = 2 * SENDERS * IMAGES
        assert told == {"instance.stored": IMAGES, "instance.duplicate": copies - IMAGES}
