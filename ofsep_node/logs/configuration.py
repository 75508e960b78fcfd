"""Sets structlog up for one process."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from rich.console import Console

from ofsep_node.domain.events import written_at
from ofsep_node.logs.appending import AppendedFile
from ofsep_node.logs.json_line import json_line
from ofsep_node.logs.levels import LEVELS
from ofsep_node.logs.sentences import sentence
from ofsep_node.settings import Settings

_IDENTIFYING = frozenset({"patientname", "patientbirthdate", "otherpatientids"})

Line = MutableMapping[str, Any]
Sink = Callable[[Line], None]


def configure_logs(settings: Settings, process: str) -> None:
    """Log to the settings' file and to standard error, in the name of one process.

    On a terminal standard error gets sentences; piped, it gets the JSON lines of the file.
    """
    terminal = sys.stderr.isatty()
    console_level = settings.log.console_level
    if console_level == "auto":
        console_level = "info" if terminal else "debug"
    as_json = _JSONLine()
    show = _in_sentences(settings.node.language) if terminal else as_json.to(sys.stderr.write)
    sinks = [
        _from_level(console_level, _as_long_as_it_is_open(show)),
        _from_level(settings.log.file_level, as_json.to(AppendedFile(settings.log_file).write)),
    ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _timed,
            _named(settings.node.name, process),
            _private(patient_id=settings.log.patient_id),
            structlog.processors.format_exc_info,
            _to_all(sinks),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        cache_logger_on_first_use=False,
    )
    _follow_libraries()


def _timed(_logger: Any, _method: str, line: Line) -> Line:
    """The time of the line, or of the event that it tells: in UTC, and written in one way."""
    at: datetime = line.get("at") or datetime.now(UTC)
    line["at"] = written_at(at)
    return line


def _named(node: str, process: str) -> Callable[[Any, str, Line], Line]:
    def name(_logger: Any, _method: str, line: Line) -> Line:
        line.setdefault("node", node)
        line.setdefault("process", process)
        return line

    return name


def _private(*, patient_id: bool) -> Callable[[Any, str, Line], Line]:
    """The one place that keeps patients out of the log, whatever a caller passes."""
    secret = _IDENTIFYING if patient_id else _IDENTIFYING | {"patientid"}

    def remove(_logger: Any, _method: str, line: Line) -> Line:
        return cast("Line", _without(line, secret))

    return remove


def _without(value: Any, secret: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _without(inner, secret)
            for key, inner in value.items()
            if str(key).replace("_", "").lower() not in secret
        }
    if isinstance(value, list):
        return [_without(inner, secret) for inner in value]
    return value


def _to_all(sinks: list[Sink]) -> Callable[[Any, str, Line], Line]:
    def emit(_logger: Any, _method: str, line: Line) -> Line:
        for sink in sinks:
            sink(line)
        raise structlog.DropEvent

    return emit


def _from_level(level: str, sink: Sink) -> Sink:
    lowest = LEVELS[level]

    def filtered(line: Line) -> None:
        if LEVELS[line["level"]] >= lowest:
            sink(line)

    return filtered


def _as_long_as_it_is_open(sink: Sink) -> Sink:
    """Whoever read our standard error may be gone; the node goes on."""

    def show(line: Line) -> None:
        with contextlib.suppress(OSError, ValueError):
            sink(line)

    return show


class _JSONLine:
    """Writes lines as JSON; one that goes to two places is encoded once."""

    def __init__(self) -> None:
        self._last: tuple[Line | None, str] = (None, "")

    def to(self, write: Callable[[str], object]) -> Sink:
        return lambda line: cast("None", write(self._encoded(line)))

    def _encoded(self, line: Line) -> str:
        encoded, text = self._last  # of this thread or another: held together, so never mixed
        if encoded is not line:
            first = {key: line[key] for key in ("at", "level", "event") if key in line}
            text = json_line({**first, **line})
            self._last = (line, text)
        return text


def _in_sentences(language: str) -> Sink:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    return lambda line: console.print(sentence(line, language))


class _ToStructlog(logging.Handler):
    """Warnings of libraries, in our own form."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(max(record.levelno, logging.WARNING), "library.warning",
                library=record.name, message=record.getMessage())  # fmt: skip


def _follow_libraries() -> None:
    root = logging.getLogger()
    root.handlers[:] = [_ToStructlog(logging.WARNING)]
    root.setLevel(logging.WARNING)
    # pydicom quotes the values it wonders about, patient names among them; what matters of them
    # is kept in the facts' remarks.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    # A peer that is away is an everyday thing: whoever called it says so, in words of our own.
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
