"""Options of the commands that open an association: to whom, under which names, over TLS or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ofsep_node.settings import LAST_PORT, Settings

if TYPE_CHECKING:
    from ofsep_node.delivery import Peer

HostOption = Annotated[str, typer.Option(help="The machine on which the peer listens.")]
PortOption = Annotated[
    int | None, typer.Option(help="Its port; the settings' by default.", min=1, max=LAST_PORT)
]
CalledOption = Annotated[str | None, typer.Option(help="Its AE title; the settings' by default.")]
CallingOption = Annotated[str, typer.Option(help="Our own AE title.")]
TLSOption = Annotated[
    bool, typer.Option("--tls", help="Over TLS, to the port for it; implied by the next three.")
]
TLSAuthorityOption = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca", metavar="FILE", help="Authorities to trust (PEM); this machine's by default."
    ),
]
TLSCertificateOption = Annotated[
    Path | None,
    typer.Option("--tls-certificate", metavar="FILE", help="Our own certificate (PEM)."),
]
TLSKeyOption = Annotated[
    Path | None,
    typer.Option("--tls-key", metavar="FILE", help="Its key (PEM), if it is in another file."),
]


def destination(
    settings: Settings,
    where: tuple[str, int | None, str | None, str],
    tls: tuple[bool, Path | None, Path | None, Path | None],
) -> Peer:
    """The peer that options name: host, port, called and calling title, then those of TLS.

    What is left out is the node of the settings. Raises SettingsError.
    """
    from ofsep_node.delivery import Peer, client_context

    host, port, called, calling = where
    _, authority, certificate, key = tls
    context = client_context(authority, certificate, key) if any(tls) else None
    reception = settings.reception
    default = reception.port if context is None else settings.tls.port
    return Peer(
        host,
        default if port is None else port,
        reception.ae_title if called is None else called,
        calling,
        context,
    )
