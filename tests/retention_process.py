"""A retention in a process of its own, to be killed: started by `start_retention`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

from ofsep_node.domain.retention import Rule
from ofsep_node.records import Records
from ofsep_node.retention import Retention, Rounds, Schedule
from tests.death import Death, die_at
from tests.intake_node import NODE

PROJECT = Path(__file__).parents[1]


def start_retention(
    archive: Path, url: str, name: str = NODE, death: Death | None = None
) -> subprocess.Popen[bytes]:
    """Drop everything that may be dropped, again and again, until killed or told to stop (SIGTERM)."""
    fate = [death.function, str(death.calls), str(death.before)] if death else []
    return subprocess.Popen(
        [sys.executable, "-m", "tests.retention_process", str(archive), url, name, *fate],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
    )


def main(archive: str, url: str, name: str, *fate: str) -> None:
    """Be that retention."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if fate:
        die_at(Death(fate[0], int(fate[1]), fate[2] == "True"))
    schedule = Schedule(Rule("age", timedelta()))
    rounds = Rounds(schedule, Path(archive), 0.1, stop)
    rounds.run(Retention(Records(url), Path(archive), name, name, pause=rounds.pause))


if __name__ == "__main__":
    main(*sys.argv[1:])
