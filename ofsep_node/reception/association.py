"""One association, from its request to its end, in its own thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from ofsep_node import spool
from ofsep_node.metrics import ReceptionMeter
from ofsep_node.reception import negotiation, pdu
from ofsep_node.reception.admission import Admission
from ofsep_node.reception.command import Status
from ofsep_node.reception.connection import (
    AssociationFailure,
    Connection,
    HandshakeFailed,
    ProtocolViolation,
)
from ofsep_node.reception.dialogue import Dialogue, unexpected
from ofsep_node.reception.inquiries import Answering, Ending, NothingHeld, UnderWay
from ofsep_node.reception.messages import Messages
from ofsep_node.reception.negotiation import Rejection
from ofsep_node.reception.pdu import AbortReason, AssociateRequest, PDUType
from ofsep_node.reception.policy import QUERY_SERVICES, VERIFICATION, Policy, Role
from ofsep_node.reception.record import AssociationRecord
from ofsep_node.reception.requests import Service
from ofsep_node.reception.room import Room
from ofsep_node.reception.strangers import Strangers
from ofsep_node.reception.talk import InquiryTalk
from ofsep_node.reception.tls import Secured
from ofsep_node.settings import ReceptionSection

_ASSOCIATE_REQUEST_MAXIMUM = 1 << 20


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all associations of a receiver share."""

    section: ReceptionSection
    policy: Policy
    spool: Path
    node: str
    nudge: Callable[[str], None]
    log: FilteringBoundLogger
    meter: ReceptionMeter
    admission: Admission
    room: Room
    commitment: Service
    steps: Service
    answering: Answering = field(default_factory=NothingHeld)
    strangers: Strangers = field(default_factory=Strangers)


