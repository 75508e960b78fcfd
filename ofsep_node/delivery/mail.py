"""A verdict to people by e-mail, through the site's own server (RFC 5321, RFC 8314)."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from typing import Literal

from sqlalchemy.orm import Session

from ofsep_node.delivery.document import Document, Draft, NotDelivered
from ofsep_node.delivery.told import as_text
from ofsep_node.records.outbox import OutboxEntry
from ofsep_node.records.verdicts import version_called

ANSWERED_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends one message to several recipients; it is delivered when the server has taken it for all."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    recipients: tuple[str, ...]
    language: str = "en"
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    patient_id: bool = False

    def draft(self, session: Session, entry: OutboxEntry) -> Draft:
        """The verdict in a few lines, without the patient ID unless it is wanted."""
        told = version_called(session, entry.study_instance_uid, entry.version).document
        return partial(as_text, told, entry.sender, self.language, patient_id=self.patient_id)

    def deliver(self, entry: OutboxEntry, document: Document) -> str:
        """Raises NotDelivered unless the server takes it for at least one recipient.

        Those it refuses are told: for the others a second message would be one too many.
        """
        message = self._message(entry, document)
        try:
            with contextlib.closing(self._connection()) as server:
                if self.security == "starttls":
                    server.starttls(context=self.tls)
                if self.user:
                    server.login(self.user, self.password)
                refused = server.send_message(message)
                # It is delivered: whatever the server says to our leaving changes nothing.
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    server.quit()
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(
                f"{self.host}:{self.port}: {str(error) or type(error).__name__}"
            ) from error
        return f"refused: {', '.join(sorted(refused))}" if refused else ""

    def _connection(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=ANSWERED_WITHIN_S, context=self.tls
            )
        return smtplib.SMTP(self.host, self.port, timeout=ANSWERED_WITHIN_S)

    def _message(self, entry: OutboxEntry, document: Document) -> EmailMessage:
        """The same at every attempt, with the same Message-ID: mail programs show it once."""
        message = EmailMessage()
        message["Subject"] = document.subject
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Date"] = format_datetime(entry.queued_at)
        domain = self.sender.rpartition("@")[2]
        message["Message-ID"] = f"<report-{entry.entry_id}.{entry.study_instance_uid}@{domain}>"
        message.set_content(document.content.decode())
        return message
