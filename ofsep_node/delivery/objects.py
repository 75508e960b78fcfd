"""Reports as DICOM objects, to application entities that store them (PS3.4 annex B)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from ofsep_node.delivery.document import Document, NotDelivered
from ofsep_node.delivery.peer import Peer
from ofsep_node.delivery.sending import send_files, syntax_of
from ofsep_node.domain.routing import Sender
from ofsep_node.records.outbox import OutboxEntry

MakeObject = Callable[[Session, OutboxEntry], Document]
"""The object of an entry, as a file of PS3.10; raises NothingToReport."""

Where = Callable[[Sender], Peer]
"""Where the reports on a sender's images go; raises SettingsError where nobody says so."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Stores one object in an association of its own."""

    where: Where
    object_of: MakeObject

    def make(self, session: Session, entry: OutboxEntry) -> Document:
        return self.object_of(session, entry)

    def deliver(self, entry: OutboxEntry, document: Document) -> str:
        """Raises NotDelivered, PeerError and SettingsError.

        A warning (Bxxx) means that the peer has the object, and has changed it.
        """
        peer = self.where(entry.sender)
        with tempfile.NamedTemporaryFile(suffix=".dcm") as file:
            file.write(document.content)
            file.flush()
            path = Path(file.name)
            (answer,) = send_files(peer, {path: syntax_of(path)})
        if answer.status is None:
            raise NotDelivered(answer.reason)
        if not answer.stored:
            raise NotDelivered(
                f"{peer} answered status {answer.status:04X} {answer.reason}".rstrip()
            )
        return f"status {answer.status:04X} {answer.reason}".rstrip() if answer.status else ""
