"""The listening socket, made once and shared by all receivers of a node."""

from __future__ import annotations

import errno
import socket

from ofsep_node.errors import NodeError

_BACKLOG = 512

_ADVICE = {
    errno.EADDRINUSE: "another program listens there; stop it, or set reception.port",
    errno.EACCES: "ports below 1024 are the administrator's; grant CAP_NET_BIND_SERVICE, "
    "or set reception.port",
    errno.EADDRNOTAVAIL: "this machine has no such address; set reception.host",
}


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port`; port 0 lets the system pick one.

    Raises NodeError that says what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise NodeError(f"{host} is not an address of this machine; set reception.host") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        advice = _ADVICE.get(error.errno or 0, error.strerror)
        raise NodeError(f"cannot listen on {host} port {port}: {advice}") from error
    listener.setblocking(False)
    return listener
