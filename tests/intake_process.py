"""An intake in a process of its own, to be killed: started by `start_intake`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from ofsep_node.intake import Intake, IntakeSettings
from ofsep_node.protocol import load_edition
from ofsep_node.records import Records
from tests.death import Death, die_at
from tests.intake_node import NODE

PROJECT = Path(__file__).parents[1]


def start_intake(
    data: Path, url: str, death: Death | None = None, wrapped_in: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Run an intake on the folder until it is killed or told to stop (SIGTERM).

    Its standard input is the pipe of nudges; its log is `intake.log` in the folder.
    """
    data.mkdir(parents=True, exist_ok=True)
    fate = [death.function, str(death.calls), str(death.before)] if death else []
    with (data / "intake.log").open("ab") as log:
        return subprocess.Popen(
            [*wrapped_in, sys.executable, "-m", "tests.intake_process", str(data), url, *fate],
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
        die_at(Death(fate[0], int(fate[1]), fate[2] == "True"))
    settings = IntakeSettings(
        spool=data / "spool",
        archive=data / "archive",
        quarantine=data / "quarantine",
        node=NODE,
        identity=NODE,
    )
    Intake(settings, Records(url), load_edition("ofsep-2020")).run(stop, sys.stdin.fileno())


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
