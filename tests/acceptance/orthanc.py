"""An Orthanc that runs as the PACS of a test, with the configuration of the how-to page."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ofsep_node.delivery import Peer, echo
from ofsep_node.errors import PeerError
from tests.meta.project import DOCS
from tests.ports import free_port

PAGES = (DOCS / "how-to" / "pacs.md", DOCS / "how-to" / "pacs.fr.md")


def snippets(page: Path, language: str) -> list[str]:
    """The code blocks of a language on a page, in order."""
    written = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", written, re.MULTILINE | re.DOTALL)


@contextlib.contextmanager
def running(
    program: str,
    folder: Path,
    written: Mapping[str, Any],
    rule: str,
    node_port: int,
    *,
    http_port: int | None = None,
) -> Iterator[Peer]:
    """Orthanc with a routing rule in Lua, once it answers a C-ECHO.

    `written` is the configuration of the page: of it, only host and port of the node and the path
    of the rule are replaced. Its REST API is there if it is given a port.
    """
    folder.mkdir()
    (folder / "ofsep.lua").write_text(rule, encoding="utf-8")
    ((name, (title, _, _)),) = written["DicomModalities"].items()
    configuration = {
        **written,
        "DicomModalities": {name: [title, "127.0.0.1", node_port]},
        "LuaScripts": [str(folder / "ofsep.lua")],
        "HttpServerEnabled": http_port is not None,
        "HttpPort": http_port or 0,
        "AuthenticationEnabled": False,
        "StableAge": 2,
    }
    with started(program, folder, configuration) as pacs:
        yield pacs


@contextlib.contextmanager
def started(
    program: str, folder: Path, written: Mapping[str, Any], port: int | None = None
) -> Iterator[Peer]:
    """Orthanc with a configuration, in a folder that is there, once it answers a C-ECHO."""
    port = port or free_port()
    places = {"StorageDirectory": str(folder / "storage"), "DicomPort": port, "Plugins": []}
    configuration = {**written, **places}
    (folder / "orthanc.json").write_text(json.dumps(configuration), encoding="utf-8")
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [program, str(folder / "orthanc.json")],
            env={**os.environ, "TCP_NODELAY": "1"},
            stdout=log,
            stderr=log,
        )
    try:
        pacs = Peer("127.0.0.1", port, "ORTHANC", "MODALITY")
        _wait(pacs, process, folder / "log.txt")
        yield pacs
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(pacs: Peer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(PeerError):
            echo(pacs)
            return
        time.sleep(0.2)
    raise AssertionError(f"Orthanc does not answer: {log.read_text(encoding='utf-8')[-2000:]}")
