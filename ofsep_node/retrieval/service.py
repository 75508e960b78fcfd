"""Study Root Query/Retrieve: answers one inquiry after the other, for all associations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Literal

from ofsep_node.delivery import Peer
from ofsep_node.delivery.report_objects import ReportObjects
from ofsep_node.domain.routing import OfferedKind
from ofsep_node.errors import RecordsError, SettingsError
from ofsep_node.reception.command import Status
from ofsep_node.reception.inquiries import Ending, Inquiry, Operation, Talk
from ofsep_node.records import database, retrievals
from ofsep_node.records.database import Records, StatementFailed
from ofsep_node.records.retrievals import Retrieval
from ofsep_node.retrieval.fetching import Fetching, Wanted
from ofsep_node.retrieval.finding import Finding
from ofsep_node.retrieval.identifier import Identifier, Unfit, encoded, read_identifier
from ofsep_node.retrieval.keys import Level
from ofsep_node.retrieval.reports import Reports
from ofsep_node.retrieval.sending import give, move


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where what is held lies, and how the node speaks of it."""

    records_url: str
    archive: Path
    ae_title: str
    language: Literal["en", "fr"]
    zone: tzinfo
    report_kinds: tuple[OfferedKind, ...]


@dataclass(frozen=True, slots=True)
class _Open:
    """What answers, once the records are open."""

    records: Records
    finding: Finding
    fetching: Fetching


class StudyRoot:
    """Safe to share between threads. Nothing is opened before the first inquiry."""

    def __init__(self, holdings: Holdings, destination: Callable[[str], Peer | None]) -> None:
        """`destination` says who has an AE title; None for nobody. It raises SettingsError."""
        self._holdings = holdings
        self._destination = destination
        self._opened: _Open | None = None
        self._opening = threading.Lock()

    def answer(self, inquiry: Inquiry, talk: Talk) -> Ending:
        """Never raises but what ends the association."""
        try:
            identifier = read_identifier(inquiry.identifier, inquiry.transfer_syntax_uid)
            if inquiry.operation is Operation.FIND:
                return self._find(inquiry, identifier, talk)
            return self._retrieve(inquiry, identifier, talk)
        except Unfit as unfit:
            return Ending(unfit.status, unfit.reason)
        except (RecordsError, StatementFailed) as error:
            talk.log.warning("query.unavailable", reason=str(error))
            return Ending(Status.OUT_OF_RESOURCES, "the records cannot be used: ask again later")

    def _open(self) -> _Open:
        with self._opening:
            if self._opened is None:
                where = self._holdings
                records = Records(where.records_url)
                objects = ReportObjects(where.archive, where.language, where.zone)
                reports = Reports(records, objects, where.report_kinds)
                self._opened = _Open(
                    records,
                    Finding(records, reports, where.ae_title),
                    Fetching(records, reports, where.archive),
                )
            return self._opened

    def _find(self, inquiry: Inquiry, identifier: Identifier, talk: Talk) -> Ending:
        told: dict[str, Any] = {"of": identifier.level, "matches": 0}
        for found in self._open().finding.matches(identifier):
            if talk.is_cancelled():
                return Ending(Status.CANCELLED, told=told)
            answer = encoded(found, inquiry.transfer_syntax_uid)
            talk.found(answer, all_keys=identifier.all_keys)
            told["matches"] += 1
        return Ending(Status.SUCCESS, told=told)

    def _retrieve(self, inquiry: Inquiry, identifier: Identifier, talk: Talk) -> Ending:
        _require_own_key(identifier)
        told = _told(identifier)
        if inquiry.operation is Operation.GET:
            fetched = self._fetched(identifier, talk, told)
            ending = give(inquiry, fetched, talk, told)
        else:
            told["destination"] = inquiry.destination
            peer = self._peer(inquiry)
            fetched = self._fetched(identifier, talk, told)
            ending = move(inquiry, fetched, talk, peer, told)
        self._keep(inquiry, ending, identifier.uids(Level.STUDY), talk)
        return ending

    def _keep(self, inquiry: Inquiry, ending: Ending, studies: Sequence[str], talk: Talk) -> None:
        """Record who has fetched the studies. The answer does not depend on it."""
        counts = ending.counts
        if counts is None or not counts.completed + counts.warning + counts.failed:
            return
        alone = len(set(studies)) == 1
        retrieval = Retrieval(
            peer=inquiry.caller,
            destination=inquiry.destination if inquiry.operation is Operation.MOVE else "",
            sent=counts.completed + counts.warning if alone else None,
            failed=counts.failed if alone else None,
        )
        try:
            with self._open().records.writing() as session:
                retrievals.keep(session, retrieval, studies, database.now(session))
        except (RecordsError, StatementFailed) as error:
            talk.log.warning("retrieve.unrecorded", reason=str(error))

    def _fetched(self, identifier: Identifier, talk: Talk, told: dict[str, Any]) -> list[Wanted]:
        fetched = self._open().fetching.fetched(identifier)
        talk.log.info("retrieve.started", **told, objects=len(fetched))
        return fetched

    def _peer(self, inquiry: Inquiry) -> Peer:
        title = inquiry.destination
        try:
            peer = self._destination(title)
        except SettingsError as error:
            raise Unfit(Status.SUB_OPERATIONS_IMPOSSIBLE, str(error)) from None
        if peer is None:
            reason = f"no DICOM destination is called {title or '(nothing)'}"
            raise Unfit(Status.MOVE_DESTINATION_UNKNOWN, reason)
        return peer


def _require_own_key(identifier: Identifier) -> None:
    uids = identifier.uids(identifier.level)
    if not uids or "*" in uids:
        reason = f"{identifier.level.unique_key} is missing"
        raise Unfit(Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS, reason)


def _told(identifier: Identifier) -> dict[str, Any]:
    """What the log says of a retrieval: of which level, and the study where it is one."""
    studies = identifier.uids(Level.STUDY)
    return {"of": identifier.level} | ({"study": studies[0]} if len(studies) == 1 else {})
