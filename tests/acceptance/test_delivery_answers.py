"""What the peer says reaches the thread that sent a request, and no other.

pynetdicom pauses its association thread while a request is under way, but on a busy machine not
always in time. Here it is not paused at all.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_ECHO
from pynetdicom.presentation import build_context

from ofsep_node.delivery import Peer
from ofsep_node.reception import pdu
from ofsep_node.reception.negotiation import negotiate
from ofsep_node.reception.policy import Policy
from tests.reception_node import RunningReceiver, wait_until
from tests.upper_layer import VERIFICATION

CONTEXTS = [build_context(VERIFICATION)]
A_FEW_TURNS_S = 0.1


def request_echo(association: Association) -> None:
    """Send a C-ECHO-RQ, and wait for nothing."""
    request = C_ECHO()
    request.MessageID = 7
    request.AffectedSOPClassUID = VERIFICATION
    association.dimse.send_msg(request, 1)


def test_an_answer_waits_for_the_thread_that_asked(
    receiving: Callable[..., RunningReceiver],
) -> None:
    with Peer("127.0.0.1", receiving().port, "NODE").association(CONTEXTS) as association:
        request_echo(association)
        wait_until(lambda: not association.dimse.msg_queue.empty())
        time.sleep(A_FEW_TURNS_S)
        _, answer = association.dimse.get_msg(block=True)
        assert answer is not None
        assert (answer.MessageIDBeingRespondedTo, answer.Status) == (7, 0)


def accept_and_go(listener: socket.socket) -> None:
    """Accept an association, and close the connection once a message has begun."""
    peer, _ = listener.accept()
    with peer:
        _, length = pdu.HEADER.unpack(peer.recv(pdu.HEADER.size, socket.MSG_WAITALL))
        request = pdu.decode_associate_request(peer.recv(length, socket.MSG_WAITALL))
        answer, _ = negotiate(request, Policy(), 16_384)
        peer.sendall(pdu.associate_accept(request, answer))
        peer.recv(1)


def test_the_word_that_the_peer_is_gone_waits_for_the_thread_that_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept_and_go, args=(listener,))
        thread.start()
        with Peer("127.0.0.1", listener.getsockname()[1], "NODE").association(CONTEXTS) as ours:
            request_echo(ours)
            wait_until(lambda: not ours.is_alive())
            began = time.monotonic()
            assert ours.dimse.get_msg(block=True) == (None, None)
            assert time.monotonic() - began < 5
        thread.join()
