"""Sends what was fetched: to whoever asked (C-GET), or to somebody else (C-MOVE)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ofsep_node.delivery import Answer, Origin, Peer, Syntax, send_files
from ofsep_node.delivery.objects import file_of
from ofsep_node.dicom.store_status import is_stored
from ofsep_node.errors import PeerError
from ofsep_node.reception.inquiries import Ending, Inquiry, NotAccepted, Talk
from ofsep_node.retrieval.fetching import Archived, Fetched, MadeReport, Wanted
from ofsep_node.retrieval.sub_operations import Tally


def give(inquiry: Inquiry, fetched: Fetched, talk: Talk, told: Mapping[str, Any]) -> Ending:
    """Store each object at the peer, on its own association."""
    tally = _tally(fetched)
    for one in fetched.objects:
        if talk.is_cancelled():
            return tally.end(inquiry.transfer_syntax_uid, told, cancelled=True)
        _give_one(one, talk, tally)
        talk.progress(tally.counts)
    return tally.end(inquiry.transfer_syntax_uid, told)


def _give_one(one: Wanted, talk: Talk, tally: Tally) -> None:
    try:
        status = talk.give(one)
    except (NotAccepted, OSError) as error:
        _say_failed(talk, one.sop_instance_uid, str(error))
        tally.failed(one.sop_instance_uid)
        return
    if not is_stored(status):
        _say_failed(talk, one.sop_instance_uid, f"status {status:04X}")
    tally.stored(one.sop_instance_uid, status)


def move(
    inquiry: Inquiry, fetched: Fetched, talk: Talk, peer: Peer, told: Mapping[str, Any]
) -> Ending:
    """Store each object at a destination, on an association of ours."""
    tally = _tally(fetched)
    try:
        with contextlib.ExitStack() as open_reports:
            files = {_file(one, open_reports): one for one in fetched.objects}
            for answer in _answers(inquiry, files, peer):
                _count(talk, tally, files[answer.path], answer)
                talk.progress(tally.counts)
                if talk.is_cancelled():
                    return tally.end(inquiry.transfer_syntax_uid, told, cancelled=True)
    except (PeerError, OSError) as error:
        return tally.impossible(inquiry.transfer_syntax_uid, str(error), told)
    return tally.end(inquiry.transfer_syntax_uid, told)


def _tally(fetched: Fetched) -> Tally:
    return Tally((one.sop_instance_uid for one in fetched.objects), fetched.unmade)


def _file(one: Wanted, open_reports: contextlib.ExitStack) -> Path:
    return (
        one.path
        if isinstance(one, Archived)
        else open_reports.enter_context(file_of(one.report.content))
    )


def _answers(inquiry: Inquiry, files: Mapping[Path, Wanted], peer: Peer) -> Iterator[Answer]:
    syntaxes = {
        path: Syntax(one.sop_class_uid, one.transfer_syntax_uid) for path, one in files.items()
    }
    return send_files(peer, syntaxes, Origin(inquiry.caller, inquiry.message_id))


def _count(talk: Talk, tally: Tally, one: Archived | MadeReport, answer: Answer) -> None:
    if answer.status is None or not answer.stored:
        # Of an answer only the status: what the other side comments may name the patient.
        said = answer.reason if answer.status is None else f"status {answer.status:04X}"
        _say_failed(talk, one.sop_instance_uid, said)
        tally.failed(one.sop_instance_uid)
    else:
        tally.stored(one.sop_instance_uid, answer.status)


def _say_failed(talk: Talk, sop_instance_uid: str, reason: str) -> None:
    talk.log.warning("retrieve.object_failed", instance=sop_instance_uid, reason=reason)
