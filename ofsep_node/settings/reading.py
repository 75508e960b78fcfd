"""Settings from file, environment and flags, and what is said of those that are wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ofsep_node.errors import SettingsError
from ofsep_node.settings.destinations import MODELS
from ofsep_node.settings.sections import Settings
from ofsep_node.toml_text import line_of, tables_of, text_of

ENVIRONMENT_PREFIX = "OFSEP_NODE_"

_OF_KUBERNETES = re.compile(
    r"(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_[0-9]+_(TCP|UDP)(_.*)?)=.*|PORT=(tcp|udp)://.*"
)
"""What Kubernetes adds to the environment of every pod beside a service called ofsep-node.

A bare PORT that is no address is somebody's mistake, who must not be left with another port.
"""


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Mapping[str, object]] | None = None,
) -> Settings:
    """Settings from the file, the environment over it, and command-line flags over both.

    A relative path in the file is relative to the current folder, as on the command line.
    Raises SettingsError with one line for each fault, naming file and line, or the variable.
    """
    text = text_of(file, "the configuration") if file else ""
    written = tables_of(file, text) if file else {}
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
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        in_order = sorted(error.errors(), key=lambda fault: line_of(text, *_place(fault)))
        said: dict[str, str] = {}  # what follows from a fault is none of its own
        for fault in in_order:
            where = _where(fault, file, text, spoken, flags or {})
            said.setdefault(where, _complaint(fault, _place(fault)[0]))
        raise SettingsError("\n".join(f"{where}: {what}" for where, what in said.items())) from None
    objections = [
        f"{_written_at(file, text, section, key)}: {objection}"
        for (section, key), objection in _disagreements(settings)
    ]
    if objections:
        raise SettingsError("\n".join(objections))
    return settings


def _disagreements(settings: Settings) -> Iterator[tuple[tuple[str, str], str]]:
    """Settings that are right each by itself, and name what is not there."""
    known = ", ".join(settings.destinations)
    known = f"known are {known}" if known else "write a table [destinations.NAME]"
    for sender, names in settings.delivery.senders.items():
        for name in names:
            if name not in settings.destinations:
                yield (
                    ("delivery", "senders"),
                    f"{sender}: no destination is called {name!r}; {known}",
                )
    for name, destination in settings.destinations.items():
        if destination.type == "sender" and settings.reception.peers is None:
            yield (
                (f"destinations.{name}", "type"),
                'type = "sender" needs [reception] peers, the file that says where each listens',
            )


def _written_at(file: Path | None, text: str, section: str, key: str) -> str:
    return f"{file}:{line_of(text, section, key)}: {'.'.join(filter(None, (section, key)))}"


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


def _where(
    fault: Any,
    file: Path | None,
    text: str,
    spoken: Mapping[str, Mapping[str, str]],
    flags: Mapping[str, Mapping[str, object]],
) -> str:
    section, key = _place(fault)
    if key in flags.get(section, {}):
        prefix = "web-" if section == "web" else ""
        return f"--{prefix}{key.replace('_', '-')}"
    if key in spoken.get(section, {}):
        return f"{ENVIRONMENT_PREFIX}{section.upper()}__{key.upper()}"
    return _written_at(file, text, section, key)


def _place(fault: Any) -> tuple[str, str]:
    """Section and key; the key is empty when the section itself is at fault.

    A destination's section has two names, and what pydantic adds in the place of a third is its type.
    """
    section, key, *rest = (*(str(part) for part in fault["loc"]), "", "")
    if section != "destinations" or not key:
        return section, key
    if fault["type"].startswith("union_tag"):
        return f"{section}.{key}", "type"
    return f"{section}.{key}", rest[1] if len(rest) > 3 else ""


def _complaint(fault: Any, section: str) -> str:
    if fault["type"] == "missing":
        return "must be given"
    if fault["type"].startswith("union_tag"):
        return f"must be one of {', '.join(MODELS)}"
    if fault["type"] == "tuple_type":
        return f"must be a list, in brackets (it is {fault['input']!r})"
    if fault["type"] != "extra_forbidden":
        said = fault["msg"].removeprefix("Value error, ")
        return said if isinstance(fault["input"], dict) else f"{said} (it is {fault['input']!r})"
    if section.startswith("destinations."):
        return f"no such setting; known are {', '.join(MODELS[fault['loc'][2]].model_fields)}"
    model = Settings.model_fields.get(section)
    if model is None or model.annotation is None:
        return f"no such section; known are {', '.join(Settings.model_fields)}"
    return f"no such setting; known are {', '.join(model.annotation.model_fields)}"
