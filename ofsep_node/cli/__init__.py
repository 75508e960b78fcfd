"""The command line: one module per command, imported when the command is called.

Results go to standard output, logs and complaints to standard error. A complaint is one message
with no traceback, and exit status 2.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping

import typer

from ofsep_node import __version__
from ofsep_node.cli.ending import INTERRUPTED, USAGE, Commands, leave_at_once
from ofsep_node.cli.later import add_later
from ofsep_node.errors import OfsepNodeError

_COMMANDS: Mapping[str, str] = {
    "serve": "Receive studies, judge them while they arrive, until Ctrl-C or SIGTERM.",
    "check": "Judge examinations on disk.",
    "studies": "List the studies received, the newest first.",
    "show": "Show a study's verdict.",
    "report": "Make a report on a study's verdict as it stands, as it would be sent.",
    "indicate": "Say why an examination was asked for, and judge it again at once.",
    "pin": "Say what a series is, and judge its examination again at once.",
    "rejudge": "Judge recorded studies again, by the edition and site file of the settings.",
    "imaging": "Measure on the images of a study, and judge it again by what was found.",
    "tail": "Show the node's log, live: while it runs and when it is stopped.",
    "reload": "Have the running node read its peers, TLS, edition and site files anew.",
    "send": "Send DICOM files by C-STORE.",
    "echo": "Send a C-ECHO.",
    "simulate": "Write a phantom examination of a fictitious patient.",
    "demo": "Start a node, send it a simulated examination, show the findings live and the verdict.",
    "db": "The records' database.",
    "nodes": "The nodes that share the database.",
    "purge": "Drop images from the archive now; verdicts and facts are kept.",
    "outbox": "Reports on their way to destinations.",
    "config": "The configuration.",
    "protocol": "The protocol.",
}
"""What can be asked for, as the list of commands says it."""

app = typer.Typer(
    name="ofsep-node",
    cls=Commands,
    help="A DICOM Storage SCP that judges MS imaging against the OFSEP protocol.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _name, _short_help in _COMMANDS.items():
    add_later(app, _name, _short_help)
add_later(app, "docs", "", hidden=True)


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
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            leave_at_once(INTERRUPTED)
        raise
