"""Reports as DICOM objects, to application entities that store them (PS3.4 annex B)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pynetdicom.status import STORAGE_SERVICE_CLASS_STATUS
from sqlalchemy.orm import Session

from ofsep_node.delivery.document import Document, Draft, NotDelivered
from ofsep_node.delivery.memory import file_in_memory
from ofsep_node.delivery.peer import Peer
from ofsep_node.delivery.sending import send_files, syntax_of
from ofsep_node.domain.routing import Sender
from ofsep_node.records.outbox import OutboxEntry

DraftObject = Callable[[Session, OutboxEntry], Draft]
"""The draft of an entry's object, which is a file of PS3.10."""

Where = Callable[[Sender], Peer]
"""Where the reports on a sender's images go; raises SettingsError where nobody says so."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Stores one object in an association of its own."""

    where: Where
    draft_object: DraftObject

    def draft(self, session: Session, entry: OutboxEntry) -> Draft:
        return self.draft_object(session, entry)

    def deliver(self, entry: OutboxEntry, document: Document) -> str:
        """Raises NotDelivered, PeerError and SettingsError.

        A warning (Bxxx) means that the peer has the object, and has changed it.
        """
        peer = self.where(entry.sender)
        with file_in_memory(lambda file: file.write(document.content)) as path:
            (answer,) = send_files(peer, {path: syntax_of(path)})
        if answer.status is None:
            raise NotDelivered(answer.reason)
        if not answer.stored:
            raise NotDelivered(f"{peer} answered {_meaning(answer.status)}")
        return _meaning(answer.status) if answer.status else ""


def _meaning(status: int) -> str:
    """A status in the standard's words (PS3.4 table B.2-1), and none of the peer's own.

    An Error Comment may name the patient, whom the log does not.
    """
    _, said = STORAGE_SERVICE_CLASS_STATUS.get(status, ("", ""))
    return f"status {status:04X} {said}".rstrip()
