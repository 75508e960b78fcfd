"""`ofsep-node echo`: sees whether a node is there and answers."""

from __future__ import annotations

from typing import Annotated

import typer

from ofsep_node.cli.options import ConfigOption, settings_from
from ofsep_node.cli.words import word
from ofsep_node.errors import PeerError


def echo(
    host: Annotated[str, typer.Option(help="Where the node listens.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Its port; the settings' by default.")] = None,
    called: Annotated[
        str | None, typer.Option(help="Its AE title; the settings' by default.")
    ] = None,
    calling: Annotated[str, typer.Option(help="Our own AE title.")] = "OFSEP_ECHO",
    config: ConfigOption = None,
) -> None:
    """Send a C-ECHO. Exit status: 0 answered, 1 not."""
    from ofsep_node.delivery import Peer
    from ofsep_node.delivery import echo as c_echo

    settings = settings_from(config)
    reception = settings.reception
    peer = Peer(host, port or reception.port, called or reception.ae_title, calling)
    try:
        c_echo(peer)
    except PeerError as error:
        typer.echo(f"ofsep-node: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{peer} {word('answers', settings.node.language)}")
