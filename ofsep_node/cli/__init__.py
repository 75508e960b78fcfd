"""The command line: one module per command.

Results go to standard output, logs and complaints to standard error. A complaint is one message
with no traceback, and exit status 2.
"""

from __future__ import annotations

import io
import sys

import typer

from ofsep_node import __version__
from ofsep_node.cli import (
    check,
    config,
    db,
    demo,
    docs,
    echo,
    imaging,
    indicate,
    nodes,
    pin,
    protocol,
    rejudge,
    reload,
    send,
    serve,
    show,
    simulate,
    studies,
    tail,
)
from ofsep_node.errors import OfsepNodeError

USAGE = 2

app = typer.Typer(
    name="ofsep-node",
    help="A DICOM Storage SCP that judges MS imaging against the OFSEP protocol.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(serve.serve)
app.command()(check.check)
app.command()(studies.studies)
app.command()(show.show)
app.command()(indicate.indicate)
app.command()(pin.pin)
app.command()(rejudge.rejudge)
app.command()(imaging.imaging)
app.command()(tail.tail)
app.command()(reload.reload)
app.command()(send.send)
app.command()(echo.echo)
app.command()(simulate.simulate)
app.command()(demo.demo)
app.add_typer(db.app, name="db")
app.add_typer(nodes.app, name="nodes")
app.add_typer(config.app, name="config")
app.add_typer(protocol.app, name="protocol")
app.command(hidden=True)(docs.docs)


def _print_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"ofsep-node {__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False,
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Say the version and leave.",
    ),
) -> None:
    """A DICOM Storage SCP that judges MS imaging against the OFSEP protocol."""


def run() -> None:
    """Run the command that was asked for, and exit with its status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files need not be text, nor need a terminal have every letter: as on stderr.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except OfsepNodeError as error:
        sys.stderr.write(f"ofsep-node: {error}\n")
        sys.exit(USAGE)
