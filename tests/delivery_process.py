"""A delivery in a process of its own, to be killed: started by `start_delivery`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

from ofsep_node.delivery.outbox import Deliveries, Patience
from ofsep_node.delivery.webhook import Webhook
from ofsep_node.records import Records
from tests.death import Death, die_at
from tests.destinations import SECRET
from tests.intake_node import NODE

PROJECT = Path(__file__).parents[1]


def start_delivery(url: str, to: str, death: Death | None = None) -> subprocess.Popen[bytes]:
    """Deliver to a webhook called `dashboard` until killed, or told to stop (SIGTERM)."""
    fate = [death.function, str(death.calls), str(death.before)] if death else []
    return subprocess.Popen(
        [sys.executable, "-m", "tests.delivery_process", url, to, *fate],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
    )


def main(url: str, to: str, *fate: str) -> None:
    """Be that delivery."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if fate:
        die_at(Death(fate[0], int(fate[1]), fate[2] == "True"))
    Deliveries(Records(url), {"dashboard": Webhook(to, SECRET)}, Patience(), NODE).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
