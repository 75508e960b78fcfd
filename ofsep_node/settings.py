"""Every setting of the node: defaults, then `node.toml`, then the environment, then flags.

Environment variables are named `OFSEP_NODE_<SECTION>__<KEY>`, for instance
`OFSEP_NODE_RECEPTION__PORT=104`. Unknown keys and wrong values are errors that name the file and
line, or the variable.
"""

from __future__ import annotations

import os
import re
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ofsep_node.errors import SettingsError

ENVIRONMENT_PREFIX = "OFSEP_NODE_"

_OF_KUBERNETES = re.compile(
    r"(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_[0-9]+_(TCP|UDP)(_.*)?)=.*|PORT=(tcp|udp)://.*"
)
"""What Kubernetes adds to the environment of every pod beside a service called ofsep-node.

A bare PORT that is no address is somebody's mistake, who must not be left with another port.
"""

AETitle = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=16, pattern=r"^[\x20-\x5b\x5d-\x7e]+$"
    ),
]
"""An application entity title: 1 to 16 characters, no backslash (PS3.5 table 6.2-1, AE)."""


def _comma_separated(value: object) -> object:
    """The environment writes lists as `a,b`."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


OptionalPath = Annotated[Path | None, BeforeValidator(lambda v: v or None)]
"""The path of a file; empty where there is none."""

LAST_PORT = 65_535
RECEIVERS_AT_MOST = 4
"""Of those started by themselves: beyond it, disk and intake are the limit, not receivers."""

Receivers = Annotated[
    int,
    BeforeValidator(
        lambda v: min(len(os.sched_getaffinity(0)), RECEIVERS_AT_MOST) if v == "auto" else v
    ),
    Field(ge=1, le=64),
]
"""A number of processes; "auto" is one a core that this process may use."""

WebPort = Annotated[
    Annotated[int, Field(ge=0, le=LAST_PORT)] | None,
    BeforeValidator(lambda v: None if v in ("", "off") else v),
]
"""A port number, or "off"."""

UID = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9]+(\.[0-9]+)+$")]
LogLevel = Literal["debug", "info", "warning", "error"]


class Section(BaseModel):
    """One table of the file: no unknown keys, nothing changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NodeSection(Section):
    """The node itself."""

    name: Annotated[str, BeforeValidator(lambda v: v or socket.gethostname())] = Field(
        default_factory=socket.gethostname
    )
    data: Path = Path("var")
    archive: Annotated[Path | None, BeforeValidator(lambda v: v or None)] = None
    away_after_s: float = Field(60, ge=1)
    language: Literal["en", "fr"] = "en"


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
    negotiation_timeout_s: float = Field(30, gt=0)
    idle_timeout_s: float = Field(600, gt=0)
    stall_timeout_s: float = Field(60, gt=0)
    drain_timeout_s: float = Field(30, ge=0)
    additional_sop_classes: Annotated[tuple[UID, ...], BeforeValidator(_comma_separated)] = ()
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
    handshake_timeout_s: float = Field(10, gt=0)
    expiry_warning_days: int = Field(30, ge=0)

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

    quiet_period_s: float = Field(60, gt=0)
    longest_s: float = Field(14_400, gt=0)


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
    log: LogSection = LogSection()

    @property
    def data(self) -> Path:
        return self.node.data.absolute()

    @property
    def spool(self) -> Path:
        return self.data / "spool"

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


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Mapping[str, object]] | None = None,
) -> Settings:
    """Settings from the file, the environment over it, and command-line flags over both.

    A relative path in the file is relative to the current folder, as on the command line.
    Raises SettingsError with one line for each fault, naming file and line, or the variable.
    """
    text = _read(file) if file else ""
    written = _parse(file, text) if file else {}
    spoken = _from_environment(os.environ if environment is None else environment)
    merged: dict[str, Any] = {}
    for source in (written, spoken, flags or {}):
        for section, values in source.items():
            below = merged.setdefault(section, {})
            if isinstance(values, Mapping) and isinstance(below, dict):
                merged[section] = {**below, **values}
            elif not isinstance(values, Mapping):
                merged[section] = values
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        in_order = sorted(error.errors(), key=lambda fault: line_of(text, *_place(fault)))
        faults = [_explain(fault, file, text, spoken, flags or {}) for fault in in_order]
        raise SettingsError("\n".join(faults)) from None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: not a text file in UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise SettingsError(f"{file}: cannot read the configuration: {error.strerror}") from None


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not TOML: {error}") from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """`OFSEP_NODE_RECEPTION__PORT=104` as {"reception": {"port": "104"}}."""
    found: dict[str, dict[str, str]] = {}
    for variable, value in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        if _OF_KUBERNETES.fullmatch(f"{name}={value}"):
            continue
        section, _, key = name.lower().partition("__")
        if section not in Settings.model_fields or not key:
            sections = ", ".join(name.upper() for name in Settings.model_fields)
            raise SettingsError(
                f"{variable}: no such setting; write {ENVIRONMENT_PREFIX}<SECTION>__<KEY>, "
                f"where SECTION is one of {sections}"
            )
        found.setdefault(section, {})[key] = value
    return found


def _explain(
    fault: Any,
    file: Path | None,
    text: str,
    spoken: Mapping[str, Mapping[str, str]],
    flags: Mapping[str, Mapping[str, object]],
) -> str:
    section, key = _place(fault)
    if key in flags.get(section, {}):
        prefix = "web-" if section == "web" else ""
        where = f"--{prefix}{key.replace('_', '-')}"
    elif key in spoken.get(section, {}):
        where = f"{ENVIRONMENT_PREFIX}{section.upper()}__{key.upper()}"
    else:
        where = f"{file}:{line_of(text, section, key)}: {'.'.join(filter(None, (section, key)))}"
    return f"{where}: {_complaint(fault, section)}"


def _place(fault: Any) -> tuple[str, str]:
    """Section and key; the key is empty when the section itself is at fault."""
    section, key = (*(str(part) for part in fault["loc"]), "", "")[:2]
    return section, key


def _complaint(fault: Any, section: str) -> str:
    if fault["type"] != "extra_forbidden":
        return f"{fault['msg']} (it is {fault['input']!r})"
    model = Settings.model_fields.get(section)
    if model is None or model.annotation is None:
        return f"no such section; known are {', '.join(Settings.model_fields)}"
    return f"no such setting; known are {', '.join(model.annotation.model_fields)}"


def line_of(text: str, section: str, key: str) -> int:
    """The line of a key in a TOML text of flat sections; that of its section when it has none."""
    line, inside = 1, False
    for number, written in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[", written):
            inside = re.match(rf"\s*\[\s*{re.escape(section)}\s*\]", written) is not None
            line = number if inside else line
        elif (inside and re.match(rf"\s*{re.escape(key)}\s*=", written)) or (
            not inside
            and line == 1
            and not key
            and re.match(rf"\s*{re.escape(section)}\s*=", written)
        ):
            return number
    return line
