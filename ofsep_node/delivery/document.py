"""A report as it goes out, and what takes it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from ofsep_node.errors import OfsepNodeError
from ofsep_node.records.outbox import OutboxEntry


@dataclass(frozen=True, slots=True)
class Document:
    """What is delivered: a file's content, and for an object of DICOM its SOP Instance UID."""

    content: bytes
    media_type: str
    subject: str = ""
    sop_instance_uid: str | None = None


class NotDelivered(OfsepNodeError):
    """A destination cannot be reached, or has not taken a report; it may take it later."""


Draft = Callable[[], Document]
"""Makes a document of what was read for it; raises NothingToReport, UnreadableObject, OSError."""


class Courier(Protocol):
    """Takes documents to one destination."""

    def draft(self, session: Session, entry: OutboxEntry) -> Draft:
        """What makes the document to deliver, once nobody waits for the records any more.

        The same entry gives the same document each time. Raises UnreadableDocument.
        """

    def deliver(self, entry: OutboxEntry, document: Document) -> str:
        """Hand it over, and return what the destination remarked, if anything.

        Raises NotDelivered.
        """
