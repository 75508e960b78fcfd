"""Associations over TLS: DCMTK's programs, openssl, and peers that do it badly."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ofsep_node.delivery import client_context
from ofsep_node.tls import CIPHERS_OF_TLS_1_2
from tests.certificates import Certificates
from tests.node import run as program
from tests.phantom import mr_object
from tests.reception_node import RunningReceiver, data_set, wait_until
from tests.upper_layer import RawSender, associate_request

Receiving = Callable[..., RunningReceiver]
Peer = Callable[[str], str]
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("strangers"))


@pytest.fixture(scope="module")
def tls(ours: Certificates) -> dict[str, object]:
    """The section of the settings: a certificate, nothing asked of peers."""
    certificate, key = ours.issue("node")
    return {"certificate": certificate, "key": key, "trusted": ours.authority}


def run(*command: object, fails: bool = False) -> str:
    result = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "TCP_NODELAY": "1"},
    )
    said = result.stdout + result.stderr
    assert (result.returncode != 0) == fails, said
    return said


@contextmanager
def over_tls(port: int, context: ssl.SSLContext) -> Iterator[RawSender]:
    with RawSender(port) as sender:
        sender.socket = context.wrap_socket(sender.socket, server_hostname="localhost")
        yield sender


def refusal(node: RunningReceiver) -> str:
    wait_until(lambda: bool(node.events("association.rejected")))
    (line,) = node.events("association.rejected")
    assert line["address"] == HERE
    return str(line["reason"])


# --- as it should be ---


@pytest.mark.parametrize("kind", ["ECDSA", "RSA"])
def test_dcmtk_sends_over_tls(
    receiving: Receiving, peer: Peer, ours: Certificates, tmp_path: Path, kind: str
) -> None:
    certificate, key = ours.issue(f"node-{kind}", kind=kind)
    node = receiving(tls={"certificate": certificate, "key": key})
    sent = [mr_object(tmp_path / f"{n}.dcm", seed=n, matrix=256) for n in range(3)]
    trust = ("+tla", "+cf", ours.authority)
    run(peer("echoscu"), *trust, HERE, node.tls_port)
    run(peer("storescu"), *trust, HERE, node.tls_port, *sent)
    assert [data_set(path) for path in node.objects()] == [data_set(path) for path in sent]
    (line, *_) = node.events("association.opened")
    assert line["tls"] in ("TLSv1.2", "TLSv1.3")
    assert "GCM" in line["cipher"]
    assert "certificate" not in line


def test_the_plain_port_stays_open_beside_it(
    receiving: Receiving, peer: Peer, tls: dict[str, object]
) -> None:
    node = receiving(tls=tls)
    run(peer("echoscu"), HERE, node.port)
    assert "tls" not in node.events("association.opened")[0]


def test_the_plain_port_can_be_closed(
    receiving: Receiving, peer: Peer, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls={**tls, "only": True})
    assert node.entrance.port is None
    run(peer("echoscu"), "+tla", "+cf", ours.authority, HERE, node.tls_port)


def test_a_peer_is_known_by_its_certificate(
    receiving: Receiving, peer: Peer, ours: Certificates, tls: dict[str, object]
) -> None:
    certificate, key = ours.issue("mr1")
    for asked in ("optional", "required"):
        node = receiving(tls={**tls, "client_certificate": asked})
        trust = ("+tls", key, certificate, "+cf", ours.authority)
        run(peer("echoscu"), *trust, HERE, node.tls_port)
        (line,) = node.events("association.opened")
        assert line["certificate"].startswith("CN=mr1,")


@pytest.mark.parametrize(("version", "offered"), [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_versions_that_are_spoken(
    receiving: Receiving, peer: Peer, ours: Certificates, tls: dict[str, object],
    version: str, offered: str,
) -> None:  # fmt: skip
    node = receiving(tls=tls)
    address = f"{HERE}:{node.tls_port}"
    said = run(
        peer("openssl"), "s_client", "-connect", address, version, "-CAfile", ours.authority,
        "-verify_return_error",
    )  # fmt: skip
    assert f"New, {offered}" in said
    assert "Secure Renegotiation IS supported" in said or offered == "TLSv1.3"


# --- as it should not be ---


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), "speaks no version of TLS"),
        (("-tls1", "-cipher", "ALL:@SECLEVEL=0"), "speaks no version of TLS"),
        (("-tls1_2", "-cipher", "AES128-SHA"), "has no cipher suite"),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"), "has no cipher suite"),
        (("-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"), "has no cipher suite"),
    ],
)
def test_weak_tls_is_not_spoken(
    receiving: Receiving, peer: Peer, tls: dict[str, object], options: tuple[str, ...], reason: str
) -> None:
    node = receiving(tls=tls)
    said = run(
        peer("openssl"), "s_client", "-connect", f"{HERE}:{node.tls_port}", *options, fails=True
    )
    assert "alert" in said
    assert reason in refusal(node)


def test_only_tls_1_3_where_the_site_wants_it(
    receiving: Receiving, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls={**tls, "minimum_version": "1.3"})
    old = ours.client()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError), over_tls(node.tls_port, old):
        pass
    with over_tls(node.tls_port, ours.client()) as sender:
        sender.associate()
        sender.release()
    assert node.events("association.opened")[0]["tls"] == "TLSv1.3"


def test_no_certificate_where_one_is_required(
    receiving: Receiving, peer: Peer, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls={**tls, "client_certificate": "required"})
    run(peer("echoscu"), "+tla", "+cf", ours.authority, HERE, node.tls_port, fails=True)
    assert refusal(node) == "no TLS connection: the peer shows no certificate"


@pytest.mark.parametrize("asked", ["optional", "required"])
def test_a_certificate_of_another_authority(
    receiving: Receiving, peer: Peer, ours: Certificates, strangers: Certificates,
    tls: dict[str, object], asked: str,
) -> None:  # fmt: skip
    node = receiving(tls={**tls, "client_certificate": asked})
    certificate, key = strangers.issue("mr1")
    trust = ("+tls", key, certificate, "+cf", ours.authority)
    run(peer("echoscu"), *trust, HERE, node.tls_port, fails=True)
    assert refusal(node).startswith("no TLS connection: the certificate of the peer is refused: ")


def test_an_expired_certificate_of_a_peer(
    receiving: Receiving, peer: Peer, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls={**tls, "client_certificate": "required"})
    certificate, key = ours.issue("old", days=-1)
    trust = ("+tls", key, certificate, "+cf", ours.authority)
    run(peer("echoscu"), *trust, HERE, node.tls_port, fails=True)
    assert "certificate has expired" in refusal(node)


def test_a_peer_that_does_not_trust_us(
    receiving: Receiving, peer: Peer, strangers: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls=tls)
    run(peer("echoscu"), "+tla", "+cf", strangers.authority, HERE, node.tls_port, fails=True)
    assert refusal(node) == (
        "no TLS connection: the peer does not trust the authority of our certificate"
    )


def test_a_plain_peer_on_the_tls_port(
    receiving: Receiving, peer: Peer, tls: dict[str, object]
) -> None:
    node = receiving(tls=tls)
    run(peer("echoscu"), HERE, node.tls_port, fails=True)
    assert refusal(node).endswith("does not speak TLS, and must send to the port without")


def test_a_tls_peer_on_the_plain_port(
    receiving: Receiving, peer: Peer, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls=tls)
    run(peer("echoscu"), "+tla", "+cf", ours.authority, HERE, node.port, fails=True)
    assert refusal(node) == "wants TLS, which is for the port of [tls]"


def test_a_look_at_the_port_is_no_refusal(receiving: Receiving, tls: dict[str, object]) -> None:
    node = receiving(tls=tls)
    socket.create_connection((HERE, node.tls_port)).close()
    wait_until(lambda: bool(node.events("connection.closed")))
    assert not node.events("association.rejected")


# --- slowly ---


def test_silent_peers_keep_nobody_waiting_and_are_let_go(
    receiving: Receiving, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls={**tls, "handshake_timeout_s": 10}, maximum_associations=1)
    silent = [socket.create_connection((HERE, node.tls_port)) for _ in range(5)]
    with over_tls(node.tls_port, ours.client()) as sender:
        sender.associate()
        sender.release()
    assert not node.events("association.rejected")
    wait_until(lambda: len(node.events("association.rejected")) == len(silent))
    for line in node.events("association.rejected"):
        assert line["reason"] == "the peer did not finish its TLS handshake in time"
    for connection in silent:
        connection.close()


def trickle(source: socket.socket, target: socket.socket, pause_s: float) -> None:
    """Pass on what comes two bytes at a time, until either side is closed."""
    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError):
        while data := source.recv(65_536):
            for start in range(0, len(data), 2):
                target.sendall(data[start : start + 2])
                time.sleep(pause_s)


@contextmanager
def slow_line(port: int, pause_s: float) -> Iterator[socket.socket]:
    """A connection to the port over which everything we say comes in pieces of two bytes."""
    here, there = socket.socketpair()
    with here, there, socket.create_connection((HERE, port)) as node:
        threading.Thread(target=trickle, args=(there, node, pause_s), daemon=True).start()
        threading.Thread(target=_pass_on, args=(node, there), daemon=True).start()
        yield here


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_a_handshake_in_pieces_of_two_bytes(
    receiving: Receiving, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls=tls)
    with slow_line(node.tls_port, 0.0) as line, RawSender(node.port) as sender:
        sender.socket = ours.client().wrap_socket(line, server_hostname="localhost")
        sender.associate()
        assert sender.store(b"an object") == 0
        sender.release()
    assert [data_set(path) for path in node.objects()] == [b"an object"]


def test_the_deadline_is_that_of_the_whole_handshake(
    receiving: Receiving, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls={**tls, "handshake_timeout_s": 1})
    with slow_line(node.tls_port, 0.05) as line, pytest.raises((ssl.SSLError, OSError)):
        line.settimeout(30)
        ours.client().wrap_socket(line, server_hostname="localhost")
    assert refusal(node) == "the peer did not finish its TLS handshake in time"


def test_an_association_that_stalls_over_tls_is_ended(
    receiving: Receiving, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls=tls, idle_timeout_s=1)
    with over_tls(node.tls_port, ours.client()) as sender:
        sender.associate()
        kind, _ = sender.pdu()
        assert kind == 7  # A-ABORT, and encrypted as everything else
    wait_until(lambda: bool(node.events("association.aborted")))


def test_a_node_that_stops_aborts_over_tls(
    receiving: Receiving, ours: Certificates, tls: dict[str, object]
) -> None:
    node = receiving(tls=tls)
    with over_tls(node.tls_port, ours.client()) as sender:
        sender.associate()
        node.stop()
        kind, _ = sender.pdu()
        assert kind == 7
    assert node.events("association.aborted")[0]["reason"] == "the node stopped"


def test_many_peers_at_once_over_tls(
    receiving: Receiving, peer: Peer, ours: Certificates, tls: dict[str, object], tmp_path: Path
) -> None:
    node = receiving(tls=tls)
    folders = [tmp_path / f"MR{n}" for n in range(4)]
    for n, folder in enumerate(folders):
        folder.mkdir()
        for image in range(10):
            mr_object(folder / f"{image}.dcm", seed=100 * n + image, matrix=96)
    send = (peer("storescu"), "+tla", "+cf", ours.authority, HERE, node.tls_port, "+sd")
    with ThreadPoolExecutor(len(folders)) as pool:
        list(pool.map(lambda folder: run(*send, folder), folders))
    assert [end.objects for end in node.closed()] == [10] * 4


# --- peers that must come over TLS, as themselves ---


def fingerprint(certificate: Path) -> str:
    found = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    return f"sha256:{found.fingerprint(hashes.SHA256()).hex()}"


def subject(certificate: Path) -> str:
    return x509.load_pem_x509_certificates(certificate.read_bytes())[0].subject.rfc4514_string()


@pytest.mark.parametrize("named", [fingerprint, subject])
def test_a_peer_must_show_its_own_certificate(
    receiving: Receiving, ours: Certificates, tls: dict[str, object], tmp_path: Path,
    named: Callable[[Path], str],
) -> None:  # fmt: skip
    own, other = ours.issue("mr1"), ours.issue("mr2")
    peers = tmp_path / "peers.toml"
    peers.write_text(
        f'[[peer]]\nae_title = "MR_CONSOLE"\naddresses = ["{HERE}"]\n'
        f'certificate = "{named(own[0])}"\n'
    )
    node = receiving(peers=peers, tls={**tls, "client_certificate": "optional"})
    with over_tls(node.tls_port, ours.client(own)) as sender:
        sender.associate()
        sender.release()
    for context in (ours.client(other), ours.client()):
        with over_tls(node.tls_port, context) as sender:
            sender.send(associate_request())
            assert sender.pdu()[0] == 3
    with RawSender(node.port) as sender:
        sender.send(associate_request())
        assert sender.pdu()[0] == 3
    reasons = [line["reason"] for line in node.events("association.rejected")]
    assert reasons == [
        "the certificate is not the one this AE title must show",
        "the certificate is not the one this AE title must show",
        "this AE title must come over TLS",
    ]


# --- our own sender ---


def test_the_programs_own_sender_comes_over_tls(
    receiving: Receiving, ours: Certificates, strangers: Certificates,
    tls: dict[str, object], tmp_path: Path,
) -> None:  # fmt: skip
    node = receiving(tls={**tls, "client_certificate": "required"})
    certificate, key = ours.issue("sender")
    port, trust = ("--port", str(node.tls_port)), ("--tls-ca", ours.authority)
    own = ("--tls-certificate", certificate, "--tls-key", key)
    sent = mr_object(tmp_path / "a.dcm")
    assert program("echo", *port, *trust, *own).returncode == 0
    assert program("send", *port, *trust, *own, sent).returncode == 0
    assert [data_set(path) for path in node.objects()] == [data_set(sent)]

    offered = [cipher["name"] for cipher in client_context().get_ciphers()]
    assert [name for name in offered if not name.startswith("TLS_")] == list(CIPHERS_OF_TLS_1_2)

    unnamed = program("echo", *port, *trust)
    assert unnamed.returncode == 1
    wary = program("echo", *port, "--tls-ca", strangers.authority, *own)
    assert wary.returncode == 1
    assert "over TLS: check its port, and the certificates of both sides" in wary.stderr
    unusable = program("echo", *port, "--tls-ca", key)
    assert unusable.returncode == 2
    assert f"{key}: cannot be used for TLS" in unusable.stderr
