"""Destinations of reports that really listen, and deliveries on the records of an intake's node."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast

from ofsep_node.delivery.document import Courier
from ofsep_node.delivery.outbox import Deliveries, Patience
from ofsep_node.delivery.webhook import Webhook
from ofsep_node.domain.routing import EVERYBODY, NOBODY, Route, Routing
from ofsep_node.records import outbox
from ofsep_node.records.outbox import OutboxEntry, Target
from tests.intake_node import IntakeNode, t1_slice

SECRET = b"between the two of us"
PATIENCE = Patience(timedelta(seconds=8), timedelta(minutes=10), timedelta(hours=2))


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class HttpDestination:
    """An HTTP server on a free port; it answers `status`, once `open` is set."""

    status: int = 204
    posted: list[Posted] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.open.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.daemon_threads = True
        cast("Any", self.server).destination = self
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/ofsep"

    def webhook(self, **settings: Any) -> Webhook:
        """A courier to this server."""
        return Webhook(self.url, SECRET, **settings)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        destination: HttpDestination = cast("Any", self.server).destination
        body = self.rfile.read(int(self.headers["Content-Length"]))
        destination.posted.append(Posted(self.path, dict(self.headers), body))
        destination.open.wait(60)
        self.send_response(destination.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base
        """Nothing: the test's output is its own."""


def routing(*names: str, **route: Any) -> Routing:
    """Every sender's studies are told to these destinations as JSON."""
    routes = {name: Route(name, ("json",), **route) for name in names}
    return Routing(routes, {EVERYBODY: names})


def told(node: IntakeNode, to: Routing, provisional_after_s: float = 0.0) -> None:
    """Have the node's intake queue reports."""
    node.settings |= {"routing": to, "provisional_after_s": provisional_after_s}
    node.restart()


def deliveries(node: IntakeNode, couriers: Mapping[str, Courier], name: str = "") -> Deliveries:
    """Deliveries by the clock that the test holds."""
    return Deliveries(
        node.records,
        couriers,
        PATIENCE,
        name or node.name,
        routing=node.settings.get("routing", NOBODY),
        clock=lambda: node.now,
    )


def delivered(node: IntakeNode, couriers: Mapping[str, Courier]) -> None:
    """Let every destination have what is due now, as far as it takes it."""
    delivery = deliveries(node, couriers)
    for name in couriers:
        while delivery.step(Target(name)):
            pass


def entries(node: IntakeNode) -> list[OutboxEntry]:
    with node.records.reading() as session:
        return outbox.entries(session)


def states(node: IntakeNode) -> list[tuple[str, str]]:
    """Destination and state of each report."""
    return [(e.destination, e.state) for e in entries(node)]


def settled(node: IntakeNode, *studies: int) -> None:
    """Studies of one image each, which settle."""
    for study in studies or (1,):
        node.send(t1_slice(1, study=study))
    node.wait(61)


def tried_until_given_up(node: IntakeNode, dashboard: HttpDestination) -> list[float]:
    """The pauses between attempts on a destination that is down, in seconds."""
    told(node, routing("dashboard"))
    settled(node)
    dashboard.status = 503
    pauses = []
    while entries(node)[0].state == "waiting":
        delivered(node, {"dashboard": dashboard.webhook()})
        (entry,) = entries(node)
        pauses.append((entry.due_at - node.now).total_seconds())
        node.now = max(node.now, entry.due_at)
    return pauses[:-1]
