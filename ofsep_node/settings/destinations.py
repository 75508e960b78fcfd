"""Where reports go, by name: an application entity, whoever sent the images, HTTPS, or e-mail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from ofsep_node.domain.routing import EVERY_CONCLUSION, DicomKind, ReportKind, Route
from ofsep_node.domain.verdict import Conclusion
from ofsep_node.settings.values import LAST_PORT, AETitle, OptionalPath, Section

DestinationName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Port = Annotated[int, Field(ge=1, le=LAST_PORT)]
_Host = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
_ON_THIS_MACHINE = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/.*)?")


def _address(written: object) -> object:
    if isinstance(written, str) and not _ADDRESS.fullmatch(written):
        raise ValueError("no e-mail address, such as mri@hospital.example")
    return written


def _url(written: object) -> object:
    """What is sent is about a patient: in the clear, it stays on this machine."""
    if isinstance(written, str) and not (
        re.fullmatch(r"https://[^\s/]+(/\S*)?", written) or _ON_THIS_MACHINE.fullmatch(written)
    ):
        raise ValueError("must begin with https://; http:// is for this machine alone")
    if isinstance(written, str):
        _require_port(written)
    return written


def _require_port(url: str) -> None:
    try:
        port = urlsplit(url).port
    except ValueError as error:
        raise ValueError(f"no address: {error}") from None
    if port == 0:
        raise ValueError("port 0 is none that anybody listens on")


EmailAddress = Annotated[str, BeforeValidator(_address)]


class _Told(Section):
    """What all destinations have in common."""

    when: Literal["settled", "provisional"] = "settled"
    conclusions: Annotated[tuple[Conclusion, ...], Field(min_length=1)] = EVERY_CONCLUSION

    def route_of(self, name: str, kinds: tuple[ReportKind, ...]) -> Route:
        """What is due to this destination, and when."""
        return Route(
            destination=name,
            kinds=kinds,
            conclusions=self.conclusions,
            provisional=self.when == "provisional",
            back=isinstance(self, SenderDestination),
        )


class _TakesObjects(_Told):
    """Takes DICOM objects by C-STORE."""

    reports: Annotated[tuple[DicomKind, ...], Field(min_length=1)]

    def route(self, name: str) -> Route:
        return self.route_of(name, self.reports)


class DicomDestination(_TakesObjects):
    """An application entity, such as a PACS."""

    type: Literal["dicom"]
    ae_title: AETitle
    host: _Host
    port: _Port
    tls: bool = False


class SenderDestination(_TakesObjects):
    """Whoever sent the images, where its entry in the peers file says that it listens."""

    type: Literal["sender"]


class WebhookDestination(_Told):
    """A program that takes the verdict's JSON over HTTPS."""

    type: Literal["webhook"]
    url: Annotated[str, BeforeValidator(_url)]
    secret_file: Path
    trusted: OptionalPath = None
    patient_id: bool = False

    def route(self, name: str) -> Route:
        return self.route_of(name, ("json",))


class MailDestination(_Told):
    """People, by e-mail."""

    type: Literal["mail"]
    host: _Host
    port: _Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    trusted: OptionalPath = None
    user: str = ""
    password_file: OptionalPath = None
    sender: EmailAddress
    recipients: Annotated[tuple[EmailAddress, ...], Field(min_length=1)]
    patient_id: bool = False

    @model_validator(mode="after")
    def _password_is_kept(self) -> Self:
        if bool(self.user) != bool(self.password_file):
            raise ValueError("user and password_file belong together")
        if self.user and self.security == "none":
            raise ValueError('a password needs security = "starttls" or "tls"')
        return self

    def route(self, name: str) -> Route:
        return self.route_of(name, ("text",))


Destination = Annotated[
    DicomDestination | SenderDestination | WebhookDestination | MailDestination,
    Field(discriminator="type"),
]

MODELS: dict[str, type[Section]] = {
    "dicom": DicomDestination,
    "sender": SenderDestination,
    "webhook": WebhookDestination,
    "mail": MailDestination,
}
"""The model of each type of destination."""
