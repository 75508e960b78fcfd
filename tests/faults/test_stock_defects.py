"""What is wrong with pynetdicom's own server, shown on it and on ours in the same words.

A test of the stock server that fails says that pynetdicom has mended the defect; then one reason
for our own association loop is gone (docs/decisions/0002).
"""

from __future__ import annotations

import contextlib
import io
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.reception import pdu
from tests.certificates import Certificates
from tests.found import below
from tests.intake_node import t1_slice
from tests.receiver_process import ServerProcess, receiver_process
from tests.reception_node import wait_until
from tests.stock_server import stock_server
from tests.upper_layer import (
    IMPLICIT_VR_LITTLE_ENDIAN,
    MR_IMAGE,
    RawSender,
    answered_contexts,
    associate_request,
    item,
    store_request,
    us,
    user_items,
    values,
)

MEGABYTE = 1 << 20
PATIENCE_S = 60
GE_PRIVATE_SYNTAX = "1.2.840.113619.5.2"
RELEASE = struct.pack(">BxI", pdu.PDUType.A_RELEASE_RQ, 4) + bytes(4)

Start = Callable[..., contextlib.AbstractContextManager[ServerProcess]]


def our_receiver(
    folder: Path,
    *,
    timeout_s: float = 30,
    maximum_associations: int = 10,
    every_class: bool = False,
    file_limit: int = 0,
    tls: tuple[str, str] | None = None,
    **_of_the_stock: object,
) -> contextlib.AbstractContextManager[ServerProcess]:
    waits = ("negotiation_timeout_s", "idle_timeout_s", "stall_timeout_s")
    settings: dict[str, Any] = dict.fromkeys(waits, timeout_s) | {
        "maximum_associations": maximum_associations,
        "accept_every_sop_class": every_class,
    }
    secured = {"certificate": tls[0], "key": tls[1], "port": 0, "only": True} if tls else {}
    return receiver_process(folder, settings=settings, file_limit=file_limit, tls=secured)


def an_object() -> bytes:
    """A data set as a sender sends it: without the head of a file."""
    file = t1_slice(1)
    return file[data_set_offset(io.BytesIO(file)) :]


def is_accepted(port: int) -> bool:
    with RawSender(port) as sender:
        sender.send(associate_request())
        return sender.pdu()[0] == pdu.PDUType.A_ASSOCIATE_AC


