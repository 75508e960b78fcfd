from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.dsutils import decode

from ofsep_node.reception import command as dimse
from tests.upper_layer import command_set, store_request, us


def test_a_store_request_is_read() -> None:
    command = dimse.decode(store_request("1.2.3 ", message_id=65_535))
    assert command.field == dimse.CommandField.C_STORE_RQ
    assert command.message_id == 65_535
    assert command.has_data_set
    assert command.sop_instance == b"1.2.3 "
    assert command.sop_instance_uid == "1.2.3"


def test_an_independent_reader_understands_the_response() -> None:
    request = dimse.decode(store_request("1.2.345"))
    response = dimse.response(request, dimse.Status.OUT_OF_RESOURCES)
    elements = decode(io.BytesIO(response), True, True)
    assert elements.CommandGroupLength == len(response) - 12
    assert elements.CommandField == 0x8001
    assert elements.MessageIDBeingRespondedTo == 7
    assert elements.Status == 0xA700
    assert elements.AffectedSOPInstanceUID == "1.2.345"


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\x00",
        store_request()[:-1],
        b"\x08\x00\x18\x00\x00\x00\x00\x00",
        command_set((0x0100, b"\x01")),
        command_set((0x0100, us(1))),
    ],
)
def test_a_damaged_command_is_refused(damaged: bytes) -> None:
    with pytest.raises(dimse.MalformedCommand):
        dimse.decode(damaged)


@given(st.binary(max_size=200))
def test_no_bytes_can_do_more_than_be_malformed(content: bytes) -> None:
    for candidate in (content, command_set((0x0100, us(1)), (0x0110, us(1))) + content):
        try:
            command = dimse.decode(candidate)
        except dimse.MalformedCommand:
            continue
        assert dimse.response(command, 0)
