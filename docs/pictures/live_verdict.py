# ruff: noqa: INP001, S603 - a script that runs this very program, not a package
"""Draws live-verdict.svg from a real run: a node, an examination with one fault, the verdict.

python docs/pictures/live_verdict.py
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.text import Text

from ofsep_node.cli.verdict import report
from ofsep_node.logs import sentence
from ofsep_node.records.documents import from_json
from ofsep_node.simulate import simulate

PICTURE = Path(__file__).with_name("live-verdict.svg")
FAULT = "flair-thick"
DAY = date(2026, 1, 15)
COLUMNS = 114
WITHIN_S = 60.0
PROGRAM = (sys.executable, "-m", "ofsep_node")
SETTINGS = {"OFSEP_NODE_RECEPTION__HOST": "127.0.0.1", "OFSEP_NODE_STUDY__QUIET_PERIOD_S": "2"}
FONT_OF_ANOTHER_HOST = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def main() -> None:
    """Run, record, and write the picture beside this script."""
    with tempfile.TemporaryDirectory() as folder:
        lines, verdict = run(Path(folder))
    console = Console(record=True, width=COLUMNS, file=StringIO(), highlight=False)
    for line in lines:
        console.print(sentence(line), soft_wrap=False, no_wrap=True, overflow="ellipsis")
    console.print(Text("\n$ ofsep-node show SIM-000000", "bold"))
    for text in without_double_blanks(drawn(verdict)):
        console.print(text)
    svg = console.export_svg(title="ofsep-node", unique_id="live-verdict")
    svg = FONT_OF_ANOTHER_HOST.sub("", svg).replace("Fira Code", "ui-monospace")
    PICTURE.write_text(svg, encoding="utf-8")


def run(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The log's lines of an examination that was sent to a node, and its settled verdict."""
    images, data = folder / "examination", folder / "node"
    manifest = simulate(images, faults=[FAULT], study_date=DAY)
    serve = [*PROGRAM, "serve", "--data", str(data), "--port", "0"]
    node = subprocess.Popen(
        serve,
        env={**os.environ, **SETTINGS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        log = data / "log" / "ofsep-node.jsonl"
        port = wait_for(log, "node.started")[-1]["port"]
        ofsep_node("send", str(images), "--port", str(port), "--calling", "MRI_SCANNER", "--quiet")
        lines = wait_for(log, "study.verdict")
        shown = ofsep_node(
            "show", manifest.study_instance_uid, "--data", str(data), "--format", "json"
        )
    finally:
        node.terminate()
        node.wait()
    return [line for line in lines if line["level"] != "debug"], json.loads(shown)


def ofsep_node(*arguments: str) -> str:
    """What a command writes to standard output."""
    return subprocess.run(
        [*PROGRAM, *arguments], check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def wait_for(log: Path, event: str) -> list[dict[str, Any]]:
    """The log's lines up to an event."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]
        found = next((n for n, line in enumerate(lines, 1) if line["event"] == event), None)
        if found:
            return lines[:found]
        time.sleep(0.1)
    raise TimeoutError(event)


def drawn(document: dict[str, Any]) -> Iterator[Text]:
    """The report as the terminal shows it, line by line."""
    console = Console(
        width=COLUMNS,
        file=StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    with console.capture() as capture:
        console.print(report(from_json(document), "en"))
    yield from AnsiDecoder().decode(capture.get())


def without_double_blanks(lines: Iterator[Text]) -> Iterator[Text]:
    """Lines with at most one blank one between two others."""
    blank = True
    for line in lines:
        line.rstrip()
        if line.plain or not blank:
            yield line
        blank = not line.plain


if __name__ == "__main__":
    main()
