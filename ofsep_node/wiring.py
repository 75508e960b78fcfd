"""Joins the parts: each function here is what one process of the node runs.

Every part receives what it needs; nothing else in the package knows the settings as a whole.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

import structlog

from ofsep_node.intake import Intake, IntakeSettings
from ofsep_node.logs import configure_logs
from ofsep_node.reception import Entrance, Receiver
from ofsep_node.records.database import Records
from ofsep_node.reloading import Current, Orders
from ofsep_node.settings import Settings


@dataclass(frozen=True, slots=True)
class NudgePipe:
    """Tells the intake what has just come into the spool: one line a nudge.

    A full pipe loses the nudge, never the object: the intake also looks through the spool. Each
    process keeps the end it uses, and the supervisor both, for those it starts again.
    """

    receiving_end: int
    sending_end: int

    @classmethod
    def make(cls) -> NudgePipe:
        receiving_end, sending_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        return cls(receiving_end, sending_end)

    def send(self, what: str) -> None:
        try:
            os.write(self.sending_end, f"{what}\n".encode())
        except BlockingIOError:
            return

    def keep_sending_end(self) -> None:
        """In a receiver: it only tells."""
        os.close(self.receiving_end)

    def keep_receiving_end(self) -> None:
        """In the intake: it only hears, and so sees when nobody is left to tell."""
        os.close(self.sending_end)

    def close(self) -> None:
        os.close(self.receiving_end)
        os.close(self.sending_end)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the parts of one node have in common, made before they are forked."""

    entrance: Entrance
    nudges: NudgePipe
    current: Current

    def close(self) -> None:
        self.entrance.close()
        self.nudges.close()


def run_receiver(settings: Settings, shared: Shared, name: str, orders: Orders) -> None:
    """Receive until told to stop, then let running associations end."""
    nudges, current = shared.nudges, shared.current
    nudges.keep_sending_end()
    configure_logs(settings, name)
    receiver = Receiver(
        settings.reception,
        settings.spool,
        settings.node.name,
        shared.entrance,
        current.content.access,
        nudge=nudges.send,
        log=structlog.get_logger(),
    )
    orders.follow_reloads(settings, current, lambda content: receiver.replace(content.access))
    threading.Thread(
        target=_drain_when, args=(orders.stop, receiver, settings), daemon=True
    ).start()
    receiver.serve_forever()


def _drain_when(stop: threading.Event, receiver: Receiver, settings: Settings) -> None:
    stop.wait()
    receiver.drain(settings.reception.drain_timeout_s)


def run_intake(settings: Settings, shared: Shared, orders: Orders) -> None:
    """Take what is in the spool until told to stop and the spool is empty."""
    shared.nudges.keep_receiving_end()
    configure_logs(settings, "intake")
    records = Records(settings.records_url)
    try:
        intake = Intake(IntakeSettings.of(settings), records, shared.current.content.edition)
        orders.follow_reloads(
            settings, shared.current, lambda content: intake.judge_by(content.edition)
        )
        intake.run(orders.stop, shared.nudges.receiving_end)
    finally:
        records.close()
