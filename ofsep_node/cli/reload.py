"""`ofsep-node reload`: has a running node read peers, TLS, edition and site anew."""

from __future__ import annotations

import typer

from ofsep_node.cli.options import ConfigOption, DataOption, settings_from
from ofsep_node.cli.words import word


def reload(data: DataOption = None, config: ConfigOption = None) -> None:
    """Have the running node read its peers, TLS, edition and site files anew.

    What is wrong with one of them is said, and everything stays as it was: exit status 1. Other
    settings need a restart.
    """
    from ofsep_node.reloading import ask

    settings = settings_from(config, data)
    language = settings.node.language
    refusal = ask(settings.data)
    if refusal:
        typer.echo(f"ofsep-node: {word('reload refused', language).format(refusal)}", err=True)
        raise typer.Exit(1)
    typer.echo(word("reloaded", language))
