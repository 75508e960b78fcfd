"""Answering an association request (PS3.8 section 9.3.3 and 9.3.4, PS3.7 annex D.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ofsep_node.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from ofsep_node.reception.pdu import (
    APPLICATION_CONTEXT,
    AnsweredContext,
    AssociateAnswer,
    AssociateRequest,
    ProposedContext,
    ProposedRole,
)
from ofsep_node.reception.policy import (
    IMPLICIT_VR_LITTLE_ENDIAN,
    Policy,
    transfer_syntax_for,
    transfer_syntax_to_give,
)

_ACCEPTED = 0
_USER_REJECTION = 1
_ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
_TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


class Rejection(Enum):
    """Why an association is rejected: (result, source, reason) of PS3.8 table 9-21, and words."""

    APPLICATION_CONTEXT = (1, 1, 2, "application context name not supported")
    CALLED_AE_TITLE = (1, 1, 7, "called AE title not recognised")
    CALLING_AE_TITLE = (1, 1, 3, "calling AE title not recognised")
    ADDRESS = (1, 1, 3, "no peer of the peers file has this address")
    CALLING_ADDRESS = (1, 1, 3, "this AE title may not come from this address")
    TLS_REQUIRED = (1, 1, 3, "this AE title must come over TLS")
    CERTIFICATE = (1, 1, 3, "the certificate is not the one this AE title must show")
    PROTOCOL_VERSION = (1, 2, 2, "protocol version not supported")
    DRAINING = (2, 3, 1, "the node is stopping")
    NO_ROOM = (2, 3, 1, "less of the disk is free than the setting minimum_free_mb asks for")
    TOO_MANY = (2, 3, 2, "as many associations as the setting maximum_associations allows")
    TOO_MANY_OF_PEER = (
        2, 3, 2, "as many of this peer as the setting maximum_associations_per_peer allows",
    )  # fmt: skip

    @property
    def codes(self) -> tuple[int, int, int]:
        return self.value[:3]

    @property
    def words(self) -> str:
        return self.value[3]


@dataclass(frozen=True, slots=True)
class AcceptedContext:
    """A presentation context both sides use; the peer may be sent objects on it if we are its SCU."""

    abstract_syntax: str
    transfer_syntax: str
    we_are_scu: bool = False


def objection(request: AssociateRequest, required_ae_title: str | None) -> Rejection | None:
    """Why this request cannot be accepted whatever the load; None when it can."""
    if not request.protocol_version & 1:
        return Rejection.PROTOCOL_VERSION
    if request.application_context != APPLICATION_CONTEXT:
        return Rejection.APPLICATION_CONTEXT
    if required_ae_title is not None and request.called_ae_title != required_ae_title:
        return Rejection.CALLED_AE_TITLE
    return None


def negotiate(
    request: AssociateRequest, policy: Policy, maximum_length: int
) -> tuple[AssociateAnswer, dict[int, AcceptedContext]]:
    """The answer to an acceptable request, and the contexts in use by identifier.

    Extended negotiation is ignored, which refuses it (PS3.7 annex D.3.3.5). An asynchronous
    window is answered with one operation at a time.
    """
    roles = {role.sop_class_uid: role for role in request.roles}
    answers = tuple(_answer(context, policy, roles) for context in request.contexts)
    in_use = {
        proposed.abstract_syntax
        for proposed, answered in zip(request.contexts, answers, strict=True)
        if answered.result == _ACCEPTED
    }
    agreed = {uid: _agreed(role, policy) for uid, role in roles.items() if uid in in_use}
    contexts = {
        proposed.identifier: AcceptedContext(
            proposed.abstract_syntax,
            answered.transfer_syntax,
            proposed.abstract_syntax in agreed and agreed[proposed.abstract_syntax].scp,
        )
        for proposed, answered in zip(request.contexts, answers, strict=True)
        if answered.result == _ACCEPTED
    }
    answer = AssociateAnswer(
        contexts=answers,
        maximum_length=maximum_length,
        implementation_class_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version_name=IMPLEMENTATION_VERSION_NAME,
        roles=tuple(agreed.values()),
        asynchronous_operations=request.asynchronous_operations,
        identity_response=request.wants_identity_response,
    )
    return answer, contexts


def _answer(
    proposed: ProposedContext, policy: Policy, roles: dict[str, ProposedRole]
) -> AnsweredContext:
    role = roles.get(proposed.abstract_syntax)
    if role is not None and _agreed(role, policy).scp:
        syntax = transfer_syntax_to_give(proposed.transfer_syntaxes)
    else:
        syntax = transfer_syntax_for(proposed.abstract_syntax, proposed.transfer_syntaxes)
    if not policy.accepts(proposed.abstract_syntax):
        result = _ABSTRACT_SYNTAX_NOT_SUPPORTED
    elif not _has_a_use(proposed.abstract_syntax, policy, role):
        result = _USER_REJECTION
    elif syntax is None:
        result = _TRANSFER_SYNTAXES_NOT_SUPPORTED
    else:
        result = _ACCEPTED
    # The syntax beside a rejection has no meaning, but must be there (PS3.8 table 9-18).
    return AnsweredContext(proposed.identifier, result, syntax or IMPLICIT_VR_LITTLE_ENDIAN)


def _agreed(role: ProposedRole, policy: Policy) -> ProposedRole:
    """What the peer is of the roles it proposes: SCP of storage only where it may ask by C-GET."""
    uid = role.sop_class_uid
    return ProposedRole(
        uid,
        scu=role.scu and policy.permits(uid),
        scp=role.scp and policy.gives(uid),
    )


def _has_a_use(abstract_syntax: str, policy: Policy, role: ProposedRole | None) -> bool:
    """Whether the peer may do anything on the context. Without role selection it is the SCU."""
    if role is None:
        return policy.permits(abstract_syntax)
    agreed = _agreed(role, policy)
    return agreed.scu or agreed.scp
