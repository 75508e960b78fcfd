"""The web process: uvicorn on a socket that the supervisor opened."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

_BEAT_EVERY_S = 1
_GRACE_S = 2
_CONNECTIONS = 64
_IDLE_S = 5


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
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
        callback_notify=notify,
        timeout_notify=_BEAT_EVERY_S,
    )
    # Not in the main thread, where uvicorn would take the signals.
    thread = threading.Thread(target=_Server(config, stop).run, args=([listener],), name="web")
    thread.start()
    thread.join()
