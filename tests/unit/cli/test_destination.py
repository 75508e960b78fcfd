"""Where `echo` and `send` are told to go: what cannot be anybody's port, host or AE title."""

from __future__ import annotations

from pathlib import Path

import pytest

from ofsep_node.delivery import Peer
from ofsep_node.errors import SettingsError
from tests import node
from tests.unit.cli.conftest import Ran, Run


def asked(run: Run, command: str, folder: Path, *options: str) -> Ran:
    return run(command, *([folder] if command == "send" else []), *options)


@pytest.mark.parametrize("command", ["echo", "send"])
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--port", "99999"), "'--port'"),
        (("--port", "0"), "'--port'"),
        (("--port", "-1"), "'--port'"),
        (("--calling", "SEVENTEEN_LETTERS"), "AE title 'SEVENTEEN_LETTERS': give 1 to 16"),
        (("--calling", "IRM_À_L_ÉTAGE"), "AE title 'IRM_À_L_ÉTAGE': give 1 to 16"),
        (("--called", ""), "AE title '': give 1 to 16"),
        (("--called", "A\\B"), "no backslash"),
        (("--host", " "), "host: it is empty"),
    ],
)
def test_what_no_peer_can_have_is_wrong_usage(
    run: Run, written: Path, command: str, options: tuple[str, ...], says: str
) -> None:
    told = asked(run, command, written, *options)
    assert told.status == 2
    assert says in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("command", ["echo", "send"])
@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "h" * 80, "two words"])
def test_a_host_that_cannot_be_found_is_not_reached(
    run: Run, written: Path, command: str, host: str
) -> None:
    told = asked(run, command, written, "--host", host, "--port", "11112")
    assert told.status == 1
    (complaint,) = (line for line in told.err.splitlines() if ":11112" in line)
    assert "check" in complaint


def test_what_is_no_text_is_told_all_the_same(written: Path) -> None:
    told = node.run("send", written, "--host", "\udcff")
    assert told.returncode == 1
    assert told.stdout.endswith("stored by OFSEP_NODE (\\udcff:11112)\n")
    assert "Traceback" not in told.stderr


def test_nothing_is_stored_by_a_node_that_is_not_there(run: Run, written: Path) -> None:
    told = run("send", written, "--host", "no-such-host.invalid", "--port", "11112")
    assert told.out.startswith("0 of ")


def test_the_port_of_the_settings_may_be_none_to_send_to(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFSEP_NODE_RECEPTION__PORT", "0")  # lets `serve` pick one
    assert "port 0: not one of 1 to 65535" in run("echo").err


def test_a_peer_is_never_made_with_what_none_can_have() -> None:
    with pytest.raises(SettingsError, match="port 65536"):
        Peer("127.0.0.1", 65_536, "NODE")
