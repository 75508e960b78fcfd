"""What a running node reads anew when it is told to: peers, TLS, edition, site, secrets."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog

from ofsep_node.data_folder import supervisor_of
from ofsep_node.delivery import Peer, client_context
from ofsep_node.delivery.couriers import couriers
from ofsep_node.delivery.document import Courier
from ofsep_node.domain.routing import Sender
from ofsep_node.errors import NodeError, OfsepNodeError, SettingsError
from ofsep_node.protocol import Edition, load_edition
from ofsep_node.reception import Access
from ofsep_node.reception.peers import Peers
from ofsep_node.reception.tls import days_left, own_certificate
from ofsep_node.settings import Settings

_OUTCOME = ".reload"
_ANSWERED_WITHIN_S = 30.0
_LOOKED_FOR_EVERY_S = 0.02


def listening(settings: Settings, peers: Peers, title: str, address: str, ours: str) -> Peer:
    """Where a peer listens, called from the AE title that it called. Raises SettingsError."""
    listed = peers.called(title, address)
    if listed is None or listed.port is None:
        listed_in = settings.reception.peers or "[reception] peers"
        raise SettingsError(f"{listed_in}: says of {title} no port on which it could be told")
    tls = settings.tls
    context = client_context(tls.trusted, tls.certificate, tls.key) if listed.tls else None
    return Peer(listed.host or address, listed.port, title, ours, context)


def _back(settings: Settings, peers: Peers, sender: Sender) -> Peer:
    """Where whoever sent images listens itself."""
    ours = settings.reception.ae_title
    return listening(settings, peers, sender.ae_title, sender.address, ours)


@dataclass(frozen=True, slots=True)
class Reloadable:
    """What the files say that are read anew; the paths of the files are settings, which are not."""

    access: Access
    edition: Edition
    couriers: Mapping[str, Courier] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: Settings) -> Reloadable:
        """Read all of it. Raises SettingsError, EditionError."""
        edition = load_edition(settings.protocol.edition, settings.protocol.site)
        access = Access.read(settings)
        return cls(access, edition, couriers(settings, partial(_back, settings, access.peers)))

    @classmethod
    def read_anew(cls, settings: Settings) -> Reloadable:
        """Read what is to replace what works; an expired certificate is no replacement.

        At a start there is nothing to replace: peers that mind the date say so, the others send.
        Raises SettingsError, EditionError.
        """
        file = settings.tls.certificate
        if file is not None and days_left(own_certificate(file)) < 0:
            raise SettingsError(f"[tls] certificate: {file}: has expired")
        return cls.read(settings)


@dataclass(slots=True)
class Current:
    """What was read last and could be used: a part that is started again begins with it."""

    content: Reloadable

    def renew(
        self, settings: Settings, use: Callable[[Reloadable], None] = lambda _content: None
    ) -> str:
        """Read all anew and `use` it; what cannot be used changes nothing. Tells the log.

        Returns why the files were refused; nothing when they were not.
        """
        try:
            self.content = Reloadable.read_anew(settings)
        except OfsepNodeError as error:
            structlog.get_logger().error("node.reload_refused", reason=str(error))
            return str(error)
        except Exception as error:  # noqa: BLE001 - no file is a reason to receive no more
            reason = f"{type(error).__name__}: {error}"
            structlog.get_logger().exception("node.reload_refused", reason=reason)
            return reason
        use(self.content)
        structlog.get_logger().info("node.reloaded")
        return ""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the supervisor tells a part by signals: to read files anew, and to stop.

    A `SimpleQueue`, unlike an event, may be used by a handler that interrupts itself.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    reload: queue.SimpleQueue[None] = field(default_factory=queue.SimpleQueue)

    def follow_reloads(
        self, settings: Settings, current: Current, use: Callable[[Reloadable], None]
    ) -> None:
        """Start a thread that hands to `use` what is read on each order to reload."""

        def follow() -> None:
            while True:
                self.reload.get()
                current.renew(settings, use)

        threading.Thread(target=follow, name="reload", daemon=True).start()


def tell_outcome(data: Path, refusal: str) -> None:
    """Leave word for `ask` of what came of an order to reload."""
    written = data / f"{_OUTCOME}.new"
    with contextlib.suppress(OSError):  # a full disk: whoever asked is told that nothing came
        written.write_text(refusal, encoding="utf-8")
        written.rename(data / _OUTCOME)


def ask(data: Path) -> str:
    """Have the node of a folder reload. Returns why it refused, nothing when it did not.

    Raises NodeError when no node works there, or it does not answer.
    """
    before = _outcome_written_at(data)
    try:
        os.kill(supervisor_of(data), signal.SIGHUP)
    except PermissionError:
        raise NodeError(f"{data}: this node is another user's; reload it as that user") from None
    until = time.monotonic() + _ANSWERED_WITHIN_S
    while _outcome_written_at(data) == before:
        if time.monotonic() > until:
            raise NodeError(f"{data}: the node did not answer in {_ANSWERED_WITHIN_S:.0f} s")
        time.sleep(_LOOKED_FOR_EVERY_S)
    return (data / _OUTCOME).read_text(encoding="utf-8")


def _outcome_written_at(data: Path) -> int:
    try:
        return (data / _OUTCOME).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def warn(settings: Settings, content: Reloadable) -> None:
    """Tell the log what whoever runs the node ought to know about who can come in."""
    log = structlog.get_logger()
    if content.access.peers.listed is None:
        log.warning("reception.open", setting="[reception] peers")
    warn_of_expiry(settings)


def warn_of_expiry(settings: Settings) -> None:
    """Tell the log when the node's own certificate has expired, or is about to."""
    file = settings.tls.certificate
    if file is None:
        return
    try:
        certificate = own_certificate(file)
    except SettingsError:  # being exchanged at this moment; an order to reload says what is wrong
        return
    days = days_left(certificate)
    expires = certificate.not_valid_after_utc.isoformat()
    if days < 0:
        structlog.get_logger().error("tls.expired", file=str(file), expires=expires)
    elif days < settings.tls.expiry_warning_days:
        structlog.get_logger().warning(
            "tls.expires", file=str(file), expires=expires, days=int(days)
        )
