"""Another application entity, and the association we open to it."""

from __future__ import annotations

import contextlib
import queue
import ssl
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext, build_context

from ofsep_node.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from ofsep_node.errors import PeerError, SettingsError
from ofsep_node.settings import LAST_PORT, AETitle

VERIFICATION = "1.2.840.10008.1.1"
CONNECT_TIMEOUT_S = 10
ANSWER_TIMEOUT_S = 120

_AE_TITLE: TypeAdapter[str] = TypeAdapter(AETitle)


@dataclass(frozen=True, slots=True)
class Peer:
    """Where to, under which AE titles, and over TLS if a context for it is given.

    Raises SettingsError for a host, a port or an AE title that no application entity can have.
    """

    host: str
    port: int
    called_ae_title: str
    calling_ae_title: str = "OFSEP_SEND"
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if not self.host.strip():
            raise SettingsError("host: it is empty; name the machine on which the peer listens")
        if not 0 < self.port <= LAST_PORT:
            raise SettingsError(f"port {self.port}: not one of 1 to {LAST_PORT}")
        for title in (self.called_ae_title, self.calling_ae_title):
            _refuse_untitled(title)

    def __str__(self) -> str:
        return f"{self.called_ae_title} ({self.host}:{self.port})"

    @contextlib.contextmanager
    def association(
        self,
        contexts: Sequence[PresentationContext],
        roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> Iterator[Association]:
        """An accepted association, released at the end; `roles` are those other than SCU.

        Raises PeerError when nobody listens there, or the association or all contexts are rejected.
        """
        ae = AE(ae_title=self.calling_ae_title)
        ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
        ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
        ae.connection_timeout = ae.acse_timeout = CONNECT_TIMEOUT_S
        ae.dimse_timeout = answer_timeout_s
        try:
            association = ae.associate(
                self.host,
                self.port,
                contexts=list(contexts),
                ae_title=self.called_ae_title,
                ext_neg=list(roles),
                evt_handlers=[(evt.EVT_CONN_OPEN, _keep_answers)],
                tls_args=None if self.tls is None else (self.tls, self.host),
            )
        except OSError as error:
            raise PeerError(f"{self}: {error.strerror or error}; check its host") from error
        except ValueError:  # what cannot be written as a name of the DNS (RFC 3490), or holds a NUL
            raise PeerError(f"{self}: no host can be called {self.host!r}; check it") from None
        if not association.is_established:
            raise PeerError(_refusal(self, association))
        try:
            yield association
        finally:
            if association.is_established:
                association.release()


def _refuse_untitled(title: str) -> None:
    try:
        _AE_TITLE.validate_python(title)
    except ValidationError:
        raise SettingsError(
            f"AE title {title!r}: give 1 to 16 characters of ASCII, no backslash among them"
        ) from None


class _Answers(queue.Queue[Any]):
    """Messages from the peer, for none but whoever waits for one.

    Besides the thread that sent a request and waits for its answer, pynetdicom's association
    thread looks into the queue, without waiting. It ought to rest while a request is under way,
    but on a busy machine it may still be about to rest when the answer comes: it takes the answer
    and drops it ("Received unexpected C-STORE service message"), or the word that the connection
    is gone, and the sender waits until its time is out. Nothing is ever there for that thread:
    a peer to which we send asks nothing of us.
    """

    def get(
        self,
        block: bool = True,  # noqa: FBT001, FBT002 - as Queue.get
        timeout: float | None = None,
    ) -> Any:
        if not block:
            raise queue.Empty
        return super().get(block, timeout)


def _keep_answers(event: evt.Event) -> None:
    """Before the peer can have said anything: when the connection opens."""
    event.assoc.dimse.msg_queue = _Answers()


def named(proposed: Iterable[tuple[str, str]]) -> str:
    """SOP classes by name and UID, each with the transfer syntaxes that it is proposed in."""
    syntaxes: dict[UID, list[str]] = {}
    for sop_class, syntax in proposed:
        syntaxes.setdefault(UID(sop_class), []).append(UID(syntax).name)
    return "; ".join(f"{uid.name} ({uid}) in {' or '.join(of)}" for uid, of in syntaxes.items())


def _refusal(peer: Peer, association: Association) -> str:
    if association.is_rejected:
        answer = association.acceptor.primitive
        reason = answer.reason_str if answer is not None else "no reason given"
        return f"{peer} rejected the association: {reason}"
    if association.rejected_contexts and not association.accepted_contexts:
        proposed = [
            (str(context.abstract_syntax), str(syntax))
            for context in association.requestor.requested_contexts
            for syntax in context.transfer_syntax or ()
        ]
        return f"{peer} accepted the association, but does not accept {named(proposed)}"
    if peer.tls is not None:
        return (
            f"{peer} does not answer over TLS: check its port, and the certificates of both sides"
        )
    return f"{peer} does not answer: check that it runs, its host and its port"


def echo(peer: Peer) -> None:
    """C-ECHO (PS3.4 annex A). Raises PeerError unless the answer is Success."""
    with peer.association([build_context(VERIFICATION)]) as association:
        status = association.send_c_echo().get("Status")
        if status != 0x0000:
            said = "nothing" if status is None else f"status {status:04X}"
            raise PeerError(f"{peer} answered {said} to the C-ECHO")
