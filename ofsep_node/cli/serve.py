"""`ofsep-node serve`: the node itself."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ofsep_node.cli.options import ConfigOption, DataOption, settings_from
from ofsep_node.settings import Settings

if TYPE_CHECKING:
    from ofsep_node.reception import Entrance


def serve(
    config: ConfigOption = None,
    data: DataOption = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 picks a free one.", metavar="N")
    ] = None,
    ae_title: Annotated[
        str | None, typer.Option(help="The AE title that senders call.", metavar="T")
    ] = None,
) -> None:
    """Receive studies, judge them while they arrive, until Ctrl-C or SIGTERM."""
    from ofsep_node.supervisor import Supervisor

    settings = settings_from(config, data, port=port, ae_title=ae_title)
    Supervisor(settings, lambda entrance: _announce(settings, entrance)).run()


def _announce(settings: Settings, entrance: Entrance) -> None:
    """Where to send, where results are, how to stop."""
    host, name = settings.reception.host, settings.reception.ae_title
    address = socket.gethostname() if host in ("0.0.0.0", "::") else host  # noqa: S104
    where = f"Send to AE title {name}, host {address}, port"
    if entrance.port is not None:
        sys.stdout.write(
            f"{where} {entrance.port}   (try: echoscu -aec {name} 127.0.0.1 {entrance.port})\n"
        )
    if entrance.tls_port is not None:
        sys.stdout.write(f"{where} {entrance.tls_port} over TLS\n")
    sys.stdout.write(
        f"Results: ofsep-node studies --data {settings.data}"
        f"   (live: ofsep-node tail --data {settings.data})\n"
        "Stop: Ctrl-C finishes what is arriving, then leaves; a second one leaves at once\n"
    )
    sys.stdout.flush()
