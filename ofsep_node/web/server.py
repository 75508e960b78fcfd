"""The web process: uvicorn on a socket that the supervisor opened."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_BEAT_EVERY_S = 1
_GRACE_S = 2
_CONNECTIONS = 64
_IDLE_S = 5


class _Connection(H11Protocol):
    """Is closed when no request has come whole for a while, or when newer ones need its place.

    uvicorn would wait for the first request for ever, and answer nobody while too many are silent.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._idle_since = 0.0
        self._expiry: asyncio.TimerHandle | None = None
        self._await_request()
        others = [c for c in self.connections if isinstance(c, _Connection) and c.is_open()]
        others.sort(key=_Connection.worth)
        for connection in others[: max(0, len(others) + 1 - _CONNECTIONS)]:
            connection.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._await_request()
        super().on_response_complete()

    def is_open(self) -> bool:
        return not self.transport.is_closing()

    def worth(self) -> tuple[bool, float]:
        """The least is closed first: a silent one, and of those the one that was silent longest."""
        return self._is_at_work(), self._idle_since

    def _is_at_work(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_request(self) -> None:
        self._stop_waiting()
        self._idle_since = self.loop.time()
        self._expiry = self.loop.call_later(_IDLE_S, self._expire)

    def _stop_waiting(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

    def _expire(self) -> None:
        if not self._is_at_work():  # its answer asks for another look
            self.transport.abort()


class _Server(uvicorn.Server):
    """Ends when it is told to, and leaves the process's signals to the node."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._stop.is_set()


def serve(
    app: ASGIApp, listener: socket.socket, stop: threading.Event, beat: Callable[[], None]
) -> None:
    """Answer until `stop` is set. `beat` is called by the loop that answers, as long as it turns."""

    async def notify() -> None:
        beat()

    config = uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
        callback_notify=notify,
        timeout_notify=_BEAT_EVERY_S,
    )
    # Not in the main thread, where uvicorn would take the signals.
    thread = threading.Thread(target=_Server(config, stop).run, args=([listener],), name="web")
    thread.start()
    thread.join()
