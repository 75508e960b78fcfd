from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.pdu import A_ASSOCIATE_AC

from ofsep_node.reception import pdu
from ofsep_node.reception.negotiation import negotiate
from ofsep_node.reception.policy import Policy
from tests.upper_layer import MR_IMAGE, associate_request, item


def test_a_request_is_read() -> None:
    uid = MR_IMAGE.encode()
    extra = (
        item(0x54, len(uid).to_bytes(2, "big") + uid + b"\x01\x00")
        + item(0x55, b"SYNGO ")
        + item(0x77, b"an item of the future")
    )
    body = associate_request([(1, MR_IMAGE, ("1.2", "3.4"))], user_items=extra)[6:]
    request = pdu.decode_associate_request(body)
    assert request.called_ae_title == "OFSEP_NODE"
    assert request.calling_ae_title == "MR_CONSOLE"
    assert request.contexts == (pdu.ProposedContext(1, MR_IMAGE, ("1.2", "3.4")),)
    assert request.maximum_length == 16384
    assert request.implementation_class_uid == "1.2.3.4"
    assert request.implementation_version_name == "SYNGO"
    assert request.roles == (pdu.ProposedRole(MR_IMAGE, scu=True, scp=False),)
    assert not request.asynchronous_operations
    assert not request.wants_identity_response


def test_a_request_without_user_information_is_read() -> None:
    head = b"\x00\x01\x00\x00" + b"NODE".ljust(16) + b"CONSOLE".ljust(16) + bytes(32)
    request = pdu.decode_associate_request(head)
    assert (request.maximum_length, request.contexts) == (0, ())


def test_an_independent_reader_understands_the_answer() -> None:
    request = pdu.decode_associate_request(associate_request()[6:])
    answer, _ = negotiate(request, Policy(), 131_072)
    decoded = A_ASSOCIATE_AC()
    decoded.decode(pdu.associate_accept(request, answer))
    assert decoded.user_information is not None
    assert decoded.user_information.maximum_length == 131_072
    assert [(c.context_id, c.result) for c in decoded.presentation_context] == [(1, 0), (3, 0)]
    assert decoded.called_ae_title == "OFSEP_NODE"


@given(st.data())
def test_no_request_can_do_more_than_be_malformed(data: st.DataObject) -> None:
    body = bytearray(associate_request()[6:])
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(66, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(body[: data.draw(st.integers(0, len(body)))])
    try:
        request = pdu.decode_associate_request(cut)
    except pdu.MalformedPDU:
        return
    answer, _ = negotiate(request, Policy(), 131_072)
    assert pdu.associate_accept(request, answer)[0] == pdu.PDUType.A_ASSOCIATE_AC


@pytest.mark.parametrize("maximum", [0, 7, 8, 64, 10_000])
def test_a_command_is_cut_to_what_the_peer_takes(maximum: int) -> None:
    command = bytes(range(200))
    sent = pdu.command_pdus(5, command, maximum)
    content, lasts = b"", []
    while sent:
        _, length = pdu.HEADER.unpack_from(sent)
        body, sent = sent[6 : 6 + length], sent[6 + length :]
        assert not maximum or length <= max(maximum, 8)
        value_length, context, control = pdu.PDV_HEADER.unpack_from(body)
        assert (value_length, context) == (length - 4, 5)
        lasts.append(bool(control & pdu.LAST))
        content += body[6:]
    assert content == command
    assert lasts == [False] * (len(lasts) - 1) + [True]
