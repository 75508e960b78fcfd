"""The peers file: which application entities may come in, from where, and to do what.

It is a file of its own, in TOML, since it is read anew while the node runs:

    [[peer]]
    ae_title = "MR_SKYRA"
    addresses = ["192.0.2.17", "2001:db8::/64"]
    roles = ["echo", "store", "commit", "mpps"]
    port = 104
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from ofsep_node.errors import SettingsError
from ofsep_node.reception.negotiation import Rejection
from ofsep_node.reception.policy import USUAL_ROLES, Role
from ofsep_node.reception.tls import Secured, is_certificate_name
from ofsep_node.settings import LAST_PORT, AETitle, Section
from ofsep_node.toml_text import line_of, tables_of, text_of

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(written: object) -> object:
    text = str(written).strip()
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        whole = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            "not an IP address, nor a network such as 192.0.2.0/24; names are not looked up"
        ) from None
    raise ValueError(f"an address within a network; write {whole} for all of it")


def _certificate(written: object) -> object:
    if isinstance(written, str) and written and not is_certificate_name(written):
        raise ValueError(
            "neither a subject such as CN=mr1.hospital.example nor sha256: and 64 hexadecimal digits"
        )
    return written


class Peer(Section):
    """One entry of the peers file.

    At `port`, of `host` or of the address that it comes from, the peer takes associations itself:
    reports on its images go there, and the outcome of storage commitment.
    """

    ae_title: AETitle
    addresses: Annotated[
        tuple[Annotated[_Network, BeforeValidator(_network)], ...], Field(min_length=1)
    ]
    name: str = ""
    roles: frozenset[Role] = USUAL_ROLES
    tls: bool = False
    certificate: Annotated[str, BeforeValidator(_certificate)] = ""
    host: str = ""
    port: int | None = Field(None, ge=1, le=LAST_PORT)

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        asked_for = "roles" in self.model_fields_set and Role.COMMIT in self.roles
        if self.port is None and (self.host or asked_for):
            raise ValueError("port is missing: where this peer listens, to be told of its images")
        return self

    @property
    def granted(self) -> frozenset[Role]:
        """Its roles, but for a promise whose outcome nobody could tell it."""
        return self.roles if self.port is not None else self.roles - {Role.COMMIT}

    def is_at(self, address: _Address) -> bool:
        """Whether the peer may come from an address."""
        return any(address in network for network in self.addresses)

    def objection(self, secured: Secured | None) -> Rejection | None:
        """Why this peer may not come in the way it does."""
        if secured is None:
            return Rejection.TLS_REQUIRED if self.tls or self.certificate else None
        if self.certificate and not secured.is_of(self.certificate):
            return Rejection.CERTIFICATE
        return None


@dataclass(frozen=True, slots=True)
class Peers:
    """Who may come in: those who are listed, or everybody when there is no list."""

    listed: tuple[Peer, ...] | None = None

    def may_come_from(self, address: str) -> bool:
        """Whether any peer has this address."""
        return self.listed is None or any(True for _ in self._at(address))

    def roles(
        self, ae_title: str, address: str, secured: Secured | None
    ) -> frozenset[Role] | Rejection:
        """What a caller may do, or why it may not come in. AE titles are case-sensitive."""
        if self.listed is None:
            return USUAL_ROLES - {Role.COMMIT}  # nobody says where a stranger listens
        peer = next((p for p in self._at(address) if p.ae_title == ae_title), None)
        if peer is None:
            known = any(peer.ae_title == ae_title for peer in self.listed)
            return Rejection.CALLING_ADDRESS if known else Rejection.CALLING_AE_TITLE
        return peer.objection(secured) or peer.granted

    def called(self, ae_title: str, address: str) -> Peer | None:
        """The entry of an AE title; where there are several, the one of the address it came from.

        None when it is not listed any more.
        """
        named = [peer for peer in self.listed or () if peer.ae_title == ae_title]
        if len(named) == 1:
            return named[0]
        try:
            came_from = _address(address)
        except ValueError:  # nobody knows any more
            return None
        return next((peer for peer in named if peer.is_at(came_from)), None)

    def _at(self, address: str) -> Iterator[Peer]:
        known = _address(address)
        return (peer for peer in self.listed or () if peer.is_at(known))


def _address(text: str) -> _Address:
    """An address as a socket tells it; an IPv4 one seen through an IPv6 socket is IPv4."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


# --- reading the file ---


class _File(Section):
    peer: tuple[Peer, ...] = ()


def read_peers(file: Path) -> Peers:
    """The peers of a file. Raises SettingsError with a line for each fault: file and line."""
    text = text_of(file, "the list of peers")
    try:
        listed = _File.model_validate(tables_of(file, text)).peer
    except ValidationError as error:
        raise SettingsError("\n".join(_complaints(file, text, error))) from None
    if not listed:
        raise SettingsError(
            f"{file}: lists no [[peer]], so that nobody could send; leave [reception] peers empty "
            "to take from everybody"
        )
    for first, second in combinations(range(len(listed)), 2):
        if _clash(listed[first], listed[second]):
            raise SettingsError(
                f"{file}:{line_of(text, 'peer', 'addresses', second)}: {listed[second].ae_title} has an "
                f"address that the entry in line {line_of(text, 'peer', nth=first)} gives it already"
            )
    return Peers(listed)


def _clash(one: Peer, other: Peer) -> bool:
    return one.ae_title == other.ae_title and any(
        a.version == b.version and a.overlaps(b) for a in one.addresses for b in other.addresses
    )


def _complaints(file: Path, text: str, error: ValidationError) -> list[str]:
    """One for each place: what follows from a fault is none of its own."""
    said: dict[str, str] = {}
    for fault in error.errors():
        table, nth, key = _place(fault["loc"])
        where = f"{file}:{line_of(text, table, key, nth)}: {key or table}"
        said.setdefault(where, _complaint(fault))
    return [f"{where}: {complaint}" for where, complaint in said.items()]


def _place(location: Sequence[int | str]) -> tuple[str, int, str]:
    """Table, which of them, and key; no key when it is the table that is at fault."""
    table, nth, key = (*location[:3], *(0, "")[max(0, len(location) - 1) :])
    return str(table), int(nth), str(key)


def _complaint(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        known = Peer.model_fields if len(fault["loc"]) > 1 else _File.model_fields
        return f"no such key; known are {', '.join(known)}"
    if fault["type"] == "missing":
        return "must be given"
    if fault["type"] in ("tuple_type", "frozen_set_type"):
        return f"must be a list, in brackets (it is {fault['input']!r})"
    return f"{fault['msg'].removeprefix('Value error, ')} (it is {fault['input']!r})"
