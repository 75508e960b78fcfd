"""`ofsep-node serve`: the node itself."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ofsep_node.cli.options import ConfigOption, DataOption, settings_from
from ofsep_node.cli.words import word
from ofsep_node.settings import Settings

if TYPE_CHECKING:
    from ofsep_node.reception import Entrance


def serve(
    config: ConfigOption = None,
    data: DataOption = None,
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; 127.0.0.1 for this machine alone.", metavar="H"),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 picks a free one.", metavar="N")
    ] = None,
    ae_title: Annotated[
        str | None, typer.Option(help="The AE title that senders call.", metavar="T")
    ] = None,
    web_port: Annotated[
        str | None,
        typer.Option(
            help="Port of health, metrics and pages; 0 picks a free one.", metavar="N|off"
        ),
    ] = None,
) -> None:
    """Receive studies, judge them while they arrive, until Ctrl-C or SIGTERM."""
    from ofsep_node.supervisor import Supervisor

    settings = settings_from(config, data, web_port, host=host, port=port, ae_title=ae_title)
    Supervisor(settings, lambda entrance: _announce(settings, entrance)).run()


def _announce(settings: Settings, entrance: Entrance) -> None:
    """Where to send, where results are, how to stop."""
    host, name = settings.reception.host, settings.reception.ae_title
    address = socket.gethostname() if host in ("0.0.0.0", "::") else host  # noqa: S104
    language = settings.node.language
    if entrance.port is not None:
        plain = word("plain entrance", language)
        sys.stdout.write(plain.format(name=name, address=address, port=entrance.port))
    if entrance.tls_port is not None:
        over_tls = word("TLS entrance", language)
        sys.stdout.write(over_tls.format(name=name, address=address, port=entrance.tls_port))
    sys.stdout.write(word("results and stop", language).format(data=settings.data))
    sys.stdout.flush()
