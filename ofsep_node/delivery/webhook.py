"""A verdict's JSON to another program, by an HTTPS POST that it can check the origin of."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.orm import Session

from ofsep_node import __version__
from ofsep_node.delivery.document import Document, Draft, NotDelivered
from ofsep_node.delivery.told import as_json
from ofsep_node.records.outbox import OutboxEntry
from ofsep_node.records.verdicts import version_called

ANSWERED_WITHIN_S = 30
SIGNATURE = "X-Ofsep-Node-Signature"
DELIVERY = "X-Ofsep-Node-Delivery"
"""The report's number in the outbox: the same at every attempt, so that a second one is known."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """POSTs to one URL. The signature is the HMAC-SHA256 of the body (RFC 2104), in hexadecimal."""

    url: str
    secret: bytes = field(repr=False)
    tls: ssl.SSLContext | None = None
    patient_id: bool = False

    def draft(self, session: Session, entry: OutboxEntry) -> Draft:
        """The verdict's document, without the patient ID unless it is wanted."""
        told = version_called(session, entry.study_instance_uid, entry.version).document
        return partial(as_json, told, patient_id=self.patient_id)

    def deliver(self, entry: OutboxEntry, document: Document) -> str:
        """Raises NotDelivered unless the answer is one of success (2xx)."""
        where = urlsplit(self.url)
        connection = self._connection(where)
        try:
            connection.request(
                "POST",
                where.path + (f"?{where.query}" if where.query else "") or "/",
                body=document.content,
                headers=self._headers(entry, document),
            )
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise NotDelivered(f"{_named(where)}: {str(error) or type(error).__name__}") from error
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            said = http.client.responses.get(answer.status, "")
            raise NotDelivered(f"{_named(where)} answered {answer.status} {said}".rstrip())
        return ""

    def _connection(self, where: SplitResult) -> http.client.HTTPConnection:
        host = where.hostname or ""
        if where.scheme == "http":
            return http.client.HTTPConnection(host, where.port, timeout=ANSWERED_WITHIN_S)
        return http.client.HTTPSConnection(
            host, where.port, timeout=ANSWERED_WITHIN_S, context=self.tls
        )

    def _headers(self, entry: OutboxEntry, document: Document) -> dict[str, str]:
        signature = hmac.new(self.secret, document.content, hashlib.sha256).hexdigest()
        return {
            "Content-Type": document.media_type,
            "User-Agent": f"ofsep-node/{__version__}",
            SIGNATURE: f"sha256={signature}",
            DELIVERY: str(entry.entry_id),
        }


def _named(where: SplitResult) -> str:
    """An address as the log may tell it: user, password and query are secrets of the site."""
    return f"{where.scheme}://{where.netloc.rpartition('@')[2]}{where.path}"
