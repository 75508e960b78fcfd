"""Sends what was fetched: to whoever asked (C-GET), or to somebody else (C-MOVE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ofsep_node.delivery import Answer, Origin, Peer, Syntax, send_each
from ofsep_node.dicom.store_status import is_stored
from ofsep_node.errors import PeerError
from ofsep_node.reception.inquiries import Ending, Inquiry, NotAccepted, Talk
from ofsep_node.retrieval.fetching import Wanted
from ofsep_node.retrieval.sub_operations import Tally


def give(
    inquiry: Inquiry, objects: Sequence[Wanted], talk: Talk, told: Mapping[str, Any]
) -> Ending:
    """Store each object at the peer, on its own association."""
    tally = Tally(objects)
    for one in objects:
        if talk.is_cancelled():
            return tally.end(inquiry.transfer_syntax_uid, told, cancelled=True)
        _give_one(one, talk, tally)
        talk.progress(tally.counts)
    return tally.end(inquiry.transfer_syntax_uid, told)


def _give_one(one: Wanted, talk: Talk, tally: Tally) -> None:
    try:
        status = talk.give(one)
    except (NotAccepted, OSError) as error:
        _say_failed(talk, one, str(error))
        tally.failed(one)
        return
    if not is_stored(status):
        _say_failed(talk, one, f"status {status:04X}")
    tally.stored(one, status)


def move(
    inquiry: Inquiry, objects: Sequence[Wanted], talk: Talk, peer: Peer, told: Mapping[str, Any]
) -> Ending:
    """Store each object at a destination, on an association of ours."""
    tally = Tally(objects)
    syntaxes = {one: Syntax(one.sop_class_uid, one.transfer_syntax_uid) for one in objects}
    origin = Origin(inquiry.caller, inquiry.message_id)
    try:
        for answer in send_each(peer, syntaxes, lambda one: one.file(), origin):
            _count(talk, tally, answer)
            talk.progress(tally.counts)
            if talk.is_cancelled():
                return tally.end(inquiry.transfer_syntax_uid, told, cancelled=True)
    except (PeerError, OSError) as error:
        return tally.impossible(inquiry.transfer_syntax_uid, str(error), told)
    return tally.end(inquiry.transfer_syntax_uid, told)


def _count(talk: Talk, tally: Tally, answer: Answer[Wanted]) -> None:
    one = answer.of
    if answer.status is None or not answer.stored:
        # Of an answer only the status: what the other side comments may name the patient.
        said = answer.reason if answer.status is None else f"status {answer.status:04X}"
        _say_failed(talk, one, said)
        tally.failed(one)
    else:
        tally.stored(one, answer.status)


def _say_failed(talk: Talk, one: Wanted, reason: str) -> None:
    named = one.sop_instance_uid or str(one)  # a report has no UID before it was made
    talk.log.warning("retrieve.object_failed", instance=named, reason=reason)
