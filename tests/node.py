"""A whole node, as `ofsep-node serve` starts it, on a free port of the loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from ofsep_node.pulse import _BEAT, Pulses
from tests.found import below

Event = Mapping[str, Any]

PROGRAM = [sys.executable, "-m", "ofsep_node"]
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("OFSEP_NODE_")}


def run(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command of the program to its end; settings as in `RECEPTION__PORT="104"`."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        env=CLEAN | {f"OFSEP_NODE_{k}": v for k, v in settings.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class RunningNode:
    """Start with `RunningNode(data, STUDY__QUIET_PERIOD_S="1")`; use as a context manager.

    `terminal` is a descriptor of the terminal to start it from.
    """

    def __init__(
        self, data: Path, *flags: str, terminal: int | None = None, **settings: str
    ) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.log = data / "log" / "ofsep-node.jsonl"
        before = len(self.events())
        self._said = (data / "stderr.txt").open("ab")
        self.settings = settings
        given = {
            "RECEPTION__HOST": "127.0.0.1",
            "STUDY__QUIET_PERIOD_S": "1",
            "WEB__PORT": "0",
        } | settings
        session = [] if terminal is None else ["env", "--default-signal=HUP", "setsid", "--ctty"]
        self.process = subprocess.Popen(
            [*session, *PROGRAM, "serve", "--data", str(data), "--port", "0", *flags],
            stdin=terminal,
            env=CLEAN | {f"OFSEP_NODE_{k}": v for k, v in given.items()},
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )
        started = self._started(before)
        self.port = int(started["port"] or 0)
        self.tls_port = int(started["tls_port"] or 0)
        self.web_port = started["web_port"]

    def _started(self, before: int) -> Event:
        try:
            return self.wait_for(lambda e: e["event"] == "node.started", after=before, within_s=120)
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()
        self._said.close()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does, and wait until it has."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """Kill -9 of every process of the node at once."""
        for process in self.processes():
            os.kill(process, signal.SIGKILL)
        self.process.wait(timeout=30)

    def processes(self) -> list[int]:
        """The process numbers of supervisor, receivers, intake and web, in this order."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [self.process.pid, *map(int, children.read_text().split())]

    def events(self, name: str | None = None) -> list[Event]:
        """Everything logged so far, or all events of one name."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8").split("\n")[:-1]
        events = [_parsed(line) for line in lines]
        return [e for e in events if name in (None, e["event"])]

    def wait_for(
        self, wanted: Callable[[Event], bool], *, after: int = 0, within_s: float = 60
    ) -> Event:
        """The first event, from number `after` on, that is wanted."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = next((e for e in self.events()[after:] if wanted(e)), None)
            if found is not None:
                return found
            if after == 0 and hasattr(self, "process") and self.process.poll() is not None:
                break
            time.sleep(0.05)
        said = (self.data / "stderr.txt").read_text(encoding="utf-8")[-2000:]
        raise AssertionError(f"no such event; the node said: {said}")

    def wait_for_verdict(self, study: str, *, after: int = 0, within_s: float = 60) -> Event:
        """The study's settled verdict."""
        return self.wait_for(
            lambda e: e["event"] == "study.verdict" and e.get("study") == study,
            after=after,
            within_s=within_s,
        )

    def document(self, study: str) -> Mapping[str, Any]:
        """The newest verdict, as `show --format json` prints it."""
        shown = run("show", study, "--data", self.data, "--format", "json", **self.settings)
        assert shown.returncode == 0, shown.stderr
        document: Mapping[str, Any] = json.loads(shown.stdout)
        return document

    def archived(self) -> list[Path]:
        """Every file in the archive."""
        return _objects_below(self.data / "archive")

    def spooled(self) -> list[Path]:
        """Objects that wait in the spool."""
        return _objects_below(self.data / "spool")


def _objects_below(folder: Path) -> list[Path]:
    return sorted(path for path in below(folder) if path.suffix == ".dcm")


def _parsed(line: str) -> Event:
    try:
        event: Event = json.loads(line)
    except ValueError as error:
        raise AssertionError(f"the log has a line that is no JSON: {line!r}") from error
    return event


def fall_silent(pulses: Pulses, part: str, seconds: float) -> None:
    """As if a part had not beaten for so many seconds more."""
    pulses._cells[pulses._row(part) + _BEAT] -= seconds


def dcmsend(program: str, port: int, files: Iterable[Path], *options: str) -> None:
    """Send files by DCMTK's dcmsend; every one must be answered Success."""
    sent = subprocess.run(
        [program, "-aec", "OFSEP_NODE", *options, "127.0.0.1", str(port), *map(str, files)],
        env={**os.environ, "TCP_NODELAY": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert sent.returncode == 0, sent.stdout + sent.stderr
