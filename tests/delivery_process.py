"""A delivery in a process of its own, to be killed: started by `start_delivery`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import UTC
from pathlib import Path

from ofsep_node.delivery import Peer
from ofsep_node.delivery.document import Courier
from ofsep_node.delivery.objects import Objects
from ofsep_node.delivery.outbox import Deliveries, Patience
from ofsep_node.delivery.report_objects import ReportObjects
from ofsep_node.delivery.webhook import Webhook
from ofsep_node.records import Records
from tests.death import Death, die_at
from tests.destinations import SECRET
from tests.intake_node import NODE
from tests.storescp import AE_TITLE

PROJECT = Path(__file__).parents[1]


def start_delivery(
    url: str, to: str | int, archive: Path, death: Death | None = None
) -> subprocess.Popen[bytes]:
    """Deliver until killed, or told to stop (SIGTERM).

    To a webhook of this address called `dashboard`, or to a storescp at this port called `pacs`.
    """
    fate = [death.function, str(death.calls), str(death.before)] if death else []
    return subprocess.Popen(
        [sys.executable, "-m", "tests.delivery_process", url, str(to), str(archive), *fate],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
    )


def _couriers(to: str, archive: Path) -> dict[str, Courier]:
    if not to.isdecimal():
        return {"dashboard": Webhook(to, SECRET)}
    peer = Peer("127.0.0.1", int(to), AE_TITLE, "OFSEP_NODE")
    return {"pacs": Objects(lambda _: peer, ReportObjects(archive, "en", UTC).draft)}


def main(url: str, to: str, archive: str, *fate: str) -> None:
    """Be that delivery."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if fate:
        die_at(Death(fate[0], int(fate[1]), fate[2] == "True"))
    Deliveries(Records(url), _couriers(to, Path(archive)), Patience(), NODE).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
