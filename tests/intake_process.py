"""An intake in a process of its own, to be killed: started by `start_intake`."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from ofsep_node.intake import Intake, IntakeSettings
from ofsep_node.protocol import load_edition
from ofsep_node.records import Records
from tests.intake_node import NODE

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Death:
    """Where the process kills itself: before or after so many calls of a function."""

    function: str  # module:Class.name
    calls: int = 1
    before: bool = False

    def __str__(self) -> str:
        return f"{self.function}-{'before' if self.before else 'after'}-{self.calls}"


def start_intake(data: Path, url: str, death: Death | None = None) -> subprocess.Popen[bytes]:
    """Run an intake on the folder until it is killed or told to stop (SIGTERM).

    Its standard input is the pipe of nudges; its log is `intake.log` in the folder.
    """
    data.mkdir(parents=True, exist_ok=True)
    fate = [death.function, str(death.calls), str(death.before)] if death else []
    with (data / "intake.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.intake_process", str(data), url, *fate],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )


def main(data: Path, url: str, *fate: str) -> None:
    """Be that intake."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
    if fate:
        _die_at(Death(fate[0], int(fate[1]), fate[2] == "True"))
    settings = IntakeSettings(
        spool=data / "spool", archive=data / "archive", quarantine=data / "quarantine", node=NODE
    )
    Intake(settings, Records(url), load_edition("ofsep-2020")).run(stop, sys.stdin.fileno())


def _die_at(death: Death) -> None:
    module, _, path = death.function.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, _fatal(getattr(owner, name), death))


def _fatal(function: Callable[..., Any], death: Death) -> Callable[..., Any]:
    calls = 0

    def counted(*args: Any, **keywords: Any) -> Any:
        nonlocal calls
        calls += 1
        if death.before and calls == death.calls:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **keywords)
        if calls == death.calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return counted


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
