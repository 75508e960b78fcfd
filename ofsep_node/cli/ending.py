"""How a command ends that somebody stopped, or that nobody reads any more."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

USAGE = 2
INTERRUPTED = 130
UNREAD = 141
"""As a shell tells of a program that SIGINT (2) or SIGPIPE (13) ended: 128 and its number."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class Commands(TyperGroup):
    """The commands; none of them ends in a traceback for what people do to programs."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        with _in_one_line():  # --version and --help are told here
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with _in_one_line():
            return super().invoke(ctx)


@contextlib.contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        try:
            yield
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


def leave_at_once(status: int) -> NoReturn:
    """Leave whatever threads still wait for: who stopped a program does not wait for its peers."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _write_to_nobody() -> None:
    """Python flushes standard output once more as it leaves: let that succeed."""
    with contextlib.suppress(OSError, ValueError):  # where it is no file, nothing is left to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
