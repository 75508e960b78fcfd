"""Who may come in, with real senders: listed peers, their addresses, roles and numbers."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from ofsep_node.reception.strangers import ADDRESSES_KEPT, Strangers
from tests.phantom import mr_object
from tests.reception_node import RunningReceiver, wait_until
from tests.upper_layer import (
    VERIFICATION,
    RawSender,
    answered_contexts,
    associate_request,
    command_set,
    item,
    store_request,
    us,
    values,
)

Receiving = Callable[..., RunningReceiver]
Peer = Callable[[str], str]

HERE = "127.0.0.1"
PERMANENT, TRANSIENT, BY_USER, BY_PRESENTATION = 1, 2, 1, 3


@pytest.fixture
def guarded(receiving: Receiving, tmp_path: Path) -> Callable[..., RunningReceiver]:
    """A receiver with the peers of a text: `guarded('[[peer]] ...')`."""

    def start(text: str, **settings: object) -> RunningReceiver:
        peers = tmp_path / "peers.toml"
        peers.write_text(text, encoding="utf-8")
        return receiving(peers=peers, **settings)

    return start


def listed(ae_title: str = "MR_CONSOLE", address: str = HERE, more: str = "") -> str:
    return f'[[peer]]\nae_title = "{ae_title}"\naddresses = ["{address}"]\n{more}\n'


def rejection(node: RunningReceiver, request: bytes | None = None) -> tuple[int, int, int]:
    """Result, source and reason of the A-ASSOCIATE-RJ that a request gets."""
    with RawSender(node.port) as sender:
        sender.send(request or associate_request())
        kind, body = sender.pdu()
        assert kind == 3, f"PDU {kind}"
        assert sender.is_closed()
        return body[1], body[2], body[3]


def reason(node: RunningReceiver) -> str:
    wait_until(lambda: bool(node.events("association.rejected")))
    (line,) = node.events("association.rejected")
    assert line["address"] == HERE
    return str(line["reason"])


def test_a_listed_peer_sends(guarded: Receiving, peer: Peer, tmp_path: Path) -> None:
    node = guarded(listed("SKYRA"))
    sent = mr_object(tmp_path / "a.dcm")
    run = subprocess.run(
        [peer("storescu"), "-aet", "SKYRA", HERE, str(node.port), str(sent)],
        check=False,
        env={**os.environ, "TCP_NODELAY": "1"},
    )
    assert run.returncode == 0
    assert len(node.objects()) == 1


def test_dcmtk_is_told_why_it_is_rejected(guarded: Receiving, peer: Peer) -> None:
    for text in (listed("SKYRA"), listed("SKYRA", "192.0.2.1")):
        node = guarded(text)
        run = subprocess.run(
            [peer("echoscu"), "-aet", "skyra", HERE, str(node.port)],
            check=False,
            capture_output=True,
            text=True,
        )
        assert run.returncode != 0
        assert "Calling AE Title Not Recognized" in run.stderr
        node.stop()


@pytest.mark.parametrize("title", [b"MR_CONSOLE", b"  MR_CONSOLE", b"MR_CONSOLE\0\0\0\0\0\0"])
def test_padding_of_the_title_does_not_matter(guarded: Receiving, title: bytes) -> None:
    node = guarded(listed())
    with RawSender(node.port) as sender:
        sender.associate(associate_request(calling=title))
        sender.release()


def test_an_unknown_title_is_rejected(guarded: Receiving) -> None:
    node = guarded(listed("MR_console"))
    assert rejection(node) == (PERMANENT, BY_USER, 3)
    assert reason(node) == "calling AE title not recognised"
    assert node.events("association.rejected")[0]["peer"] == "MR_CONSOLE"


def test_a_known_title_from_elsewhere_is_rejected(guarded: Receiving) -> None:
    node = guarded(listed(address="192.0.2.1") + listed("OTHER"))
    assert rejection(node) == (PERMANENT, BY_USER, 3)
    assert reason(node) == "this AE title may not come from this address"


def test_an_address_that_no_peer_has_is_turned_away_unheard(guarded: Receiving) -> None:
    node = guarded(listed(address="192.0.2.0/24"))
    with RawSender(node.port) as silent:
        kind, body = silent.pdu()
        assert (kind, *body[1:]) == (3, PERMANENT, BY_USER, 3)
        assert silent.is_closed()
    assert reason(node) == "no peer of the peers file has this address"
    assert rejection(node, bytes(200_000)) == (PERMANENT, BY_USER, 3)


def turned_away(node: RunningReceiver) -> RawSender:
    """A stranger that was told so and does not close its connection."""
    sender = RawSender(node.port)
    assert sender.pdu()[0] == 3
    return sender


def test_strangers_that_stay_cost_no_more_threads_than_others_that_wait(
    guarded: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ofsep_node.reception.connection._LINGER_S", 60.0)
    node = guarded(listed(address="192.0.2.0/24"), maximum_associations=1)
    with ExitStack() as strangers:
        for _ in range(80):
            strangers.enter_context(turned_away(node))
        assert 0 < node.receiver._admission.waiting <= 64
        wait_until(lambda: serving() <= 64, timeout_s=30)
    wait_until(lambda: node.receiver._admission.waiting == 0)


def serving() -> int:
    """How many threads have a connection."""
    return sum(thread.name.startswith("association ") for thread in threading.enumerate())


def test_the_log_is_told_of_a_stranger_once_a_minute(
    guarded: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = guarded(listed(address="192.0.2.0/24"))
    for _ in range(5):
        turned_away(node).socket.close()
    (line,) = node.events("association.rejected")
    assert "untold" not in line
    monkeypatch.setattr("ofsep_node.reception.strangers.TOLD_EVERY_S", 0.0)
    turned_away(node).socket.close()
    assert node.events("association.rejected")[1]["untold"] == 4


def test_of_many_strangers_the_last_are_known() -> None:
    strangers = Strangers()
    for number in range(ADDRESSES_KEPT + 1):
        assert strangers.untold(f"2001:db8::{number:x}") == 0
    assert strangers.untold("2001:db8::1") is None
    assert strangers.untold("2001:db8::0") == 0  # forgotten
    assert len(strangers._told) == ADDRESSES_KEPT


def test_the_called_title_matters_where_it_is_asked_for(guarded: Receiving) -> None:
    node = guarded(listed(), require_called_ae_title=True)
    assert rejection(node, associate_request(called=b"ELSEWHERE")) == (PERMANENT, BY_USER, 7)
    assert reason(node) == "called AE title not recognised"
    with RawSender(node.port) as sender:
        sender.associate(associate_request(called=b"OFSEP_NODE "))
        sender.release()


def test_a_peer_without_a_role_gets_no_context_for_it(guarded: Receiving) -> None:
    node = guarded(listed("PING", more='roles = ["echo"]') + listed("MR", more='roles = ["store"]'))
    for title, accepted in ((b"PING", 3), (b"MR", 1)):
        with RawSender(node.port) as sender:
            contexts = answered_contexts(sender.associate(associate_request(calling=title)))
            assert {i: result == 0 for i, (result, _) in contexts.items()} == {
                1: accepted == 1, 3: accepted == 3,
            }  # fmt: skip
            assert {result for result, _ in contexts.values()} == {0, 1}  # user rejection
            sender.release()


def test_a_store_without_the_right_to_is_answered_0124(guarded: Receiving) -> None:
    node = guarded(listed(more='roles = ["echo"]'))
    with RawSender(node.port) as sender:
        sender.associate()
        sender.send(values(3, 1, store_request()) + values(3, 0, bytes(400)))
        assert sender.answer()[0x0900] == us(0x0124)
        sender.release()
    assert node.events("instance.refused")[0]["reason"] == "this peer may not store"
    assert node.objects() == []


def test_an_echo_without_the_right_to_is_refused(guarded: Receiving) -> None:
    node = guarded(listed(more='roles = ["store"]'))
    uid = VERIFICATION.encode() + b"\0"
    echo = command_set((0x0002, uid), (0x0100, us(0x30)), (0x0110, us(1)), (0x0800, us(0x0101)))
    with RawSender(node.port) as sender:
        sender.associate()
        sender.send(values(1, 1, echo))
        assert sender.answer()[0x0900] == us(0x0122)
        sender.release()


# --- how many ---


def test_one_peer_cannot_take_all_places(receiving: Receiving) -> None:
    node = receiving(maximum_associations=4, maximum_associations_per_peer=2)
    with RawSender(node.port) as one, RawSender(node.port) as two, RawSender(node.port) as other:
        one.associate()
        two.associate()
        assert rejection(node) == (TRANSIENT, BY_PRESENTATION, 2)
        assert "maximum_associations_per_peer" in reason(node)
        other.associate(associate_request(calling=b"OTHER"))
        one.release()
        with RawSender(node.port) as three:
            three.associate()


# --- who uses the peer ---


def identity(kind: int, primary: bytes, secondary: bytes = b"") -> bytes:
    body = bytes((kind, 0)) + len(primary).to_bytes(2, "big") + primary
    return item(0x58, body + len(secondary).to_bytes(2, "big") + secondary)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (identity(1, b"a.martin"), {"identity": "username", "user": "a.martin"}),
        (
            identity(2, "béa".encode(), b"s3cret"),
            {"identity": "username and passcode", "user": "béa"},
        ),
        (identity(3, b"s3cret"), {"identity": "Kerberos ticket"}),
        (identity(4, b"<s3cret/>"), {"identity": "SAML assertion"}),
        (identity(5, b"s3cret.x.y"), {"identity": "JSON web token"}),
        (identity(9, b"s3cret"), {"identity": "type 9"}),
        (identity(1, b"\xff" * 500), {"identity": "username", "user": "\ufffd" * 64}),
        (b"", {}),
    ],
)
def test_the_user_is_told_to_the_log_and_a_secret_never_is(
    receiving: Receiving, sent: bytes, told: dict[str, str]
) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate(associate_request(user_items=sent))
        sender.release()
    (line,) = node.events("association.opened")
    assert {k: line[k] for k in ("identity", "user") if k in line} == told
    wait_until(lambda: bool(node.events("association.released")))
    assert "s3cret" not in repr(node._capture.entries)


def test_dcmtks_user_is_told_when_it_is_rejected_too(guarded: Receiving, peer: Peer) -> None:
    node = guarded(listed("SOMEBODY"))
    subprocess.run(
        [peer("storescu"), "-usr", "a.martin", "-pwd", "s3cret", HERE, str(node.port), __file__],
        check=False,
        capture_output=True,
    )
    assert "calling AE title" in reason(node)
    (line,) = node.events("association.rejected")
    assert line["user"] == "a.martin"
    assert "s3cret" not in repr(line)
