"""Every setting of the node, with its default."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ofsep_node.domain.routing import OfferedKind, Routing
from ofsep_node.settings.destinations import Destination, DestinationName
from ofsep_node.settings.values import (
    LAST_PORT,
    LONGEST_DAYS,
    LONGEST_S,
    UID,
    AETitle,
    LogLevel,
    OptionalPath,
    Receivers,
    Section,
    TimeZone,
    WebPort,
    comma_separated,
)


class NodeSection(Section):
    """The node itself."""

    name: Annotated[str, BeforeValidator(lambda v: v or socket.gethostname())] = Field(
        default_factory=socket.gethostname
    )
    data: Path = Path("var")
    archive: Annotated[Path | None, BeforeValidator(lambda v: v or None)] = None
    away_after_s: float = Field(60, ge=1, le=LONGEST_S)
    language: Literal["en", "fr"] = "en"
    time_zone: TimeZone = "Europe/Paris"


class ReceptionSection(Section):
    """The Storage SCP."""

    ae_title: AETitle = "OFSEP_NODE"
    host: str = "0.0.0.0"  # noqa: S104 - a Storage SCP is there to be reached by the scanners
    port: int = Field(11112, ge=0, le=LAST_PORT)
    receivers: Receivers = 1
    require_called_ae_title: bool = False
    maximum_pdu_length: int = Field(131_072, ge=4_096, le=1_048_576)
    maximum_associations: int = Field(64, ge=1, le=65_535)
    maximum_associations_per_peer: int = Field(16, ge=1)
    maximum_object_mb: int = Field(4_096, ge=1)
    minimum_free_mb: int = Field(1_024, ge=0)
    negotiation_timeout_s: float = Field(30, gt=0, le=LONGEST_S)
    idle_timeout_s: float = Field(600, gt=0, le=LONGEST_S)
    stall_timeout_s: float = Field(60, gt=0, le=LONGEST_S)
    drain_timeout_s: float = Field(30, ge=0, le=LONGEST_S)
    additional_sop_classes: Annotated[tuple[UID, ...], BeforeValidator(comma_separated)] = ()
    accept_every_sop_class: bool = False
    peers: OptionalPath = None


class TLSSection(Section):
    """The port for associations over TLS."""

    certificate: OptionalPath = None
    key: OptionalPath = None
    trusted: OptionalPath = None
    client_certificate: Literal["none", "optional", "required"] = "none"
    port: int = Field(2762, ge=0, le=LAST_PORT)
    only: bool = False
    minimum_version: Literal["1.2", "1.3"] = "1.2"
    handshake_timeout_s: float = Field(10, gt=0, le=LONGEST_S)
    expiry_warning_days: int = Field(30, ge=0, le=LONGEST_DAYS)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.certificate is None and (self.key or self.only):
            raise ValueError("key and only have no meaning without a certificate")
        if self.client_certificate != "none" and self.trusted is None:
            raise ValueError(
                f"client_certificate = {self.client_certificate!r} needs trusted, the certificates "
                "by which those of the peers are checked"
            )
        return self


class WebSection(Section):
    """The pages and probes over HTTP."""

    host: str = "127.0.0.1"
    port: WebPort = 8112

    @property
    def port_was_asked_for(self) -> bool:
        """Whether somebody counts on this very port."""
        return bool(self.port) and "port" in self.model_fields_set


class RecordsSection(Section):
    """The database."""

    url: str = ""  # empty: SQLite in the data folder


class ProtocolSection(Section):
    """What studies are judged by."""

    edition: str = "ofsep-2020"
    site: OptionalPath = None


class StudySection(Section):
    """When an examination is taken to be over."""

    quiet_period_s: float = Field(60, gt=0, le=LONGEST_S)
    longest_s: float = Field(14_400, gt=0, le=LONGEST_S)


class RetrievalSection(Section):
    """What peers with the role `query` find beside what was received."""

    reports: Annotated[tuple[OfferedKind, ...], BeforeValidator(comma_separated)] = ("sr", "pdf")


class DeliverySection(Section):
    """Who is told of whose studies, and how long a delivery is tried."""

    senders: dict[AETitle, tuple[DestinationName, ...]] = Field(default_factory=dict)
    provisional_after_s: float = Field(10, ge=0, le=LONGEST_S)
    retry_first_s: float = Field(5, gt=0, le=LONGEST_S)
    retry_last_s: float = Field(900, gt=0, le=LONGEST_S)
    give_up_after_h: float = Field(72, gt=0, le=LONGEST_S / 3_600)


class RetentionSection(Section):
    """When images are dropped; verdicts and facts are kept."""

    days: float = Field(0, ge=0, le=LONGEST_DAYS)
    high_percent: float = Field(0, ge=0, lt=100)
    low_percent: float = Field(0, ge=0, lt=100)
    at_least_days: float = Field(1, ge=0, le=LONGEST_DAYS)
    look_every_s: float = Field(600, gt=0, le=LONGEST_S)

    @property
    def is_on(self) -> bool:
        """Whether images are dropped unasked."""
        return bool(self.days or self.high_percent)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if bool(self.high_percent) != bool(self.low_percent):
            raise ValueError(
                "high_percent and low_percent belong together: room is made above the one, down to "
                "the other; give both, or neither"
            )
        if self.high_percent and self.low_percent >= self.high_percent:
            raise ValueError(
                f"low_percent = {self.low_percent:g} is not below high_percent = "
                f"{self.high_percent:g}"
            )
        if self.days and self.high_percent and self.at_least_days > self.days:
            raise ValueError(
                f"at_least_days = {self.at_least_days:g} is more than days = {self.days:g}, after "
                "which images are dropped in any case"
            )
        return self


class LogSection(Section):
    """What is said, where."""

    console_level: LogLevel | Literal["auto"] = "auto"
    file_level: LogLevel = "debug"
    patient_id: bool = False


class Settings(BaseModel):
    """All sections. What the node writes lies below `node.data`, and in `node.archive`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    node: NodeSection = NodeSection()
    reception: ReceptionSection = ReceptionSection()
    tls: TLSSection = TLSSection()
    web: WebSection = WebSection()
    records: RecordsSection = RecordsSection()
    protocol: ProtocolSection = ProtocolSection()
    study: StudySection = StudySection()
    retrieval: RetrievalSection = RetrievalSection()
    delivery: DeliverySection = DeliverySection()
    destinations: dict[DestinationName, Destination] = Field(default_factory=dict)
    retention: RetentionSection = RetentionSection()
    log: LogSection = LogSection()

    @property
    def routing(self) -> Routing:
        """Who is told of which verdicts."""
        routes = {name: d.route(name) for name, d in self.destinations.items()}
        return Routing(routes, self.delivery.senders)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the times in reports."""
        return ZoneInfo(self.node.time_zone)

    @property
    def data(self) -> Path:
        return self.node.data.absolute()

    @property
    def spool(self) -> Path:
        return self.data / "spool"

    @property
    def steps(self) -> Path:
        return self.data / "steps"

    @property
    def archive(self) -> Path:
        return self.node.archive.absolute() if self.node.archive else self.data / "archive"

    @property
    def quarantine(self) -> Path:
        return self.data / "quarantine"

    @property
    def metrics(self) -> Path:
        return self.data / "metrics"

    @property
    def log_file(self) -> Path:
        return self.data / "log" / "ofsep-node.jsonl"

    @property
    def records_url(self) -> str:
        return self.records.url or f"sqlite:///{self.data / 'records.sqlite'}"
