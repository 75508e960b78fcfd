"""The delivery is killed, anywhere: afterwards every report has arrived, and none is another."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydicom import dcmread

from ofsep_node.delivery.webhook import DELIVERY
from ofsep_node.domain.routing import EVERYBODY, Route, Routing
from tests.death import Death
from tests.delivery_process import start_delivery
from tests.destinations import HttpDestination, routing, states, told
from tests.intake_node import IntakeNode, t1_slice
from tests.reception_node import wait_until
from tests.storescp import storescp

STUDIES = 4

KNOWN = [
    # nothing done yet
    (Death("ofsep_node.records.outbox:take", 1, before=True), 0),
    # the attempt written down, not committed
    (Death("ofsep_node.records.outbox:take", 2), 0),
    # committed, nothing made
    (Death("ofsep_node.delivery.outbox:Deliveries._draft", 2, before=True), 0),
    # made, nothing sent
    (Death("ofsep_node.delivery.webhook:Webhook.deliver", 2, before=True), 0),
    # arrived and recorded
    (Death("ofsep_node.delivery.outbox:Deliveries._sent", 2), 0),
]
UNKNOWN = [
    # arrived, and the answer just beginning
    (Death("http.client:HTTPConnection.getresponse", 2), 1),
    # the answer read, nothing recorded
    (Death("ofsep_node.delivery.webhook:Webhook.deliver", 2), 1),
    # recorded, not committed
    (Death("ofsep_node.records.outbox:sent", 2), 1),
    (Death("ofsep_node.records.events:append", 2), 1),
]
"""Between the arrival of a report and the commit that records it, nobody can know: one is repeated."""


def settled(node: IntakeNode, to: Routing) -> None:
    node.now = datetime.now(UTC) - timedelta(seconds=120)  # the delivery goes by its own clock
    told(node, to)
    for study in range(STUDIES):
        node.send(t1_slice(1, study=study))
    node.wait(61)


@pytest.mark.parametrize(("death", "repeated"), [*KNOWN, *UNKNOWN], ids=str)
def test_a_kill_between_two_steps(node: IntakeNode, death: Death, repeated: int) -> None:
    settled(node, routing("dashboard"))
    with HttpDestination() as dashboard:
        process = start_delivery(node.url, dashboard.url, node.archive, death)
        assert process.wait(60) == -9
        process = start_delivery(node.url, dashboard.url, node.archive)
        wait_until(lambda: {s for _, s in states(node)} == {"sent"}, timeout_s=60)
        process.terminate()
        assert process.wait(60) == 0

    documents = {p.headers[DELIVERY]: p.body for p in dashboard.posted}
    assert len(documents) == STUDIES
    assert len(dashboard.posted) == STUDIES + repeated
    for posted in dashboard.posted:
        assert posted.body == documents[posted.headers[DELIVERY]]
    assert len(node.events("report.sent")) == STUDIES


@pytest.mark.parametrize(
    "death",
    [
        # the association open, nothing sent
        Death("ofsep_node.delivery.objects:send_files", 2, before=True),
        # stored and answered, the association still open
        Death("pynetdicom.association:Association.send_c_store", 2),
        # released, nothing recorded
        Death("ofsep_node.delivery.objects:Objects.deliver", 2),
    ],
    ids=str,
)
def test_a_kill_while_a_pacs_is_told(
    node: IntakeNode, peer: Callable[[str], str], tmp_path: Path, death: Death
) -> None:
    settled(node, Routing({"pacs": Route("pacs", ("sr",))}, {EVERYBODY: ("pacs",)}))
    with storescp(peer("storescp"), tmp_path / "pacs", "--unique-filenames") as pacs:
        process = start_delivery(node.url, pacs.port, node.archive, death)
        assert process.wait(60) == -9
        before = {path.read_bytes() for path in pacs.folder.iterdir()}
        process = start_delivery(node.url, pacs.port, node.archive)
        wait_until(lambda: {s for _, s in states(node)} == {"sent"}, timeout_s=60)
        process.terminate()
        assert process.wait(60) == 0
        objects = {path.read_bytes() for path in pacs.folder.iterdir()}

    assert before < objects
    assert len(objects) == STUDIES  # whichever came twice is the same, byte for byte
    assert len({dcmread(io.BytesIO(one)).SOPInstanceUID for one in objects}) == STUDIES
