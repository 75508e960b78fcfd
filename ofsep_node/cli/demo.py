"""`ofsep-node demo`: a node, a scanner and an examination with one fault, in half a minute."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from rich.console import Console

from ofsep_node.cli import terminal
from ofsep_node.cli.options import LanguageOption, settings_from, spoken
from ofsep_node.cli.tail import Filter, follow_log
from ofsep_node.cli.words import word
from ofsep_node.errors import NodeError
from ofsep_node.logs import sentence
from ofsep_node.simulate import FAULTS, simulate

SETTLES_AFTER_S = "2"
STARTS_WITHIN_S = 30.0
ENDS_WITHIN_S = 120.0


def demo(
    fault: Annotated[
        list[str] | None,
        typer.Option(help="What is wrong with the examination; see `simulate --list-faults`."),
    ] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Nothing is wrong with it.")] = False,
    small: Annotated[bool, typer.Option("--small", help="A small examination.")] = False,
    language: LanguageOption = None,
) -> None:
    """Start a node, send it a simulated examination, show the findings live and the verdict."""
    said_in = spoken(language, settings_from(None))
    console = terminal.console(wrap=False)
    faults = [] if clean else fault or ["flair-thick"]
    with tempfile.TemporaryDirectory(prefix="ofsep-node-demo-") as folder:
        images, data = Path(folder) / "examination", Path(folder) / "node"
        manifest = simulate(images, faults=faults, small=small)
        told = ", ".join(FAULTS[f].label.in_language(said_in) for f in faults)
        title = word("demo", said_in).format(len(manifest.files), told or word("no fault", said_in))
        console.rule(title)
        with _node(data, said_in) as log:
            lines = follow_log(log, ENDS_WITHIN_S)
            started = _until(lines, "node.started", console, said_in)
            with _sending(images, int(started["port"])):
                _until(lines, "study.verdict", console, said_in)
            console.rule()
            _run("show", manifest.study_instance_uid, "--data", str(data), "--language", said_in)


@contextlib.contextmanager
def _node(data: Path, language: str) -> Iterator[Path]:
    """A node of its own on a free port of this machine; yields its log file."""
    environment = {
        **os.environ,
        "OFSEP_NODE_RECEPTION__HOST": "127.0.0.1",
        "OFSEP_NODE_STUDY__QUIET_PERIOD_S": SETTLES_AFTER_S,
        "OFSEP_NODE_NODE__LANGUAGE": language,
    }
    data.mkdir()
    said = (data / "stderr").open("w+b")
    process = subprocess.Popen(  # noqa: S603 - this very program
        [*_program(), "serve", "--data", str(data), "--port", "0", "--web-port", "off"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=said,
        start_new_session=True,  # Ctrl-C is ours to pass on
    )
    log = data / "log" / "ofsep-node.jsonl"
    try:
        _wait_for(log, process, said)
        yield log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait_for(log: Path, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not log.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            said.seek(0)
            reason = said.read().decode(errors="replace").strip()
            raise NodeError(f"the node did not start: {reason}")
        time.sleep(0.05)


@contextlib.contextmanager
def _sending(images: Path, port: int) -> Iterator[None]:
    sender = subprocess.Popen(  # noqa: S603 - this very program
        [*_program(), "send", str(images), "--port", str(port), "--calling", "MRI_SCANNER", "-q"],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        sender.wait()


def _until(
    lines: Iterator[Mapping[str, Any]], event: str, console: Console, language: str
) -> Mapping[str, Any]:
    """Show what happens until an event comes, and return it."""
    wanted = Filter(None, None, "info")
    for line in lines:
        if wanted.accepts(line):
            console.print(sentence(line, language))
        if line.get("event") == event:
            return line
    raise NodeError(f"no {event} within {ENDS_WITHIN_S:.0f} s; try again with --small")


def _run(*arguments: str) -> None:
    sys.stdout.flush()
    subprocess.run([*_program(), *arguments], check=False)  # noqa: S603 - this very program


def _program() -> list[str]:
    return [sys.executable, "-m", "ofsep_node"]
