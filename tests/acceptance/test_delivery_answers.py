"""Our own sender gets every answer, whichever of its threads the machine lets run."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pynetdicom.association import Association
from pynetdicom.presentation import build_context

from ofsep_node.delivery import Peer
from ofsep_node.reception import listening_socket, pdu
from ofsep_node.reception.negotiation import negotiate
from ofsep_node.reception.policy import Policy
from tests.phantom import mr_object
from tests.reception_node import RunningReceiver
from tests.upper_layer import EXPLICIT_VR_LITTLE_ENDIAN, MR_IMAGE

Receiving = Callable[..., RunningReceiver]


@contextlib.contextmanager
def never_resting(association: Association) -> Iterator[list[object]]:
    """Look for messages all the time, as pynetdicom's association thread does now and then.

    Yields what was taken away from the sender.
    """
    taken: list[object] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            context, message = association.dimse.get_msg(block=False)
            if message is not None or context is not None:
                taken.append(message)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join()


def test_no_other_thread_takes_an_answer(receiving: Receiving, tmp_path: Path) -> None:
    image = mr_object(tmp_path / "a.dcm")
    node = receiving()
    contexts = [build_context(MR_IMAGE, EXPLICIT_VR_LITTLE_ENDIAN)]
    with Peer("127.0.0.1", node.port, "NODE").association(contexts) as association:
        association.dimse_timeout = 5
        with never_resting(association) as taken:
            statuses = [association.send_c_store(image).get("Status") for _ in range(30)]
    assert statuses == [0] * 30
    assert taken == []
    assert len(node.objects()) == 30


def accept_and_go(listener: socket.socket) -> None:
    """Accept an association, and close the connection once a message has begun."""
    peer, _ = listener.accept()
    with peer:
        _, length = pdu.HEADER.unpack(peer.recv(pdu.HEADER.size, socket.MSG_WAITALL))
        request = pdu.decode_associate_request(peer.recv(length, socket.MSG_WAITALL))
        answer, _ = negotiate(request, Policy(), 16_384)
        peer.sendall(pdu.associate_accept(request, answer))
        peer.recv(1)
        time.sleep(0.3)


def test_no_other_thread_takes_the_word_that_the_peer_is_gone(tmp_path: Path) -> None:
    image = mr_object(tmp_path / "a.dcm")
    with listening_socket("127.0.0.1", 0) as listener:
        peer = threading.Thread(target=accept_and_go, args=(listener,))
        peer.start()
        port = listener.getsockname()[1]
        contexts = [build_context(MR_IMAGE, EXPLICIT_VR_LITTLE_ENDIAN)]
        with Peer("127.0.0.1", port, "NODE").association(contexts) as association:
            began = time.monotonic()
            with never_resting(association):
                assert "Status" not in association.send_c_store(image)
        peer.join()
    assert time.monotonic() - began < 20
