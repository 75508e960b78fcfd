"""`ofsep-node tail`: the log in words, live."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.text import Text

from ofsep_node.cli import terminal
from ofsep_node.cli.options import (
    ConfigOption,
    DataOption,
    Format,
    FormatOption,
    LanguageOption,
    settings_from,
    spoken,
)
from ofsep_node.cli.standard_output import write_json
from ofsep_node.domain.text import legible
from ofsep_node.errors import UnreadableInput
from ofsep_node.logs import LEVELS, sentence
from ofsep_node.settings import Settings

LOOK_AGAIN_AFTER_S = 0.1
LONGEST_LINE = 1_000_000
LOOKED_AT = 20
"""Lines among which a log of the node has one of its events."""


class Level(StrEnum):
    """How important a line must be."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def tail(
    data: DataOption = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A log file instead of the node's own.")
    ] = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=1_000_000, help="Lines to begin with.")
    ] = 20,
    follow: Annotated[bool, typer.Option(help="Go on with what comes, until Ctrl-C.")] = True,
    study: Annotated[
        str | None, typer.Option(help="Only this study: its UID, or a start or an end of it.")
    ] = None,
    peer: Annotated[str | None, typer.Option(help="Only this calling AE title.")] = None,
    level: Annotated[Level, typer.Option(help="Only lines at least so important.")] = Level.info,
    all_nodes: Annotated[
        bool,
        typer.Option(
            "--all-nodes",
            help="What every node on the database recorded, instead of this one's log.",
        ),
    ] = False,
    format: FormatOption = Format.text,  # noqa: A002 - the option's name
    language: LanguageOption = None,
    config: ConfigOption = None,
) -> None:
    """Show the node's log, live: while it runs and when it is stopped."""
    if all_nodes and file is not None:
        raise typer.BadParameter("a log file is one node's: leave --file or --all-nodes out")
    settings = settings_from(config, data)
    wanted = Filter(study, peer, level.value)
    chosen = (
        _of_all_nodes(settings, lines, follow, wanted)
        if all_nodes
        else _of_a_log(file or settings.log_file, lines, follow, wanted)
    )
    said_in = spoken(language, settings)
    console = terminal.console(wrap=False)
    with contextlib.suppress(KeyboardInterrupt):
        for line in chosen:
            if format is Format.json:
                write_json(line)
                sys.stdout.flush()
            else:
                whose = (f"{legible(line['node'])}  ", "bold") if all_nodes else ""
                console.print(Text.assemble(whose, sentence(line, said_in)))


def _refuse_other_files(path: Path) -> None:
    """A log may be empty yet, begin with half a line or end with one; some line is an event."""
    if not path.is_file():
        raise UnreadableInput(
            f"{path}: no such log; name the folder the node was started with (--data)"
        )
    try:
        with path.open("rb") as log:
            first = [*itertools.islice(iter(lambda: log.readline(LONGEST_LINE), b""), LOOKED_AT)]
    except OSError as error:
        raise UnreadableInput(f"{path}: cannot be read: {error.strerror}") from None
    unfinished = len(first) == 1 and first[0].startswith(b"{") and not first[0].endswith(b"\n")
    if first and not unfinished and not any(map(_is_event, first)):
        raise UnreadableInput(f"{path}: not a log of the node, which is JSON, one event a line")


def _is_event(text: bytes) -> bool:
    try:
        line = json.loads(text)
    except ValueError:
        return False
    return isinstance(line, dict) and isinstance(line.get("event"), str)


class Filter:
    """Which lines are asked for."""

    def __init__(self, study: str | None, peer: str | None, level: str) -> None:
        self._study = study
        self._peer = peer
        self._lowest = LEVELS[level]

    def accepts(self, line: Mapping[str, Any]) -> bool:
        """Whether a line is wanted."""
        level = line.get("level")
        if isinstance(level, str) and LEVELS.get(level, self._lowest) < self._lowest:
            return False
        if self._peer is not None and str(line.get("peer", "")).strip() != self._peer.strip():
            return False
        uid = str(line.get("study") or "")
        return self._study is None or (
            uid != "" and (uid.startswith(self._study) or uid.endswith(self._study))
        )


def follow_log(path: Path, for_s: float) -> Iterator[Mapping[str, Any]]:
    """Every line of a log from its start on, for so many seconds."""
    with contextlib.closing(LogStream(path)) as log:
        for text in log.coming(time.monotonic() + for_s):
            line = _parsed(text)
            if line is not None:
                yield line


def _of_all_nodes(
    settings: Settings, lines: int, follow: bool, wanted: Filter
) -> Iterator[Mapping[str, Any]]:
    from ofsep_node.cli.every_node import EventStream
    from ofsep_node.cli.studies import open_records

    stream = EventStream(open_records(settings))
    yield from stream.written(lines, wanted.accepts)
    if follow:
        yield from filter(wanted.accepts, stream.coming())


def _of_a_log(path: Path, lines: int, follow: bool, wanted: Filter) -> Iterator[Mapping[str, Any]]:
    _refuse_other_files(path)
    with contextlib.closing(LogStream(path)) as log:
        parsed = (_parsed(text) for text in log.written())
        yield from deque((p for p in parsed if p is not None and wanted.accepts(p)), maxlen=lines)
        if follow:
            for text in log.coming():
                line = _parsed(text)
                if line is not None and wanted.accepts(line):
                    yield line


class LogStream:
    """Whole lines of a log that is being written, and that may be rotated meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = path.open(encoding="utf-8", errors="replace")
        self._started = ""  # a line whose end has not been written yet

    def close(self) -> None:
        self._stream.close()

    def written(self) -> Iterator[str]:
        """The lines that are there now."""
        while text := self._stream.readline():
            self._started += text
            if self._started.endswith("\n"):
                whole, self._started = self._started, ""
                yield whole

    def coming(self, until: float = math.inf) -> Iterator[str]:
        """Lines as they are written; from the start of a new file when the log is rotated."""
        while time.monotonic() < until:
            rotated = _rotated(self._path, self._stream)
            yield from self.written()
            if rotated:
                self._stream.close()
                self._stream = self._path.open(encoding="utf-8", errors="replace")
                self._started = ""
            else:
                time.sleep(LOOK_AGAIN_AFTER_S)


def _rotated(path: Path, stream: TextIO) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(stream.fileno())
    other = (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)
    return other or there.st_size < stream.tell()  # emptied, as logrotate's copytruncate does


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return {"event": text.rstrip("\n")} if text.strip() else None
    return line if isinstance(line, dict) else {"event": str(line)}