class Association:
    """Negotiates, then answers messages until the peer releases or something ends it."""

    def __init__(
        self,
        connection: Connection,
        address: tuple[str, int],
        surroundings: Surroundings,
        *,
        over_tls: bool = False,
    ) -> None:
        self._connection = connection
        self._address = address
        self._around = surroundings
        self._access = surroundings.admission.access
        self._over_tls = over_tls
        self._secured: Secured | None = None
        self._log = surroundings.log.bind(address=address[0])

    def run(self) -> None:
        """Serve the peer to the end. Never raises."""
        try:
            self._serve()
        except AssociationFailure as failure:
            self._end_before_acceptance(failure)
        except Exception:  # noqa: BLE001 - a thread's last words; the other associations go on
            self._log.exception("reception.failed")
            self._abort(AssociationFailure("internal error", AbortReason.NOT_SPECIFIED))
        finally:
            self._leave()

    def _leave(self) -> None:
        """The place is free at once; the connection counts until it is closed."""
        admission = self._around.admission
        admission.give_up_place(self._connection)
        try:
            self._connection.finish()
        finally:
            admission.leave(self._connection)

    def _serve(self) -> None:
        if not self._access.peers.may_come_from(self._address[0]):
            self._turn_away(Rejection.ADDRESS)
            return
        self._shake_hands()
        request = self._await_request()
        admitted = self._admitted(request)
        if not isinstance(admitted, Rejection):
            self._associate(request, replace(self._around.policy, roles=admitted))
            return
        self._log.warning(
            "association.rejected",
            peer=request.calling_ae_title,
            called=request.called_ae_title,
            reason=admitted.words,
            **self._credentials(request),
        )
        self._around.meter.rejected(admitted.name.lower())
        self._connection.send(pdu.associate_reject(*admitted.codes))

    def _turn_away(self, rejection: Rejection) -> None:
        """Reject a peer without reading a byte of it; over TLS it is only hung up on."""
        untold = self._around.strangers.untold(self._address[0])
        if untold is not None:
            counted = {"untold": untold} if untold else {}
            self._log.warning("association.rejected", reason=rejection.words, **counted)
        self._around.meter.rejected(rejection.name.lower())
        if not self._over_tls:
            self._connection.send(pdu.associate_reject(*rejection.codes))

    def _shake_hands(self) -> None:
        if not self._over_tls:
            return
        if self._access.tls is None:
            raise HandshakeFailed("no TLS connection: no certificate of ours is in use")
        timeout_s = self._access.handshake_timeout_s
        self._secured = self._connection.secure(self._access.tls, timeout_s)

    def _await_request(self) -> AssociateRequest:
        timeout_s = self._around.section.negotiation_timeout_s
        kind, length = self._connection.header(timeout_s, "asked for no association")
        if kind != PDUType.A_ASSOCIATE_RQ:
            raise unexpected(kind)
        if length > _ASSOCIATE_REQUEST_MAXIMUM:
            raise ProtocolViolation(
                f"announced an A-ASSOCIATE-RQ of {length} bytes", AbortReason.INVALID_PARAMETER
            )
        try:
            return pdu.decode_associate_request(bytes(self._connection.body(length)))
        except pdu.MalformedPDU as error:
            raise ProtocolViolation(str(error), AbortReason.INVALID_PARAMETER) from error

    def _admitted(self, request: AssociateRequest) -> frozenset[Role] | Rejection:
        """What the peer may do, once a place is its own, or why it is rejected."""
        section, (address, _) = self._around.section, self._address
        required = section.ae_title if section.require_called_ae_title else None
        objection = negotiation.objection(request, required)
        if objection is not None:
            return objection
        caller = request.calling_ae_title
        roles = self._access.peers.roles(caller, address, self._secured)
        if isinstance(roles, Rejection):
            return roles
        if _may_store(request) and self._around.room.is_low():
            return Rejection.NO_ROOM
        admission = self._around.admission
        return admission.admit(self._connection, f"{caller}@{address}") or roles

    def _credentials(self, request: AssociateRequest) -> dict[str, str]:
        """What the log says of how the peer came, and of who uses it; never a password."""
        told = {}
        if self._secured is not None:
            told = {
                "tls": self._secured.version,
                "cipher": self._secured.cipher,
                "certificate": self._secured.subject,
            }
        if request.user_identity is not None:
            told["identity"] = request.user_identity.kind
            told["user"] = request.user_identity.username
        return {name: value for name, value in told.items() if value}

    def _end_before_acceptance(self, failure: AssociationFailure) -> None:
        if self._connection.has_received() or isinstance(failure, HandshakeFailed):
            self._log.warning("association.rejected", reason=failure.reason)
            unheard = isinstance(failure, HandshakeFailed)
            self._around.meter.rejected("handshake" if unheard else "unintelligible")
        else:  # a port scan, or a load balancer's look
            self._log.debug("connection.closed", reason=failure.reason)
        self._abort(failure)

    def _abort(self, failure: AssociationFailure) -> None:
        if failure.abort is None:
            return
        try:
            self._connection.send(pdu.abort(failure.abort))
        except AssociationFailure:
            return  # it is gone already

    # --- the association itself ---

    def _associate(self, request: AssociateRequest, policy: Policy) -> None:
        section = self._around.section
        answer, contexts = negotiation.negotiate(request, policy, section.maximum_pdu_length)
        record = self._open_record(request)
        terms = replace(self._around, policy=policy)
        messages = Messages(self._connection, contexts, request, record, terms)
        try:
            self._connection.send(pdu.associate_accept(request, answer))
            self._converse(messages, request)
            record.close("released", "the peer released the association")
            self._around.admission.give_up_place(self._connection)
            self._connection.send(pdu.release_reply())
        except AssociationFailure as failure:
            record.close("aborted", failure.reason)
            self._abort(failure)
        except Exception:
            record.close("aborted", "internal error")
            raise
        finally:
            messages.close()

    def _open_record(self, request: AssociateRequest) -> AssociationRecord:
        opened = spool.AssociationOpened(
            association_id=spool.new_association_id(),
            node=self._around.node,
            calling_ae_title=request.calling_ae_title,
            called_ae_title=request.called_ae_title,
            address=self._address[0],
            port=self._address[1],
            implementation_class_uid=request.implementation_class_uid,
            implementation_version_name=request.implementation_version_name,
            opened_at=spool.timestamp(),
        )
        around = self._around
        record = AssociationRecord(around.spool, opened, around.nudge, self._log, around.meter)
        record.open(**self._credentials(request))
        return record

    def _converse(self, messages: Messages, request: AssociateRequest) -> None:
        """Answer messages until the peer asks for release. Raises AssociationFailure."""
        dialogue = Dialogue(self._connection, messages, self._around.section)
        while dialogue.hear():
            if messages.under_way is not None:
                self._answer(messages, messages.under_way, dialogue, request)
                messages.under_way = None

    def _answer(
        self,
        messages: Messages,
        under_way: UnderWay,
        dialogue: Dialogue,
        request: AssociateRequest,
    ) -> None:
        """Have an inquiry answered by whoever knows what is held."""
        talk = InquiryTalk(self._connection, dialogue, under_way, messages, request.maximum_length)
        ending = under_way.objection() or self._answered(under_way, talk)
        talk.end(ending)
        messages.record.inquiry_answered(under_way.operation, ending)

    def _answered(self, under_way: UnderWay, talk: InquiryTalk) -> Ending:
        try:
            return self._around.answering.answer(under_way.inquiry(), talk)
        except AssociationFailure:
            raise
        except Exception:  # the other associations go on, and this one may
            talk.log.exception("query.unexpected")
            return Ending(Status.CANNOT_UNDERSTAND, "an error in this program")


def _may_store(request: AssociateRequest) -> bool:
    """Whether more is proposed than what leaves nothing on the disk: C-ECHO, queries."""
    harmless = (VERIFICATION, *QUERY_SERVICES)
    return any(context.abstract_syntax not in harmless for context in request.contexts)
