"""A receiver in a process of its own, to be measured, limited, traced and killed."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from ofsep_node.reception import Access, Entrance, Home, Receiver
from ofsep_node.settings import load_settings

PROJECT = Path(__file__).parents[1]
DRAIN_S = 300.0


@dataclass(frozen=True)
class ServerProcess:
    """A server that listens on `port`, whichever it is."""

    process: subprocess.Popen[bytes]
    port: int


@contextlib.contextmanager
def server_process(module: str, folder: Path, **options: Any) -> Iterator[ServerProcess]:
    """`python -m module folder options`, which first says its port; killed at the end."""
    wrapped: Sequence[str] = options.pop("wrapped_in", ())
    process = subprocess.Popen(
        [*wrapped, sys.executable, "-m", module, str(folder), json.dumps(options)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield ServerProcess(process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def receiver_process(
    spool: Path, **options: Any
) -> contextlib.AbstractContextManager[ServerProcess]:
    """Our receiver on a spool; options are `file_limit` (bytes), `settings`, `tls`, `wrapped_in`."""
    return server_process("tests.receiver_process", spool, **options)


def limit_file_size(most_bytes: int) -> None:
    """Let writing more than this fail: the nearest thing to a quota that needs no privilege."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def main(spool: Path, options: dict[str, Any]) -> None:
    """Be that receiver, until SIGTERM."""
    if options.get("file_limit"):
        limit_file_size(options["file_limit"])
    settings = load_settings(None, {}, _sections(options))
    entrance = Entrance.open(settings.reception, settings.tls)
    log = structlog.wrap_logger(None, processors=[_say_nothing])
    access = Access.read(settings)
    receiver = Receiver(
        settings.reception,
        Home("node-1", spool, spool.with_name(f"{spool.name}-steps")),
        entrance,
        access,
        nudge=_say_nothing_to,
        log=log,
    )
    signal.signal(signal.SIGTERM, lambda *_: receiver.drain(DRAIN_S))
    print(entrance.port or entrance.tls_port, flush=True)  # noqa: T201
    receiver.serve_forever()


def _sections(options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings by section; those of reception may be given alone."""
    loopback = {"host": "127.0.0.1", "port": 0}
    return {"reception": loopback | options.get("settings", {}), "tls": options.get("tls", {})}


def _say_nothing_to(_: str) -> None:
    """The intake is not there."""


def _say_nothing(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