def comes_true(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    try:
        wait_until(condition, within_s)
    except AssertionError:
        return False
    return True


def status_of(sender: RawSender, data_set: bytes, instance: str) -> int | None:
    """The status of a C-STORE, None when the answer is an abort or nothing at all."""
    try:
        return sender.store(data_set, instance)
    except (AssertionError, ConnectionError):
        return None


# --- the defects: each says whether the server shows it ---


def a_stall_within_a_pdu_keeps_its_place(start: Start, folder: Path) -> bool:
    with (
        start(folder, maximum_associations=1, timeout_s=2) as server,
        RawSender(server.port) as stalled,
    ):
        stalled.associate()
        stalled.send(values(1, pdu.COMMAND, store_request())[:-30])
        return not comes_true(lambda: is_accepted(server.port))


def silent_connections_take_associations_places(start: Start, folder: Path) -> bool:
    with start(folder, maximum_associations=2) as server, contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(RawSender(server.port))
        return not comes_true(lambda: is_accepted(server.port))


def a_silent_tls_client_blocks_everyone(start: Start, folder: Path) -> bool:
    certificates = Certificates(folder / "certificates")
    certificate, key = certificates.issue("node")
    client = certificates.client()

    def comes_in() -> bool:
        with RawSender(server.port, 5) as sender, contextlib.suppress(OSError):
            sender.socket = client.wrap_socket(sender.socket, server_hostname="localhost")
            sender.associate()
            return True
        return False

    with start(folder, tls=(str(certificate), str(key))) as server, RawSender(server.port):
        return not comes_true(comes_in)


def any_announced_length_is_believed(start: Start, folder: Path) -> bool:
    with start(folder) as server, RawSender(server.port) as sender:
        sender.associate()
        watched = psutil.Process(server.process.pid)
        before = watched.memory_info().rss
        with contextlib.suppress(ConnectionError):
            sender.send(struct.pack(">BxI", pdu.PDUType.P_DATA_TF, 600 * MEGABYTE))
            for _ in range(100):
                sender.send(bytes(MEGABYTE))
        return comes_true(lambda: watched.memory_info().rss - before > 80 * MEGABYTE, 2.0)


def an_abort_leaves_a_file_behind(start: Start, folder: Path) -> bool:
    def unfinished() -> list[Path]:
        return [path for path in below(folder) if path.suffix in (".dcm", ".part")]

    with start(folder, chunked=True) as server:
        with RawSender(server.port) as sender:
            sender.associate()
            sender.send(values(1, pdu.COMMAND, store_request()))
            sender.send(values(1, 0, bytes(50_000))[:17_000])
            wait_until(lambda: bool(unfinished()), PATIENCE_S)
        return not comes_true(lambda: not unfinished())


def a_full_disk_is_answered_by_an_abort(start: Start, folder: Path) -> bool:
    with (
        start(folder, chunked=True, file_limit=100_000) as server,
        RawSender(server.port) as sender,
    ):
        sender.associate()
        return status_of(sender, bytes(300_000), "1.2.3") != 0xA700


def a_uid_leads_out_of_the_folder(start: Start, folder: Path) -> bool:
    inner = folder / "a" / "b" / "c"
    inner.mkdir(parents=True)
    with start(inner) as server, RawSender(server.port) as sender:
        sender.associate()
        assert sender.store(an_object(), "../../../evil") == 0
    return (folder / "evil.dcm").exists()


def a_private_syntax_is_accepted(start: Start, folder: Path) -> bool:
    contexts = [(1, MR_IMAGE, (GE_PRIVATE_SYNTAX, IMPLICIT_VR_LITTLE_ENDIAN))]
    with start(folder, every_class=True) as server, RawSender(server.port) as sender:
        answers = answered_contexts(sender.associate(associate_request(contexts)))
    return answers[1] == (0, GE_PRIVATE_SYNTAX)


def a_shutdown_cuts_associations_off(start: Start, folder: Path) -> bool:
    with start(folder) as server, RawSender(server.port) as sender:
        sender.associate()
        server.process.terminate()
        wait_until(lambda: not listens(server.port), PATIENCE_S)
        return status_of(sender, an_object(), "1.2.3") != 0


def listens(port: int) -> bool:
    """Whether an association that comes now is accepted.

    Asked without a pause, the stock server aborts what we open and never comes to its own end.
    """
    time.sleep(0.5)
    try:
        return is_accepted(port)
    except (ConnectionError, AssertionError):
        return False


def a_server_that_was_made_cannot_be_shut_down(start: Start, folder: Path) -> bool:
    with start(folder, made=True) as server:
        server.process.terminate()
        return server.process.wait(PATIENCE_S) != 0


def an_abort_by_the_server_leaks_its_thread(start: Start, folder: Path) -> bool:
    with start(folder, aborts_releases=True) as server:
        watched = psutil.Process(server.process.pid)
        before = watched.num_threads()
        for _ in range(5):
            with RawSender(server.port) as sender:
                sender.associate()
                sender.send(values(1, pdu.COMMAND, store_request()) + RELEASE)  # ours aborts too
                assert sender.pdu()[0] == pdu.PDUType.A_ABORT
        return not comes_true(lambda: watched.num_threads() <= before)


def a_uid_that_is_too_long_is_answered_by_an_abort(start: Start, folder: Path) -> bool:
    with start(folder) as server, RawSender(server.port) as sender:
        sender.associate()
        return status_of(sender, an_object(), "1.2." + "3" * 70) != 0


def an_asynchronous_window_is_not_answered(start: Start, folder: Path) -> bool:
    without_limit = item(0x53, bytes(4))
    with start(folder) as server, RawSender(server.port) as sender:
        answer = sender.associate(associate_request(user_items=without_limit))
    return user_items(answer).get(0x53) != us(1)[::-1] * 2


DEFECTS = (
    a_stall_within_a_pdu_keeps_its_place,
    silent_connections_take_associations_places,
    a_silent_tls_client_blocks_everyone,
    any_announced_length_is_believed,
    an_abort_leaves_a_file_behind,
    a_full_disk_is_answered_by_an_abort,
    a_uid_leads_out_of_the_folder,
    a_private_syntax_is_accepted,
    a_shutdown_cuts_associations_off,
    a_server_that_was_made_cannot_be_shut_down,
    a_uid_that_is_too_long_is_answered_by_an_abort,
    an_asynchronous_window_is_not_answered,
)

SERVERS = {"stock": stock_server, "ours": our_receiver}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
@pytest.mark.parametrize("server", SERVERS)
def test_defect(defect: Callable[[Start, Path], bool], server: str, tmp_path: Path) -> None:
    assert defect(SERVERS[server], tmp_path) is (server == "stock")


@pytest.mark.parametrize("server", SERVERS)
def test_mended_by_pynetdicom_3_0_4(server: str, tmp_path: Path) -> None:
    assert not an_abort_by_the_server_leaks_its_thread(SERVERS[server], tmp_path)
