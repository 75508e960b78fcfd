"""No stream of bytes does more than end its own association."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofsep_node.reception import command, pdu
from tests.fuzz.conversation import Conversation, converse
from tests.fuzz.streams import ABORT, ASKED, ENDS, MESSAGES, RELEASE, REQUESTS, SERVICES, seeds


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_well_formed_streams_are_understood(piece: int) -> None:
    for seed in seeds():
        kinds = [kind for kind, _ in converse(seed, piece).answers]
        assert kinds[0] == pdu.PDUType.A_ASSOCIATE_AC


@pytest.mark.parametrize("request_pdu", REQUESTS[:2])
def test_a_cut_anywhere_changes_nothing_before_it(request_pdu: bytes) -> None:
    stream = request_pdu + MESSAGES[0] + RELEASE
    whole = converse(stream)
    assert whole.stored == 1
    for cut in range(len(stream)):
        before = converse(stream[:cut])
        assert before.answers == whole.answers[: len(before.answers)]


FIND_RSP, GET_RSP, STORE_RQ, ACTION_RSP, CREATE_RSP = 0x8020, 0x8010, 0x0001, 0x8130, 0x8140


@pytest.mark.parametrize(
    ("message", "said"),
    zip(
        ASKED,
        (
            [FIND_RSP] * 3,
            [],  # it hears the end before it has answered
            [STORE_RQ, GET_RSP, STORE_RQ, GET_RSP, GET_RSP],
            [ACTION_RSP],
            [CREATE_RSP],
        ),
        strict=True,
    ),
)
def test_each_service_takes_its_seed_for_its_own(message: bytes, said: list[int]) -> None:
    answers = converse(SERVICES + message + RELEASE).answers
    bodies = (body for kind, body in answers if kind == pdu.PDUType.P_DATA_TF)
    commands = [command._elements(body[6:]) for body in bodies if body[5] & pdu.COMMAND]
    assert [int.from_bytes(c[0x0100], "little") for c in commands] == said


@st.composite
def conversations(draw: st.DrawFn) -> bytes:
    """PDUs of well-formed conversations in any order, then mutated."""
    parts = st.sampled_from((*REQUESTS, *MESSAGES, SERVICES, *ASKED, *ENDS, ABORT))
    request = draw(st.sampled_from((*REQUESTS, SERVICES)))
    stream = bytearray(request + b"".join(draw(st.lists(parts, max_size=6))))
    for _ in range(draw(st.integers(0, 6))):
        _mutate(draw, stream)
    return bytes(stream)


def _mutate(draw: st.DrawFn, stream: bytearray) -> None:
    at = draw(st.integers(0, len(stream)))
    until = min(len(stream), at + draw(st.integers(0, 40)))
    how = draw(st.sampled_from(("change", "delete", "insert", "repeat", "lengths")))
    if how == "change" and at < len(stream):
        stream[at] = draw(st.integers(0, 255))
    elif how == "delete":
        del stream[at:until]
    elif how == "insert":
        stream[at:at] = draw(st.binary(max_size=20))
    elif how == "repeat":
        stream[at:at] = stream[at:until] * draw(st.integers(1, 50))
    else:
        stream[at:until] = draw(st.sampled_from((bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff")))


@settings(max_examples=400, deadline=None)
@given(stream=conversations(), piece=st.sampled_from((1, 2, 3, 5, 6, 7, 64, 1 << 20)))
def test_a_mutated_stream_ends_its_association_and_no_more(stream: bytes, piece: int) -> None:
    in_pieces = converse(stream, piece)
    assert in_pieces == converse(stream)
    assert isinstance(in_pieces, Conversation)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_of_any_kind_do_no_more(stream: bytes) -> None:
    assert converse(stream).stored == 0
    converse(REQUESTS[0] + stream)
