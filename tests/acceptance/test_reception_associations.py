"""What an association may ask for, and what a message is answered, byte by byte."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pydicom
import pytest

from ofsep_node import spool
from ofsep_node.reception import pdu
from ofsep_node.reception.policy import STORAGE_SOP_CLASSES, TRANSFER_SYNTAXES
from tests.reception_node import RunningReceiver, data_set, wait_until
from tests.upper_layer import (
    DEFAULT_CONTEXTS,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    MR_IMAGE,
    VERIFICATION,
    RawSender,
    answered_contexts,
    associate_request,
    command_set,
    even,
    item,
    store_request,
    us,
    user_items,
    values,
)

Receiving = Callable[..., RunningReceiver]

GE_PRIVATE_SYNTAX = "1.2.840.113619.5.2"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize("syntax", TRANSFER_SYNTAXES)
def test_every_standard_transfer_syntax_keeps_its_bytes(receiving: Receiving, syntax: str) -> None:
    node = receiving()
    content = bytes(range(256)) * 5
    with RawSender(node.port) as sender:
        sender.associate(associate_request([(1, MR_IMAGE, (syntax,))]))
        assert sender.store(content) == 0
        sender.release()
    (stored,) = node.objects()
    assert data_set(stored) == content
    assert pydicom.filereader.read_file_meta_info(stored).TransferSyntaxUID == syntax


@pytest.mark.parametrize("size", [1, 100, 4096, 131_066])
def test_fragments_of_any_size(receiving: Receiving, size: int) -> None:
    node = receiving()
    content = bytes(range(251)) * (3 if size == 1 else 2000)
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(content, size=size) == 0
        assert sender.store(content[1:], "1.2.4", size=size) == 0
        sender.release()
    assert [data_set(path) for path in node.objects()] == [content, content[1:]]


def test_several_values_in_one_pdu(receiving: Receiving) -> None:
    node = receiving()
    command = values(1, pdu.COMMAND, store_request())
    first, second = values(1, 0, b"A" * 10, size=4)[:], b""
    body = command[6:]
    while first:
        length = int.from_bytes(first[2:6], "big")
        second += first[6 : 6 + length]
        first = first[6 + length :]
    both = body + second
    with RawSender(node.port) as sender:
        sender.associate()
        sender.send(b"\x04\0" + len(both).to_bytes(4, "big") + both)
        assert sender.answer()[0x0900] == us(0)
    assert data_set(node.objects()[0]) == b"A" * 10


def test_a_ge_private_syntax_offered_first_is_passed_over(receiving: Receiving) -> None:
    node = receiving()
    contexts = [
        (1, MR_IMAGE, (GE_PRIVATE_SYNTAX, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN)),
        (3, MR_IMAGE, (GE_PRIVATE_SYNTAX,)),
        (5, CT_IMAGE, (EXPLICIT_VR_LITTLE_ENDIAN,)),
        (7, MR_IMAGE, ()),
    ]
    with RawSender(node.port) as sender:
        answers = answered_contexts(sender.associate(associate_request(contexts)))
    assert answers[1] == (0, IMPLICIT_VR_LITTLE_ENDIAN)
    assert [answers[identifier][0] for identifier in (3, 5, 7)] == [4, 3, 4]


@pytest.mark.parametrize(
    ("settings", "uid", "result"),
    [
        ({}, "1.3.12.2.1107.5.9.1", 0),
        ({}, "1.3.46.670589.11.0.0.12.2", 0),
        ({}, CT_IMAGE, 3),
        ({"additional_sop_classes": (CT_IMAGE,)}, CT_IMAGE, 0),
        ({"accept_every_sop_class": True}, CT_IMAGE, 0),
        ({"accept_every_sop_class": True}, "1.2.3.4.5", 0),
        ({"accept_every_sop_class": True}, "1.2.840.10008.5.1.4.1.2.2.1", 1),
        ({"accept_every_sop_class": True}, "1.2.840.10008.5.1.4.1.2.1.1", 3),
    ],
)
def test_sop_classes(
    receiving: Receiving, settings: dict[str, object], uid: str, result: int
) -> None:
    node = receiving(**settings)
    with RawSender(node.port) as sender:
        request = associate_request([(1, uid, (EXPLICIT_VR_LITTLE_ENDIAN,))])
        assert answered_contexts(sender.associate(request))[1][0] == result


def test_as_many_contexts_as_an_association_can_have(receiving: Receiving) -> None:
    node = receiving()
    uids = list(STORAGE_SOP_CLASSES)
    contexts = [(2 * n + 1, uids[n % len(uids)], tuple(TRANSFER_SYNTAXES)) for n in range(128)]
    with RawSender(node.port) as sender:
        answers = answered_contexts(sender.associate(associate_request(contexts)))
    assert len(answers) == 128
    assert {result for result, _ in answers.values()} == {0}


def test_roles_window_and_identity(receiving: Receiving) -> None:
    node = receiving(maximum_pdu_length=65_536)
    uid = MR_IMAGE.encode()
    wanted = (
        item(0x54, len(uid).to_bytes(2, "big") + uid + b"\x01\x01")
        + item(0x53, b"\x00\x05\x00\x05")
        + item(0x56, len(uid).to_bytes(2, "big") + uid + b"\x02\x00")
        + item(0x58, b"\x01\x01\x00\x04user\x00\x00")
    )
    with RawSender(node.port) as sender:
        items = user_items(sender.associate(associate_request(user_items=wanted)))
    assert items[0x51] == (65_536).to_bytes(4, "big")
    assert items[0x54] == len(uid).to_bytes(2, "big") + uid + b"\x01\x00"
    assert items[0x53] == b"\x00\x01\x00\x01"
    assert items[0x59] == b"\x00\x00"
    assert 0x56 not in items


def test_nothing_is_answered_that_was_not_asked(receiving: Receiving) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        assert sorted(user_items(sender.associate())) == [0x51, 0x52, 0x55]


def test_a_peer_that_only_wants_to_be_scp_is_refused_that_context(receiving: Receiving) -> None:
    node = receiving()
    uid = MR_IMAGE.encode()
    wanted = item(0x54, len(uid).to_bytes(2, "big") + uid + b"\x00\x01")
    with RawSender(node.port) as sender:
        answers = answered_contexts(sender.associate(associate_request(user_items=wanted)))
    assert (answers[1][0], answers[3][0]) == (1, 0)


@pytest.mark.parametrize(
    ("request_pdu", "settings", "codes"),
    [
        (associate_request(version=2), {}, (1, 2, 2)),
        (associate_request(application_context="1.2.3"), {}, (1, 1, 2)),
        (associate_request(called=b"OTHER"), {"require_called_ae_title": True}, (1, 1, 7)),
    ],
)
def test_rejections(
    receiving: Receiving, request_pdu: bytes, settings: dict[str, object], codes: tuple[int, ...]
) -> None:
    node = receiving(**settings)
    with RawSender(node.port) as sender:
        sender.send(request_pdu)
        assert sender.pdu() == (pdu.PDUType.A_ASSOCIATE_RJ, bytes((0, *codes)))
        assert sender.is_closed()
    assert node.events("association.rejected")[0]["reason"]
    assert spool.associations(node.spool) == []


@pytest.mark.parametrize("padding", [b" ", b"\0"])
def test_ae_titles_are_padded_in_every_way(receiving: Receiving, padding: bytes) -> None:
    node = receiving(require_called_ae_title=True)
    request = associate_request(
        called=b"OFSEP_NODE".ljust(16, padding), calling=b"CONSOLE\xe9".ljust(16, padding)
    )
    with RawSender(node.port) as sender:
        sender.associate(request)
        assert sender.store(b"data") == 0
        (name,) = spool.associations(node.spool)
        opened = spool.read_opened(node.spool, name)
    assert (opened.calling_ae_title, opened.called_ae_title) == ("CONSOLEé", "OFSEP_NODE")
    assert opened.implementation_class_uid == "1.2.3.4"
    assert opened.node == "node-1"


def test_as_many_associations_as_the_setting_says(receiving: Receiving) -> None:
    node = receiving(maximum_associations=2)
    with RawSender(node.port) as one, RawSender(node.port) as two, RawSender(node.port) as three:
        one.associate()
        two.associate()
        three.send(associate_request())
        assert three.pdu() == (pdu.PDUType.A_ASSOCIATE_RJ, b"\0\x02\x03\x02")
        one.release()
        with RawSender(node.port) as four:
            four.associate()


# --- statuses ---


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"sop_class": "1.2.840.10008.5.1.4.1.1.7"}, 0xA900),
        ({"sop_class": VERIFICATION, "context": 3}, 0x0122),
        ({"instance": None}, 0xC000),
        ({"instance": "  "}, 0xC000),
        ({"data_set": b""}, 0xC000),
    ],
)
def test_a_refused_object_leaves_the_association_alive(
    receiving: Receiving, arguments: dict[str, object], status: int
) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(**{"data_set": b"x" * 40_000, **arguments}) == status  # type: ignore[arg-type]
        assert node.parts() == []
        assert sender.store(b"good") == 0
        sender.release()
    assert [data_set(path) for path in node.objects()] == [b"good"]
    (refused,) = node.events("instance.refused")
    assert refused["status"] == f"{status:04X}"
    assert refused["reason"]
    assert refused["association"]


def test_a_class_left_out_of_the_command_is_that_of_the_context(receiving: Receiving) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"data", sop_class="") == 0
    meta = pydicom.filereader.read_file_meta_info(node.objects()[0])
    assert meta.MediaStorageSOPClassUID == MR_IMAGE


@pytest.mark.parametrize(
    "uid", ["1." * 60 + "1", "../../../evil", "1.2.3 ", "1.02.3", "x" * 200, "1.2.é"]
)
def test_strange_instance_uids_are_kept_and_name_no_file(receiving: Receiving, uid: str) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        sender.send(values(1, pdu.COMMAND, store_request(uid)) + values(1, 0, b"data"))
        answer = sender.answer()
    assert answer[0x0900] == us(0)
    assert answer[0x1000] == even(uid)
    (stored,) = node.objects()
    assert stored.name == "000001.dcm"
    assert stored.parent.parent == node.spool
    with (
        contextlib.nullcontext()
        if len(uid) <= 64
        else pytest.warns(UserWarning, match="exceeds the maximum length")
    ):
        meta = pydicom.filereader.read_file_meta_info(stored)
        assert str(meta.MediaStorageSOPInstanceUID) == uid.strip()
    assert data_set(stored) == b"data"


def test_a_receiver_that_drains_is_known_to_be_well(
    receiving: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ofsep_node.reception.receiver.BEATS_EVERY_S", 0.01)
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        node.receiver.drain(600)
        before = node.beats
        wait_until(lambda: node.beats > before + 5)
        sender.release()
    wait_until(lambda: not node.is_running())


def test_the_response_names_its_request(receiving: Receiving) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        request = store_request("1.2.77", message_id=513)
        sender.send(values(1, pdu.COMMAND, request, size=20) + values(1, 0, b"data"))
        answer = sender.answer()
    assert answer[0x0002] == even(MR_IMAGE)
    assert answer[0x0100] == us(0x8001)
    assert answer[0x0120] == us(513)
    assert answer[0x0800] == us(0x0101)
    assert answer[0x1000] == even("1.2.77")


def test_commands_that_are_not_ours(receiving: Receiving) -> None:
    node = receiving()
    find = command_set((0x0100, us(0x0020)), (0x0110, us(9)), (0x0800, us(0)))
    get = command_set((0x0100, us(0x0010)), (0x0110, us(10)), (0x0800, us(0x0101)))
    cancel = command_set((0x0100, us(0x0FFF)), (0x0120, us(9)), (0x0800, us(0x0101)))
    echo = command_set((0x0100, us(0x0030)), (0x0110, us(11)), (0x0800, us(0x0101)))
    with RawSender(node.port) as sender:
        sender.associate()
        sender.send(values(1, pdu.COMMAND, find) + values(1, 0, b"identifier"))
        answer = sender.answer()
        assert (answer[0x0100], answer[0x0120], answer[0x0900]) == (us(0x8020), us(9), us(0x0211))
        sender.send(values(1, pdu.COMMAND, get))
        assert sender.answer()[0x0900] == us(0x0211)
        sender.send(values(1, pdu.COMMAND, cancel))
        sender.send(values(3, pdu.COMMAND, echo))
        answer = sender.answer()
        assert (answer[0x0100], answer[0x0120], answer[0x0900]) == (us(0x8030), us(11), us(0))


def test_answers_fit_the_peers_pdu_length(receiving: Receiving) -> None:
    node = receiving()
    request = associate_request().replace(
        item(0x51, (16384).to_bytes(4, "big")), item(0x51, (64).to_bytes(4, "big"))
    )
    with RawSender(node.port) as sender:
        sender.associate(request)
        sender.send(values(1, pdu.COMMAND, store_request()) + values(1, 0, b"data"))
        lengths, content = [], b""
        while True:
            _, body = sender.pdu()
            lengths.append(len(body))
            content += body[6:]
            if body[5] & pdu.LAST:
                break
    assert max(lengths) <= 64
    assert len(lengths) > 1
    assert even(MR_IMAGE) in content


def test_what_is_told_to_the_log_and_the_intake(receiving: Receiving) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        sender.store(b"one")
        sender.store(b"two", "1.2.4")
        sender.release()
    (name,) = spool.associations(node.spool)
    wait_until(lambda: len(node.nudges) == 4)
    assert node.nudges == [name, f"{name}/000001.dcm", f"{name}/000002.dcm", name]
    (opened,), (released,) = node.events("association.opened"), node.events("association.released")
    for event in (opened, released):
        assert event["association"] == name
        assert event["peer"] == "MR_CONSOLE"
        assert event["called"] == "OFSEP_NODE"
        assert event["address"] == "127.0.0.1"
    assert released["objects"] == 2


def test_an_association_without_an_object_leaves_lines_in_the_log_only(
    receiving: Receiving,
) -> None:
    node = receiving()
    echo = command_set((0x0100, us(0x0030)), (0x0110, us(11)), (0x0800, us(0x0101)))
    with RawSender(node.port) as sender:
        sender.associate()
        sender.send(values(3, pdu.COMMAND, echo))
        assert sender.answer()[0x0900] == us(0)
        sender.release()
    (opened,), (released,) = node.events("association.opened"), node.events("association.released")
    assert opened["association"] == released["association"]
    assert released["objects"] == 0
    assert node.nudges == []
    assert spool.associations(node.spool) == []


def test_a_folder_made_late_tells_when_the_association_was_accepted(receiving: Receiving) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        wait_until(lambda: bool(node.events("association.opened")))
        accepted = spool.timestamp()
        time.sleep(0.05)
        assert sender.store(b"data") == 0
        (name,) = spool.associations(node.spool)
        assert spool.read_opened(node.spool, name).opened_at <= accepted
        sender.release()


def test_closed_is_written_before_the_release_is_answered(receiving: Receiving) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate(associate_request(DEFAULT_CONTEXTS))
        assert sender.store(b"data") == 0
        sender.release()
        (name,) = spool.associations(node.spool)
        end = spool.read_closed(node.spool, name)
    assert end is not None
    assert end.outcome == "released"
