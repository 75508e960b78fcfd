"""`ofsep-node config`: sees whether the configuration is right before the node is started."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ofsep_node.errors import NodeError
from ofsep_node.settings import Settings, load_settings

app = typer.Typer(help="The configuration.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _config() -> None:
    """The configuration."""


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(help="The file; without one, the environment alone.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The same, as elsewhere.")
    ] = None,
) -> None:
    """Read the configuration, the protocol and the site file it names; say what is wrong."""
    from ofsep_node.records.database import database_url
    from ofsep_node.reloading import Reloadable

    settings = load_settings(file or config)
    content = Reloadable.read(settings)
    edition, listed = content.edition, content.access.peers.listed
    database = database_url(settings.records_url).render_as_string(hide_password=True)
    _refuse_unwritable(settings)
    reception = settings.reception
    typer.echo(
        f"Good: AE title {reception.ae_title} on {reception.host} {_ports(settings)}; "
        f"{'anybody may send' if listed is None else f'{len(listed)} peers may send'}; "
        f"data in {settings.data}; records in {database}; "
        f"judged by {edition.title.en} ({edition.digest[:12]})."
    )


def _ports(settings: Settings) -> str:
    plain = "" if settings.tls.only else f"port {settings.reception.port}"
    tls = f"port {settings.tls.port} over TLS" if settings.tls.certificate else ""
    return ", ".join(filter(None, (plain, tls)))


def _refuse_unwritable(settings: Settings) -> None:
    """The nearest folder that exists must let us write."""
    folder = next(p for p in (settings.data, *settings.data.parents) if p.exists())
    if not folder.is_dir():
        raise NodeError(f"{folder}: is a file, where [node] data needs a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NodeError(f"{folder}: cannot be written by this user; change [node] data")
