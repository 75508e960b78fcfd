"""The N-EVENT-REPORT of storage commitment (PS3.4 section J.3.3).

On the association that was asked on, while its peer lingers there, or on one of its own.
"""

from __future__ import annotations

from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom.association import Association
from pynetdicom.dsutils import encode
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import build_context, build_role

from ofsep_node import association_door
from ofsep_node.delivery.peer import Peer
from ofsep_node.dicom.commitment import event_information, event_type_of
from ofsep_node.domain.commitment import CommitmentResult
from ofsep_node.domain.sop_classes import STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
from ofsep_node.errors import PeerError

_SUCCESS = 0x0000


def report_where_asked(association_id: str, result: CommitmentResult) -> bool:
    """Tell a peer that lingers on the association it asked on; whether it has answered Success."""

    def encoded(syntax: str) -> bytes:
        is_implicit = syntax == ImplicitVRLittleEndian
        data_set = encode(event_information(result), is_implicit, True)
        if data_set is None:
            raise ValueError("the event information cannot be encoded")
        return data_set

    return association_door.tell(association_id, event_type_of(result), encoded) == _SUCCESS


def report_commitment(peer: Peer, result: CommitmentResult) -> None:
    """Tell a peer on an association to it. Raises PeerError unless it answers Success."""
    contexts = [build_context(STORAGE_COMMITMENT)]
    with peer.association(contexts, [_role()], association_door.ANSWERED_WITHIN_S) as association:
        status = _report(peer, association, result)
    if status != _SUCCESS:
        said = "nothing" if status is None else f"status {status:04X}"
        raise PeerError(f"{peer} answered {said} to the N-EVENT-REPORT")


def _role() -> SCP_SCU_RoleSelectionNegotiation:
    """We open the association, and are the SCP on it (PS3.7 annex D.3.3.4)."""
    return build_role(STORAGE_COMMITMENT, scu_role=False, scp_role=True)


def _report(peer: Peer, association: Association, result: CommitmentResult) -> int | None:
    try:
        answer, _ = association.send_n_event_report(
            event_information(result),
            event_type_of(result),
            STORAGE_COMMITMENT,
            STORAGE_COMMITMENT_INSTANCE,
        )
    except ValueError as error:  # no context is accepted in this role
        raise PeerError(
            f"{peer} does not let us be SCP of storage commitment on an association of ours"
        ) from error
    except RuntimeError as error:
        raise PeerError(f"{peer} ended the association") from error
    status: int | None = answer.get("Status")
    return status
