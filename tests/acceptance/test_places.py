"""How many associations a whole node takes, whichever of its receivers has them."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.node import RunningNode
from tests.reception_node import wait_until
from tests.upper_layer import RawSender, associate_request


def admitted(node: RunningNode, stack: ExitStack, *titles: str) -> list[bool]:
    """Whether each of the titles gets an association, which then stays open."""
    answers = []
    for title in titles:
        sender = stack.enter_context(RawSender(node.port, timeout_s=60))
        sender.send(associate_request(calling=title.encode()))
        kind, body = sender.pdu()
        assert kind == 2 or tuple(body[1:]) == (2, 3, 2)  # transient, local limit exceeded
        answers.append(kind == 2)
    return answers


@pytest.mark.slow
def test_limits_hold_for_all_receivers_together_and_outlive_them(tmp_path: Path) -> None:
    limits = {
        "RECEPTION__RECEIVERS": "3",
        "RECEPTION__MAXIMUM_ASSOCIATIONS": "4",
        "RECEPTION__MAXIMUM_ASSOCIATIONS_PER_PEER": "3",
    }
    with (
        RunningNode(tmp_path / "node", terminal=None, **limits) as node,
        ExitStack() as first,
        ExitStack() as second,
    ):
        assert admitted(node, first, *["MR1"] * 6) == [True] * 3 + [False] * 3
        assert admitted(node, first, "MR2", "MR3", "MR2") == [True, False, False]
        before = node.processes()
        for receiver in before[1:4]:
            os.kill(receiver, signal.SIGKILL)
        wait_until(lambda: len(set(node.processes()) - set(before)) == 3, timeout_s=60)
        assert admitted(node, second, *["MR1"] * 4, "MR2") == [True] * 3 + [False, True]
