"""How a command ends that somebody stopped, or that nobody reads any more."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

USAGE = 2
INTERRUPTED = 130
UNREAD = 141
"""As a shell tells of a program that SIGINT (2) or SIGPIPE (13) ended: 128 and its number."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class Commands(TyperGroup):
    """The commands; none of them ends in a traceback for what people do to programs."""

    def invoke(self, ctx: Any) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            _write_to_nobody()
            raise typer.Exit(UNREAD) from None
        except OSError as error:
            if error.filename is not None or error.errno not in _NO_ROOM:
                raise
            _write_to_nobody()
            typer.echo(f"ofsep-node: the output cannot be written: {error.strerror}", err=True)
            raise typer.Exit(USAGE) from None
        except KeyboardInterrupt:
            typer.echo("ofsep-node: interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None


def _write_to_nobody() -> None:
    """Python flushes standard output once more as it leaves: let that succeed."""
    with contextlib.suppress(OSError, ValueError):  # where it is no file, nothing is left to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
