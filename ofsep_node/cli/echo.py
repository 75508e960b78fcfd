"""`ofsep-node echo`: sees whether a node is there and answers."""

from __future__ import annotations

import typer

from ofsep_node.cli.destination import (
    CalledOption,
    CallingOption,
    HostOption,
    PortOption,
    TLSAuthorityOption,
    TLSCertificateOption,
    TLSKeyOption,
    TLSOption,
    destination,
)
from ofsep_node.cli.options import ConfigOption, settings_from
from ofsep_node.cli.words import word
from ofsep_node.errors import PeerError


def echo(
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    called: CalledOption = None,
    calling: CallingOption = "OFSEP_ECHO",
    tls: TLSOption = False,
    tls_ca: TLSAuthorityOption = None,
    tls_certificate: TLSCertificateOption = None,
    tls_key: TLSKeyOption = None,
    config: ConfigOption = None,
) -> None:
    """Send a C-ECHO. Exit status: 0 answered, 1 not."""
    from ofsep_node.delivery import echo as c_echo

    settings = settings_from(config)
    peer = destination(
        settings, (host, port, called, calling), (tls, tls_ca, tls_certificate, tls_key)
    )
    try:
        c_echo(peer)
    except PeerError as error:
        typer.echo(f"ofsep-node: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{peer} {word('answers', settings.node.language)}")
