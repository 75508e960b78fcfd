"""Requests of the N services, byte by byte: cut short, enormous, strange, out of place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofsep_node import spool
from ofsep_node.dicom.attributes import NotUnderstood, is_uid
from ofsep_node.dicom.commitment import read_commitment_request
from ofsep_node.dicom.performed_step import read_new_step
from ofsep_node.domain.sop_classes import (
    PERFORMED_PROCEDURE_STEP,
    STORAGE_COMMITMENT,
    STORAGE_COMMITMENT_INSTANCE,
)
from ofsep_node.reception import pdu
from ofsep_node.reception.requests import MOST_BYTES
from tests.modality import TITLE, commitment_request, encoded, new_step
from tests.reception_node import RunningReceiver, data_set
from tests.upper_layer import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    RawSender,
    answered_contexts,
    associate_request,
    command_set,
    even,
    us,
    values,
)

Receiving = Callable[..., RunningReceiver]

MR = "1.2.840.10008.5.1.4.1.1.4"
SYNTAXES = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN)
N_GET, N_SET, N_ACTION, N_CREATE = 0x0110, 0x0120, 0x0130, 0x0140


def n_action(instance: str = STORAGE_COMMITMENT_INSTANCE, action: int = 1) -> bytes:
    return command_set(
        (0x0003, even(STORAGE_COMMITMENT)),
        (0x0100, us(N_ACTION)),
        (0x0110, us(7)),
        (0x0800, us(0)),
        (0x1001, even(instance)),
        (0x1008, us(action)),
    )


def n_create(instance: str) -> bytes:
    return command_set(
        (0x0002, even(PERFORMED_PROCEDURE_STEP)),
        (0x0100, us(N_CREATE)),
        (0x0110, us(7)),
        (0x0800, us(0)),
        (0x1000, even(instance)),
    )


def accepting(receiving: Receiving, tmp_path: Path, *extra: str) -> RunningReceiver:
    """A receiver that knows where its one peer listens."""
    peers = tmp_path / "peers.toml"
    entry = [
        "[[peer]]",
        f'ae_title = "{TITLE}"',
        'addresses = ["127.0.0.1"]',
        "port = 104",
        *extra,
    ]
    peers.write_text("\n".join(entry) + "\n", encoding="utf-8")
    return receiving(peers=peers)


def ask(
    node: RunningReceiver, command: bytes, content: bytes, syntax: str = IMPLICIT_VR_LITTLE_ENDIAN
) -> int:
    """The status that a request is answered with."""
    contexts = [(1, STORAGE_COMMITMENT, (syntax,)), (3, PERFORMED_PROCEDURE_STEP, (syntax,))]
    context = 1 if even(STORAGE_COMMITMENT) in command else 3
    with RawSender(node.port, timeout_s=60) as sender:
        sender.associate(associate_request(contexts, calling=TITLE.encode()))
        sender.send(values(context, pdu.COMMAND, command) + values(context, 0, content))
        answer = sender.answer()
        return int.from_bytes(answer[0x0900], "little")


def requests(node: RunningReceiver) -> list[Path]:
    return [p for p in node.objects() if p.suffix.removeprefix(".") in spool.REQUESTS]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_request_is_kept_as_it_came(receiving: Receiving, tmp_path: Path, syntax: str) -> None:
    node = accepting(receiving, tmp_path)
    content = encoded(commitment_request("1.2.3", [(MR, "1.2.4")]), syntax)
    assert ask(node, n_action(), content, syntax) == 0x0000
    (kept,) = requests(node)
    assert kept.name == "000001.action"
    assert data_set(kept) == content
    assert [closed.objects for closed in node.closed()] == [0]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_request_cut_short_anywhere_is_not_understood(syntax: str) -> None:
    whole = encoded(commitment_request("1.2.3", [(MR, "1.2.4"), (MR, "1.2.5")]), syntax)
    read_commitment_request(whole, syntax)
    for length in range(len(whole)):
        with pytest.raises(NotUnderstood):
            read_commitment_request(whole[:length], syntax)


@given(st.binary(max_size=400), st.integers(0, 300), st.sampled_from(SYNTAXES))
@settings(max_examples=300)
def test_whatever_bytes_come_name_uids_or_nothing(noise: bytes, at: int, syntax: str) -> None:
    whole = encoded(commitment_request("1.2.3", [(MR, "1.2.4")]), syntax)
    for content in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        with contextlib.suppress(NotUnderstood):
            asked = read_commitment_request(content, syntax)
            named = [uid for r in asked.references for uid in (r.sop_class_uid, r.sop_instance_uid)]
            assert all(map(is_uid, [asked.transaction_uid, *named]))


@given(st.binary(max_size=400), st.integers(0, 300), st.sampled_from(SYNTAXES))
@settings(max_examples=300)
def test_whatever_bytes_come_begin_a_step_or_not(noise: bytes, at: int, syntax: str) -> None:
    whole = encoded(new_step("1.2.3"), syntax)
    for content in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        with contextlib.suppress(NotUnderstood):
            begun = read_new_step(content, syntax)
            assert begun.status == "IN PROGRESS"
            assert is_uid(begun.study_instance_uid or "")


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (n_action(action=2), 0x0123),
        (n_action(instance="1.2.3"), 0x0112),
        (n_action(), 0x0115),
        (n_create("1.2.3"), 0x0106),
        (n_create("1/../2"), 0x0117),
    ],
)
def test_a_request_that_cannot_be_acted_upon_leaves_nothing(
    receiving: Receiving, tmp_path: Path, command: bytes, status: int
) -> None:
    node = accepting(receiving, tmp_path)
    assert ask(node, command, b"\x08\x00\x95\x11") == status
    assert requests(node) == []
    assert node.parts() == []


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_hundred_thousand_references(receiving: Receiving, tmp_path: Path, syntax: str) -> None:
    node = accepting(receiving, tmp_path)
    item = encoded(commitment_request("1", [(MR, "1.2.826.0.1.3680043.8.498.1234567")]), syntax)
    item = item[item.index(b"\xfe\xff\x00\xe0") :]
    head = encoded(commitment_request("1.2.3", []), syntax)
    long = (len(item) * 100_000).to_bytes(4, "little")
    content = head[:-4] + long + item * 100_000
    assert ask(node, n_action(), content, syntax) == 0x0000
    assert data_set(requests(node)[0]) == content


def test_more_than_any_examination_has_is_refused(receiving: Receiving, tmp_path: Path) -> None:
    node = accepting(receiving, tmp_path)
    assert ask(node, n_action(), bytes(MOST_BYTES + 2)) == 0x0213
    assert requests(node) == []


@pytest.mark.parametrize(
    ("roles", "accepted"),
    [('["store"]', [1, 1]), ('["commit"]', [0, 1]), ('["mpps"]', [1, 0])],
)
def test_only_who_has_the_role_gets_the_context(
    receiving: Receiving, tmp_path: Path, roles: str, accepted: list[int]
) -> None:
    node = accepting(receiving, tmp_path, f"roles = {roles}")
    assert results(node) == accepted


def test_without_a_list_nobody_can_be_told(receiving: Receiving) -> None:
    assert results(receiving()) == [1, 0]


def results(node: RunningReceiver) -> list[int]:
    """What is answered to contexts for commitment and for steps: 0 is acceptance."""
    contexts = [(1, STORAGE_COMMITMENT, SYNTAXES), (3, PERFORMED_PROCEDURE_STEP, SYNTAXES)]
    with RawSender(node.port) as sender:
        body = sender.associate(associate_request(contexts, calling=TITLE.encode()))
    return [result for result, _ in answered_contexts(body).values()]


def test_other_requests_on_these_contexts_are_not_recognised(
    receiving: Receiving, tmp_path: Path
) -> None:
    get = command_set(
        (0x0003, even(PERFORMED_PROCEDURE_STEP)),
        (0x0100, us(N_GET)),
        (0x0110, us(7)),
        (0x0800, us(0)),
        (0x1001, even("1.2.3")),
    )
    assert ask(accepting(receiving, tmp_path), get, b"") == 0x0211
