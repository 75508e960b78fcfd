"""The pages, and what every answer carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ofsep_node.records.nodes import NodeEntry
from ofsep_node.web.exposition import exposition
from ofsep_node.web.facts import Facts

SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Nothing is kept, framed, guessed or fetched from elsewhere, unless a page says otherwise."""

_SERVICE_UNAVAILABLE = 503
_BAD_REQUEST = 400


class SecurityHeaders:
    """Adds SECURITY_HEADERS to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def application(facts: Facts) -> Starlette:
    """The node's web application. Its pages hold no patient's data."""
    probes = _Probes(facts)
    return Starlette(
        routes=[
            Route("/healthz", probes.healthz),
            Route("/readyz", probes.readyz),
            Route("/metrics", probes.metrics),
        ],
        middleware=[Middleware(SecurityHeaders)],
    )


class _Probes:
    """What machines ask. Plain functions, which the framework runs in threads, where they look up."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def healthz(self, _request: Request) -> Response:
        """Whether the node receives; who asks may restart it when not.

        A look at memory, which needs no thread: it is answered while all of them wait.
        """
        parts = {
            s.part: {"condition": s.condition, "silent_s": round(s.silent_s, 1)}
            for s in self._facts.signs()
        }
        well = self._facts.pulses.are_vital_parts_well()
        return _answer({"healthy": well, "parts": parts}, ok=well)

    def readyz(self, request: Request) -> Response:
        """Whether images may be sent here; a check is not made for `?exclude=NAME`.

        Other nodes that are away are told, and change nothing: this one can be sent to.
        """
        excluded = set(request.query_params.getlist("exclude"))
        if unknown := excluded - set(self._facts.check_names):
            return _unknown(unknown, self._facts.check_names)
        checks = list(self._facts.checks(excluded))
        ready = all(check.ok for check in checks if check.name not in excluded)
        found = {
            c.name: {"ok": c.ok, "found": c.found, "excluded": c.name in excluded} for c in checks
        }
        # A database that did not answer is not waited for a second time.
        away = self._facts.away() if found["database"]["ok"] else None
        told = None if away is None else [_told(node) for node in away]
        return _answer({"ready": ready, "checks": found, "away": told}, ok=ready)

    def metrics(self, request: Request) -> Response:
        """Everything that is counted and looked up."""
        content, media_type = exposition(self._facts, request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": media_type})


def _answer(content: Mapping[str, object], *, ok: bool) -> Response:
    return JSONResponse(content, 200 if ok else _SERVICE_UNAVAILABLE)


def _told(node: NodeEntry) -> Mapping[str, object]:
    seen = node.seen_at.isoformat(timespec="seconds")
    return {"node": node.name, "state": node.state, "seen_at": seen, "waiting": node.waiting}


def _unknown(names: set[str], known: Sequence[str]) -> Response:
    error = f"exclude={', '.join(sorted(names))}: no such check; there are {', '.join(known)}"
    return JSONResponse({"error": error}, _BAD_REQUEST)
