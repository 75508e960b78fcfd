"""A courier for each destination of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ofsep_node.delivery.document import Courier
from ofsep_node.delivery.mail import Mail
from ofsep_node.delivery.objects import Objects, Where
from ofsep_node.delivery.peer import Peer
from ofsep_node.delivery.report_objects import ReportObjects
from ofsep_node.delivery.tls import client_context
from ofsep_node.delivery.webhook import Webhook
from ofsep_node.domain.routing import Sender
from ofsep_node.errors import SettingsError
from ofsep_node.settings import (
    Destination,
    DicomDestination,
    MailDestination,
    SenderDestination,
    Settings,
    WebhookDestination,
)

SHORTEST_SECRET = 16
"""Bytes: a shorter one could be found by trying."""


def couriers(settings: Settings, back: Where) -> Mapping[str, Courier]:
    """By the names of the destinations; `back` says where senders listen themselves.

    Raises SettingsError for files of secrets and certificates that are of no use.
    """
    reports = ReportObjects(settings.archive, settings.node.language, settings.zone)
    found: dict[str, Courier] = {}
    for name, destination in settings.destinations.items():
        try:
            found[name] = _courier(destination, settings, back, reports)
        except SettingsError as error:
            raise SettingsError(f"[destinations.{name}] {error}") from None
    return found


def _courier(
    destination: Destination, settings: Settings, back: Where, reports: ReportObjects
) -> Courier:
    match destination:
        case DicomDestination():
            return Objects(partial(_always, _peer(destination, settings)), reports.draft)
        case SenderDestination():
            return Objects(back, reports.draft)
        case WebhookDestination():
            return Webhook(
                destination.url,
                _secret(destination.secret_file, "secret_file", SHORTEST_SECRET),
                None
                if destination.url.startswith("http:")
                else client_context(destination.trusted),
                destination.patient_id,
            )
        case MailDestination():
            return _mail(destination, settings.node.language)


def application_entity(settings: Settings, ae_title: str) -> Peer | None:
    """The first DICOM destination with an AE title; None when there is none. Raises SettingsError."""
    for name, destination in settings.destinations.items():
        if isinstance(destination, DicomDestination) and destination.ae_title == ae_title:
            try:
                return _peer(destination, settings)
            except SettingsError as error:
                raise SettingsError(f"[destinations.{name}] {error}") from None
    return None


def _always(peer: Peer, _: Sender) -> Peer:
    return peer


def _peer(destination: DicomDestination, settings: Settings) -> Peer:
    tls = settings.tls
    return Peer(
        destination.host,
        destination.port,
        called_ae_title=destination.ae_title,
        calling_ae_title=settings.reception.ae_title,
        tls=client_context(tls.trusted, tls.certificate, tls.key) if destination.tls else None,
    )


def _mail(destination: MailDestination, language: str) -> Mail:
    file = destination.password_file
    password = _password(file) if file else ""
    return Mail(
        host=destination.host,
        port=destination.port,
        security=destination.security,
        sender=destination.sender,
        recipients=destination.recipients,
        language=language,
        user=destination.user,
        password=password,
        tls=None if destination.security == "none" else client_context(destination.trusted),
        patient_id=destination.patient_id,
    )


def _password(file: Path) -> str:
    try:
        return _secret(file, "password_file", 1).decode()
    except UnicodeDecodeError:
        raise SettingsError(f"password_file: {file}: not a text file in UTF-8") from None


def _secret(file: Path, key: str, shortest: int) -> bytes:
    """The first line of a file."""
    try:
        secret = file.read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise SettingsError(f"{key}: {file}: cannot be read: {error.strerror}") from None
    if len(secret) < shortest:
        raise SettingsError(f"{key}: {file}: its first line needs {shortest} characters at least")
    return secret
