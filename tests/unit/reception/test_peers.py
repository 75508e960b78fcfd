"""Who the peers file lets in, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ofsep_node.errors import SettingsError
from ofsep_node.reception.negotiation import Rejection
from ofsep_node.reception.peers import Peers, read_peers
from ofsep_node.reception.policy import USUAL_ROLES, Role

SHIPPED = Path(__file__).parents[3] / "config" / "peers" / "example.toml"

ALL_BUT_COMMIT = USUAL_ROLES - {Role.COMMIT}
"""What a peer may do that does not say where it listens."""

TWO = """
[[peer]]
ae_title = " MR1 "
addresses = ["192.0.2.17", "2001:db8::/64"]

[[peer]]
ae_title = "mr1"
addresses = ["198.51.100.0/24"]
roles = ["echo"]
"""


def of(tmp_path: Path, text: str) -> Peers:
    path = tmp_path / "peers.toml"
    path.write_text(text, encoding="utf-8")
    return read_peers(path)


def test_without_a_list_everybody_may_do_everything() -> None:
    everybody = Peers()
    assert everybody.may_come_from("203.0.113.9")
    assert everybody.roles("ANYONE", "203.0.113.9", None) == USUAL_ROLES - {Role.COMMIT}
    assert everybody.called("ANYONE", "203.0.113.9") is None


@pytest.mark.parametrize(
    ("ae_title", "address", "expected"),
    [
        ("MR1", "192.0.2.17", ALL_BUT_COMMIT),
        ("MR1", "::ffff:192.0.2.17", ALL_BUT_COMMIT),
        ("MR1", "2001:db8::9", ALL_BUT_COMMIT),
        ("MR1", "2001:db8::9%eth0", ALL_BUT_COMMIT),
        ("mr1", "198.51.100.255", {Role.ECHO}),
        ("MR1", "192.0.2.18", Rejection.CALLING_ADDRESS),
        ("MR1", "198.51.100.1", Rejection.CALLING_ADDRESS),
        ("MR1", "2001:db8:0:1::9", Rejection.CALLING_ADDRESS),
        ("Mr1", "192.0.2.17", Rejection.CALLING_AE_TITLE),
        ("", "192.0.2.17", Rejection.CALLING_AE_TITLE),
    ],
)
def test_title_and_address_go_together_and_capitals_matter(
    tmp_path: Path, ae_title: str, address: str, expected: object
) -> None:
    assert of(tmp_path, TWO).roles(ae_title, address, None) == expected


def test_who_says_where_it_listens_may_ask_for_commitment(tmp_path: Path) -> None:
    listening = '[[peer]]\nae_title = "A"\naddresses = ["::1"]\nport = 104\n'
    other = listening.replace("::1", "::2").replace("104", "105")
    assert of(tmp_path, listening).roles("A", "::1", None) == USUAL_ROLES
    both = of(tmp_path, f"{listening}{other}")
    found = [both.called("A", address) for address in ("::1", "::2", "::3", "UNKNOWN")]
    assert [peer and peer.port for peer in found] == [104, 105, None, None]
    moved = of(tmp_path, listening).called("A", "::3")
    assert moved is not None, "the only one of its title, wherever it came from"
    assert moved.port == 104


def test_an_address_that_nobody_has_is_known_before_any_title(tmp_path: Path) -> None:
    peers = of(tmp_path, TWO)
    assert peers.may_come_from("198.51.100.1")
    assert peers.may_come_from("2001:db8::1")
    assert not peers.may_come_from("192.0.2.18")


def test_a_peer_that_must_use_tls_cannot_come_without(tmp_path: Path) -> None:
    for key in ("tls = true", 'certificate = "CN=mr1"'):
        peers = of(tmp_path, f'[[peer]]\nae_title = "A"\naddresses = ["::1"]\n{key}\n')
        assert peers.roles("A", "::1", None) is Rejection.TLS_REQUIRED


def test_the_shipped_example_is_clean() -> None:
    listed = read_peers(SHIPPED).listed
    assert listed is not None
    assert [peer.ae_title for peer in listed] == ["MR_SKYRA", "PACS", "OFSEP_ECHO"]


PEER = '[[peer]]\nae_title = "A"\naddresses = ["::1"]\n'


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", None, "lists no [[peer]]"),
        ("[[peer]\n", None, "not TOML"),
        ("\nname = 3\n", 2, "name: no such key; known are peer"),
        ("[[peers]]\n", 1, "peers: no such key; known are peer"),
        ('[[peer]]\nae_title = "A"\n', 1, "addresses: must be given"),
        (f"{PEER}[[peer]]\naddresses = ['::2']\n", 4, "ae_title: must be given"),
        (f"{PEER}role = ['echo']\n", 4, "role: no such key; known are ae_title, addresses, name,"),
        (f"{PEER}roles = ['echo', 'steal']\n", 4, "roles: Input should be 'echo', 'store', "),
        (f"{PEER}roles = ['commit']\n", 1, "peer: port is missing: where this peer listens"),
        (f"{PEER}host = 'mr1'\n", 1, "peer: port is missing: where this peer listens"),
        (f"{PEER}port = 0\n", 4, "port: Input should be greater than or equal to 1"),
        (f"{PEER}roles = 'echo'\n", 4, "roles: must be a list, in brackets"),
        (f"{PEER}certificate = 'mr1'\n", 4, "certificate: neither a subject such as CN="),
        (f"{PEER}tls = 'perhaps'\n", 4, "tls: Input should be a valid boolean"),
        (
            '[[peer]]\nae_title = "A"\naddresses = []\n',
            3,
            "addresses: Tuple should have at least 1",
        ),
        (
            f'{PEER}\n[[peer]]\nae_title = "B"\naddresses = ["10.0.0.7/24"]\n',
            7,
            "addresses: an address within a network; write 10.0.0.0/24 for all of it",
        ),
        (f'{PEER}[[peer]]\nae_title = "B"\naddresses = ["mr1.lan"]\n', 6, "not an IP address"),
        (f'{PEER}[[peer]]\nae_title = "B"\naddresses = [3]\n', 6, "not an IP address"),
        (f'{PEER}[[peer]]\nae_title = "A\\\\B"\naddresses = ["::1"]\n', 5, "ae_title"),
        (
            f'{PEER}[[peer]]\nae_title = "A"\naddresses = ["::/0"]\n',
            6,
            "A has an address that the entry in line 1 gives it already",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(
    tmp_path: Path, text: str, line: int | None, says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        of(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'peers.toml'}:{f'{line}: ' if line else ' '}")
    assert says in message


def test_every_fault_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        of(tmp_path, "[[peer]]\nae_title = 'A'\n[[peer]]\naddresses = ['x']\n")
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["1", "3", "4"]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: cannot read the list of peers: No such"):
        read_peers(tmp_path / "none.toml")
    (tmp_path / "peers.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not a text file in UTF-8"):
        read_peers(tmp_path / "peers.toml")


def test_a_peer_that_listens_is_found_by_its_title_and_by_its_address_where_there_are_two(
    tmp_path: Path,
) -> None:
    two = """\
[[peer]]
ae_title = "MR"
addresses = ["192.0.2.1"]
port = 104

[[peer]]
ae_title = "MR"
addresses = ["192.0.2.2"]
host = "mr2.hospital.example"
port = 11112

[[peer]]
ae_title = "PACS"
addresses = ["192.0.2.3"]
"""
    peers = of(tmp_path, two)
    found = [peers.called("MR", f"192.0.2.{n}") for n in (1, 2, 9)]
    assert [f and (f.host, f.port) for f in found] == [
        ("", 104), ("mr2.hospital.example", 11112), None,
    ]  # fmt: skip
    pacs = peers.called("PACS", "203.0.113.1")
    assert pacs is not None
    assert pacs.port is None
    assert peers.called("CT", "192.0.2.1") is None
    assert peers.called("MR", "unknown") is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('host = "h"', "port is missing: where this peer listens"),
        ("port = 0", "greater than or equal to 1"),
        ("port = 70000", "less than or equal to 65535"),
    ],
)
def test_where_no_peer_can_listen_is_refused(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        of(tmp_path, f'[[peer]]\nae_title = "MR"\naddresses = ["192.0.2.1"]\n{line}\n')
