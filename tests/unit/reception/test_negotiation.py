"""Which roles and contexts a peer gets that may query, store, or both."""

from __future__ import annotations

import pytest

from ofsep_node.domain.sop_classes import STUDY_ROOT_FIND, STUDY_ROOT_GET, STUDY_ROOT_MOVE
from ofsep_node.reception.negotiation import AcceptedContext, negotiate
from ofsep_node.reception.pdu import (
    AnsweredContext,
    AssociateRequest,
    ProposedContext,
    ProposedRole,
)
from ofsep_node.reception.policy import USUAL_ROLES, Policy, Role
from tests.upper_layer import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, MR_IMAGE

QUERIES = (STUDY_ROOT_FIND, STUDY_ROOT_MOVE, STUDY_ROOT_GET)
ONLY_QUERY = frozenset({Role.QUERY})
ACCEPTED, USER_REJECTION = 0, 1


def negotiated(
    roles: frozenset[Role], *proposed: ProposedRole
) -> tuple[list[int], tuple[ProposedRole, ...], dict[int, AcceptedContext]]:
    """Results by context, roles answered, and contexts in use, of queries and one storage class."""
    contexts = tuple(
        ProposedContext(2 * n + 1, uid, (EXPLICIT_VR_LITTLE_ENDIAN,))
        for n, uid in enumerate((*QUERIES, MR_IMAGE))
    )
    request = AssociateRequest(1, "NODE", "VIEWER", b"", "", contexts, roles=proposed)
    answer, in_use = negotiate(request, Policy(roles=roles), 16_384)
    results: list[AnsweredContext] = list(answer.contexts)
    return [context.result for context in results], answer.roles, in_use


@pytest.mark.parametrize("roles", [USUAL_ROLES, frozenset({Role.ECHO, Role.STORE})])
def test_nobody_queries_who_is_not_named(roles: frozenset[Role]) -> None:
    both = ProposedRole(MR_IMAGE, scu=True, scp=True)
    results, answered, in_use = negotiated(roles, both)
    assert results == [USER_REJECTION] * 3 + [ACCEPTED]
    assert answered == (ProposedRole(MR_IMAGE, scu=True, scp=False),)
    assert not in_use[7].we_are_scu


def test_a_peer_that_queries_may_be_sent_objects_and_may_not_send_any() -> None:
    results, answered, in_use = negotiated(ONLY_QUERY, ProposedRole(MR_IMAGE, scu=True, scp=True))
    assert results == [ACCEPTED] * 4
    assert answered == (ProposedRole(MR_IMAGE, scu=False, scp=True),)
    assert in_use[7].we_are_scu


def test_without_role_selection_there_is_nothing_to_give_on() -> None:
    results, answered, _ = negotiated(ONLY_QUERY)
    assert results == [ACCEPTED] * 3 + [USER_REJECTION]
    assert answered == ()
    *_, in_use = negotiated(USUAL_ROLES | ONLY_QUERY)
    assert not in_use[7].we_are_scu


def test_objects_are_given_in_what_most_are_kept_in() -> None:
    both = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN)
    contexts = (ProposedContext(1, MR_IMAGE, both),)
    given = (ProposedRole(MR_IMAGE, scu=False, scp=True),)
    for roles, proposed, chosen in ((ONLY_QUERY, given, both[1]), (USUAL_ROLES, (), both[0])):
        request = AssociateRequest(1, "NODE", "VIEWER", b"", "", contexts, roles=proposed)
        _, in_use = negotiate(request, Policy(roles=roles), 16_384)
        assert in_use[1].transfer_syntax == chosen


def test_who_is_nothing_gets_no_context() -> None:
    none = ProposedRole(MR_IMAGE, scu=False, scp=False)
    results, answered, _ = negotiated(USUAL_ROLES | ONLY_QUERY, none)
    assert results[3] == USER_REJECTION
    assert answered == ()
