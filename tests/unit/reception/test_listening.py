from __future__ import annotations

import pytest

from ofsep_node.errors import NodeError
from ofsep_node.reception.listening import listening_socket


def test_port_0_picks_a_free_one() -> None:
    with listening_socket("127.0.0.1", 0) as one, listening_socket("127.0.0.1", 0) as other:
        assert one.getsockname()[1] != other.getsockname()[1] != 0


def test_a_port_in_use_is_said() -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NodeError, match=rf"port {port}: another program .* reception\.port"):
            listening_socket("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.9", "a" * 70 + ".fr"])
def test_a_host_that_is_not_ours_is_said(host: str) -> None:
    for section, setting in (("reception", "reception"), ("tls", "reception"), ("web", "web")):
        with pytest.raises(NodeError, match=rf"set {setting}\.host$"):
            listening_socket(host, 0, section)
