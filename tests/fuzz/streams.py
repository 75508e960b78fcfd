"""What senders say, well-formed: the seeds that are mutated."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ofsep_node.reception import pdu
from tests.upper_layer import (
    DEFAULT_CONTEXTS,
    MR_IMAGE,
    VERIFICATION,
    associate_request,
    command_set,
    even,
    item,
    store_request,
    us,
    values,
)

RELEASE = struct.pack(">BxI", pdu.PDUType.A_RELEASE_RQ, 4) + bytes(4)
ABORT = struct.pack(">BxI", pdu.PDUType.A_ABORT, 4) + bytes(4)

_UID = MR_IMAGE.encode()
ROLE = item(0x54, len(_UID).to_bytes(2, "big") + _UID + b"\x01\x01")
WINDOW = item(0x53, b"\x00\x05\x00\x05")
IDENTITY = item(0x58, b"\x02\x01\x00\x04user\x00\x06secret")
EXTENDED = item(0x56, len(_UID).to_bytes(2, "big") + _UID + b"\x02\x00")

ECHO = command_set(
    (0x0002, even(VERIFICATION)), (0x0100, us(0x30)), (0x0110, us(1)), (0x0800, us(0x101))
)
CANCEL = command_set((0x0100, us(0x0FFF)), (0x0120, us(7)), (0x0800, us(0x101)))
FIND = command_set((0x0100, us(0x0020)), (0x0110, us(3)), (0x0800, us(1)))

REQUESTS = (
    associate_request(),
    associate_request(user_items=ROLE + WINDOW + IDENTITY + EXTENDED),
    associate_request([(1, "1.2.3.4.5", ("1.2.840.113619.5.2", "1.2.840.10008.1.2"))]),
    associate_request([*DEFAULT_CONTEXTS] * 8, calling=b"\0\0CONSOLE\0", called=b""),
)
MESSAGES = (
    values(1, pdu.COMMAND, store_request()) + values(1, 0, bytes(300), size=100),
    values(1, pdu.COMMAND, store_request("1.2." + "3" * 80), size=20) + values(1, 0, b"x"),
    values(1, pdu.COMMAND, store_request("../../../evil")) + values(1, 0, b"a data set"),
    values(1, pdu.COMMAND, store_request(None)) + values(1, 0, b"a data set"),
    values(1, pdu.COMMAND, store_request(sop_class=VERIFICATION)) + values(1, 0, b"x"),
    values(3, pdu.COMMAND, ECHO),
    values(1, pdu.COMMAND, CANCEL),
    values(1, pdu.COMMAND, FIND) + values(1, 0, b"identifier"),
    values(1, pdu.COMMAND, store_request()) + values(1, 0, b""),
)
ENDS = (RELEASE, ABORT, b"", RELEASE[:3], REQUESTS[0])


def seeds() -> Iterator[bytes]:
    """Whole conversations: each request with each message and each end, and long ones."""
    for request in REQUESTS:
        for message in MESSAGES:
            for end in ENDS:
                yield request + message + end
        yield request + b"".join(MESSAGES) + RELEASE
