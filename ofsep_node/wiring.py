"""Joins the parts: each function here is what one process of the node runs.

Every part receives what it needs; nothing else in the package knows the settings as a whole.
"""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass

import structlog

from ofsep_node.intake import Intake, IntakeSettings
from ofsep_node.logs import configure_logs
from ofsep_node.protocol import load_edition
from ofsep_node.reception import Receiver
from ofsep_node.records.database import Records
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


def run_receiver(
    settings: Settings, listener: socket.socket, nudges: NudgePipe, name: str, stop: threading.Event
) -> None:
    """Receive until `stop` is set, then let running associations end."""
    nudges.keep_sending_end()
    configure_logs(settings, name)
    receiver = Receiver(
        settings.reception,
        settings.spool,
        settings.node.name,
        listener,
        nudges.send,
        structlog.get_logger(),
    )
    threading.Thread(target=_drain_when, args=(stop, receiver, settings), daemon=True).start()
    receiver.serve_forever()


def _drain_when(stop: threading.Event, receiver: Receiver, settings: Settings) -> None:
    stop.wait()
    receiver.drain(settings.reception.drain_timeout_s)


def run_intake(settings: Settings, nudges: NudgePipe, stop: threading.Event) -> None:
    """Take what is in the spool until `stop` is set and the spool is empty."""
    nudges.keep_receiving_end()
    configure_logs(settings, "intake")
    edition = load_edition(settings.protocol.edition, settings.protocol.site)
    records = Records(settings.records_url)
    try:
        Intake(IntakeSettings.of(settings), records, edition).run(stop, nudges.receiving_end)
    finally:
        records.close()
