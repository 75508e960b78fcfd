"""The guide's commands for a test authority, run as they are printed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.meta.project import DOCS
from tests.node import RunningNode
from tests.node import run as program

SECTIONS = {"tls.md": "## Without an authority", "tls.fr.md": "## Sans autorité"}


def commands(page: str) -> str:
    """The first block of commands of the section."""
    text = (DOCS / "how-to" / page).read_text(encoding="utf-8")
    found = re.search(r"```sh\n(.*?)```", text.split(SECTIONS[page])[1], re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("page", SECTIONS)
def test_a_node_answers_with_the_certificate_of_the_guide(page: str, tmp_path: Path) -> None:
    made = subprocess.run(
        ["sh", "-e", "-c", commands(page)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    certificate, key = (str(tmp_path / name) for name in ("node.pem", "node.key"))
    with RunningNode(
        tmp_path / "data", TLS__PORT="0", TLS__CERTIFICATE=certificate, TLS__KEY=key
    ) as node:
        port = str(node.tls_port)
        asked = ("echo", "--host", "localhost", "--port", port, "--tls")
        trusting = program(*asked, "--tls-ca", tmp_path / "test-ca.pem")
        assert trusting.returncode == 0, trusting.stderr
        assert program(*asked).returncode != 0
