"""The listening sockets, made once and shared by all receivers of a node."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

from ofsep_node.errors import NodeError
from ofsep_node.reception.places import Places
from ofsep_node.settings import ReceptionSection, TLSSection

_BACKLOG = 512

_ADVICE = {
    errno.EADDRINUSE: "another program listens there; stop it, or set {section}.port",
    errno.EACCES: "ports below 1024 are the administrator's; grant CAP_NET_BIND_SERVICE, "
    "or set {section}.port",
    errno.EADDRNOTAVAIL: "this machine has no such address; set {host_section}.host",
}
_HOST_SECTIONS = {"tls": "reception"}
"""Where a host is set that is not set beside its port."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where peers come in, and how many may: made once, and shared by all receivers of a node.

    `plain` is None when the node takes associations over TLS only, `secure` when it has no TLS.
    """

    plain: socket.socket | None
    secure: socket.socket | None
    places: Places

    @classmethod
    def open(cls, reception: ReceptionSection, tls: TLSSection) -> Entrance:
        """Listen as the settings say. Raises NodeError that says what to do."""
        host = reception.host
        places = Places(reception.maximum_associations, reception.maximum_associations_per_peer)
        plain = None if tls.only else listening_socket(host, reception.port)
        try:
            secure = None if tls.certificate is None else listening_socket(host, tls.port, "tls")
        except NodeError:
            if plain is not None:
                plain.close()
            raise
        return cls(plain, secure, places)

    def close(self) -> None:
        """Listen no longer."""
        for listener in (self.plain, self.secure):
            if listener is not None:
                listener.close()

    @property
    def port(self) -> int | None:
        """The port for associations without TLS."""
        return None if self.plain is None else int(self.plain.getsockname()[1])

    @property
    def tls_port(self) -> int | None:
        """The port for associations over TLS."""
        return None if self.secure is None else int(self.secure.getsockname()[1])


def listening_socket(host: str, port: int, section: str = "reception") -> socket.socket:
    """A socket that listens on `host` and `port`; port 0 lets the system pick one.

    `section` is that of the settings which the port is from.

    Raises NodeError that says what to do.
    """
    host_section = _HOST_SECTIONS.get(section, section)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, ValueError) as error:  # a name that cannot be written for the DNS, or a NUL
        raise NodeError(
            f"{host} is not an address of this machine; set {host_section}.host"
        ) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        advice = _ADVICE.get(error.errno or 0, str(error.strerror)).format(
            section=section, host_section=host_section
        )
        raise NodeError(f"cannot listen on {host} port {port}: {advice}") from error
    listener.setblocking(False)
    return listener
