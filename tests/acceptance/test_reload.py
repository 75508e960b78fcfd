"""A node that reads its files anew while an examination arrives."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from ofsep_node.dicom.part10 import data_set_offset
from tests.certificates import Certificates
from tests.intake_node import t1_slice, uid_of
from tests.node import PROGRAM, RunningNode, run
from tests.reception_node import wait_until
from tests.upper_layer import RawSender, associate_request

HERE = "127.0.0.1"

LENIENT = """site: A hospital
rules:
  voxel-3d:
    reason: for the test
    check:
      edge_mm: 2.0
      volume_mm3: 8.0
"""
PLAIN = "site: A hospital\n"


def peers(*titles: str) -> str:
    return "".join(f'[[peer]]\nae_title = "{t}"\naddresses = ["{HERE}"]\n\n' for t in titles)


@dataclass
class Site:
    """The files that a node reads anew."""

    folder: Path
    certificates: Certificates
    peers: Path = field(init=False)
    site: Path = field(init=False)
    certificate: Path = field(init=False)
    key: Path = field(init=False)

    def __post_init__(self) -> None:
        self.peers, self.site = self.folder / "peers.toml", self.folder / "site.yaml"
        self.certificate, self.key = self.folder / "node.pem", self.folder / "node.key"
        self.peers.write_text(peers("MR_CONSOLE"))
        self.site.write_text(PLAIN)
        self.exchange("first")

    def exchange(self, name: str, days: float = 90) -> None:
        """Another certificate in the place of ours."""
        certificate, key = self.certificates.issue(name, days)
        self.certificate.write_bytes(certificate.read_bytes())
        self.key.write_bytes(key.read_bytes())

    def start(self, **settings: str) -> RunningNode:
        given = {
            "RECEPTION__PEERS": str(self.peers),
            "PROTOCOL__SITE": str(self.site),
            "TLS__CERTIFICATE": str(self.certificate),
            "TLS__KEY": str(self.key),
            "TLS__PORT": "0",
            "STUDY__QUIET_PERIOD_S": "60",
        }
        return RunningNode(self.folder / "data", terminal=None, **{**given, **settings})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, Certificates(tmp_path / "certificates"))


def reloaded(node: RunningNode, *receivers: str) -> None:
    """Reload, and wait until every part that it matters to says that it is done."""
    before = len(node.events("node.reloaded"))
    said = run("reload", "--data", node.data)
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("Reloaded")
    expected = {"supervisor", "intake", *receivers}
    wait_until(
        lambda: expected <= {e["process"] for e in node.events("node.reloaded")[before:]},
        timeout_s=60,
    )


def refused(node: RunningNode) -> str:
    """Reload; what is said of why it is refused, to whoever asked and to the log."""
    done = len(node.events("node.reloaded"))
    said = run("reload", "--data", node.data)
    assert said.returncode == 1
    assert "everything stays as it was" in said.stderr
    reason = str(node.events("node.reload_refused")[-1]["reason"])
    assert reason in said.stderr
    assert len(node.events("node.reloaded")) == done
    return reason


def let_in(node: RunningNode, title: str) -> bool:
    with RawSender(node.port) as sender:
        sender.send(associate_request(calling=title.encode()))
        kind, _ = sender.pdu()
        if kind == 2:
            sender.release()
        return kind == 2


def shown(node: RunningNode, authority: Path) -> str:
    """The name in the certificate that the node shows."""
    context = ssl.create_default_context(cafile=authority)
    with (
        socket.create_connection((HERE, node.tls_port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        shown = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")
        (name,) = shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(name.value)


def data_set(number: int) -> bytes:
    """A slice that is too thick for the protocol, and not for a lenient site."""
    content = io.BytesIO(t1_slice(number, SliceThickness=1.5))
    content.seek(data_set_offset(content))
    return content.read()


class Transfer:
    """An association that goes on storing objects, one after the other, until it is ended."""

    def __init__(self, sender: RawSender) -> None:
        self._sender = sender
        self._ended = threading.Event()
        self.statuses: list[int] = []
        sender.associate()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        with contextlib.suppress(OSError):  # told by `end` and `goes_on`
            while not self._ended.wait(0.02):
                number = len(self.statuses) + 1
                uid = uid_of("instance 1 1", number)
                self.statuses.append(self._sender.store(data_set(number), uid))
            self._sender.release()

    def goes_on(self) -> None:
        count = len(self.statuses)
        wait_until(lambda: len(self.statuses) > count, timeout_s=30)

    def end(self) -> int:
        """How many objects were stored, all of them."""
        self._ended.set()
        self._thread.join(30)
        assert set(self.statuses) == {0}
        return len(self.statuses)


@contextmanager
def transfer(node: RunningNode, authority: Path) -> Iterator[Transfer]:
    """A transfer over TLS."""
    context = ssl.create_default_context(cafile=authority)
    with RawSender(node.tls_port, timeout_s=30) as sender:
        sender.socket = context.wrap_socket(sender.socket, server_hostname="localhost")
        yield Transfer(sender)


@pytest.mark.slow
def test_everything_is_exchanged_under_a_running_transfer(site: Site) -> None:
    authority = site.certificates.authority
    with site.start(RECEPTION__RECEIVERS="2") as node, transfer(node, authority) as running:
        assert let_in(node, "MR_CONSOLE")
        assert not let_in(node, "MR_NEW")
        assert shown(node, authority) == "first"
        node.wait_for(lambda e: e["event"] == "finding.raised" and e["rule"] == "voxel-3d")

        site.peers.write_text(peers("MR_NEW"))
        site.exchange("second")
        site.site.write_text(LENIENT)
        reloaded(node, "receiver-1", "receiver-2")
        for _ in range(6):  # whichever receiver has it
            assert let_in(node, "MR_NEW")
            assert not let_in(node, "MR_CONSOLE")
            assert shown(node, authority) == "second"
        node.wait_for(lambda e: e["event"] == "finding.cleared" and e["rule"] == "voxel-3d")
        running.goes_on()
        stored = running.end()
        node.wait_for(lambda e: e["event"] == "association.released" and e["objects"] == stored)
        wait_until(lambda: len(node.archived()) == stored, timeout_s=60)
        assert not node.events("association.aborted")


@pytest.mark.slow
def test_an_invalid_file_of_any_kind_changes_nothing(site: Site) -> None:
    authority = site.certificates.authority
    with site.start() as node, transfer(node, authority) as running:
        site.exchange("second")
        good = {path: path.read_bytes() for path in (site.peers, site.site, site.key)}

        site.peers.write_text(peers("MR_NEW") + "[[peer]]\nae_title = 'A'\naddresses = ['mr']\n")
        assert refused(node).startswith(f"{site.peers}:7: addresses: not an IP address")
        site.peers.write_bytes(good[site.peers])

        site.site.write_text(LENIENT.replace("voxel-3d", "no-such-rule"))
        assert f"{site.site}:3" in refused(node)
        site.site.write_bytes(good[site.site])

        site.key.write_bytes(site.certificates.issue("other")[1].read_bytes())
        assert refused(node) == f"[tls] key: {site.key}: is not the key of {site.certificate}"
        site.exchange("expired", days=-1)
        assert refused(node) == f"[tls] certificate: {site.certificate}: has expired"

        _kill_the_receiver(node)
        assert let_in(node, "MR_CONSOLE")
        assert not let_in(node, "MR_NEW")
        assert shown(node, authority) == "first"
        site.exchange("third")
        reloaded(node, "receiver-1")
        assert shown(node, authority) == "third"
        assert running.statuses


def _kill_the_receiver(node: RunningNode) -> None:
    """What is started in its place begins with what was read last and could be used."""
    before = node.processes()
    os.kill(before[1], signal.SIGKILL)
    wait_until(lambda: len(set(node.processes()) - set(before)) == 1, timeout_s=30)


def test_reload_says_when_no_node_is_there(tmp_path: Path) -> None:
    said = run("reload", "--data", tmp_path)
    assert said.returncode == 2
    assert f"{tmp_path}: no node was started in this folder" in said.stderr
    with RunningNode(tmp_path / "data") as node:
        node.wait_for(lambda e: e["event"] == "reception.open" and e["level"] == "warning")
    said = run("reload", "--data", tmp_path / "data")
    assert said.returncode == 2
    assert "no node works in this folder now" in said.stderr


@pytest.mark.parametrize("setting", ["RECEPTION__PEERS", "TLS__CERTIFICATE", "PROTOCOL__SITE"])
def test_a_node_does_not_start_with_a_file_that_is_of_no_use(tmp_path: Path, setting: str) -> None:
    bad = tmp_path / "bad"
    bad.write_text("[rubbish")
    environment = {f"OFSEP_NODE_{setting}": str(bad), "PATH": os.environ["PATH"]}
    for command in (
        ["serve", "--data", str(tmp_path / "data"), "--port", "0"],
        ["config", "check"],
    ):
        ended = subprocess.run(
            [*PROGRAM, *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ended.returncode == 2
        assert str(bad) in ended.stderr
        assert "Traceback" not in ended.stderr
