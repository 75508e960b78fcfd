"""Files of secrets that are of no use are named, with the destination they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ofsep_node.delivery.couriers import couriers
from ofsep_node.delivery.peer import Peer
from ofsep_node.domain.routing import Sender
from ofsep_node.errors import SettingsError
from ofsep_node.settings import load_settings

MAIL = """\
[destinations.people]
type = "mail"
host = "h"
sender = "a@b.c"
recipients = ["d@e.f"]
user = "u"
password_file = "{file}"
"""
WEBHOOK = """\
[destinations.program]
type = "webhook"
url = "https://h/"
secret_file = "{file}"
"""


def nowhere(sender: Sender) -> Peer:
    raise AssertionError(sender)


@pytest.mark.parametrize(
    ("settings", "content", "says"),
    [
        (MAIL, b"caf\xe9\n", "[destinations.people] password_file: {file}: not a text file in UTF-8"),
        (MAIL, None, "[destinations.people] password_file: {file}: cannot be read: No such file"),
        (WEBHOOK, b"short\n", "[destinations.program] secret_file: {file}: its first line needs 16"),
    ],
)  # fmt: skip
def test_a_secret_of_no_use_is_named(
    tmp_path: Path, settings: str, content: bytes | None, says: str
) -> None:
    file, secret = tmp_path / "node.toml", tmp_path / "secret"
    file.write_text(settings.format(file=secret), encoding="utf-8")
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        couriers(load_settings(file, {}), nowhere)
    assert str(raised.value).startswith(says.format(file=secret))
