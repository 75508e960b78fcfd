"""What senders say, well-formed: the seeds that are mutated."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom.dataset import Dataset

from ofsep_node.domain.sop_classes import (
    PERFORMED_PROCEDURE_STEP,
    STORAGE_COMMITMENT,
    STORAGE_COMMITMENT_INSTANCE,
    STUDY_ROOT_FIND,
    STUDY_ROOT_GET,
)
from ofsep_node.reception import pdu
from tests.modality import commitment_request, encoded, new_step
from tests.upper_layer import (
    DEFAULT_CONTEXTS,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
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

_IMPLICIT, _EXPLICIT = (IMPLICIT_VR_LITTLE_ENDIAN,), (EXPLICIT_VR_LITTLE_ENDIAN,)
SERVICES = associate_request(
    [
        (1, STUDY_ROOT_FIND, _IMPLICIT),
        (3, STUDY_ROOT_GET, _EXPLICIT),
        (5, MR_IMAGE, _EXPLICIT),
        (7, STORAGE_COMMITMENT, _IMPLICIT),
        (9, PERFORMED_PROCEDURE_STEP, _EXPLICIT),
    ],
    user_items=ROLE,
)
"""All that a peer can be allowed beside sending."""


def _asked(sop_class: str, field: int, number: int = 8, *more: tuple[int, bytes]) -> bytes:
    elements = (0x0002, even(sop_class)), (0x0100, us(field)), (0x0110, us(number))
    return command_set(*elements, (0x0800, us(0)), *more)


def _identifier(syntax: str) -> bytes:
    keys = Dataset()
    keys.QueryRetrieveLevel, keys.StudyInstanceUID, keys.PatientName = "STUDY", "1.2.3", "Du*"
    return encoded(keys, syntax)


def _stored(number: int) -> bytes:
    elements = (0x0100, us(0x8001)), (0x0120, us(number)), (0x0800, us(0x101)), (0x0900, us(0))
    return command_set((0x0002, _UID), *elements)


_ACTION = command_set(
    (0x0003, even(STORAGE_COMMITMENT)), (0x0100, us(0x0130)), (0x0110, us(5)), (0x0800, us(0)),
    (0x1001, even(STORAGE_COMMITMENT_INSTANCE)), (0x1008, us(1)),
)  # fmt: skip
_TOLD = command_set((0x0100, us(0x8100)), (0x0120, us(1)), (0x0800, us(0x101)), (0x0900, us(0)))

ASKED = (
    values(1, pdu.COMMAND, _asked(STUDY_ROOT_FIND, 0x0020))
    + values(1, 0, _identifier(IMPLICIT_VR_LITTLE_ENDIAN), size=20),
    values(1, pdu.COMMAND, _asked(STUDY_ROOT_FIND, 0x0020, 7))
    + values(1, 0, _identifier(IMPLICIT_VR_LITTLE_ENDIAN))
    + values(1, pdu.COMMAND, CANCEL),
    values(3, pdu.COMMAND, _asked(STUDY_ROOT_GET, 0x0010))
    + values(3, 0, _identifier(EXPLICIT_VR_LITTLE_ENDIAN))
    + values(5, pdu.COMMAND, _stored(9))
    + values(5, pdu.COMMAND, _stored(10)),
    values(7, pdu.COMMAND, _ACTION)
    + values(7, 0, encoded(commitment_request("1.2.3", [(MR_IMAGE, "1.2.4")])))
    + values(7, pdu.COMMAND, _TOLD),
    values(9, pdu.COMMAND, _asked(PERFORMED_PROCEDURE_STEP, 0x0140, 4, (0x1000, even("1.2.5"))))
    + values(9, 0, encoded(new_step("1.2.6"), EXPLICIT_VR_LITTLE_ENDIAN)),
)
"""What a peer says of the other services."""

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
    for message in ASKED:
        for end in ENDS:
            yield SERVICES + message + end
    yield SERVICES + b"".join(ASKED) + RELEASE
