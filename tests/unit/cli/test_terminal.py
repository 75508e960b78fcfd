"""How results are set on a terminal, and where there is none."""

from __future__ import annotations

import os
import pty

import pytest

from ofsep_node.cli import terminal
from ofsep_node.domain.verdict import Message

FRENCH = Message(fr="ProtocolName absent de l'en-tête : rien ne le confirme", en="").fr


def test_no_line_begins_with_a_sign(capsys: pytest.CaptureFixture[str]) -> None:
    console = terminal.console()
    console.width = 32  # as many as stand before the sign
    console.print(FRENCH)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "ProtocolName absent de"
    assert second == "l'en-tête\N{NO-BREAK SPACE}: rien ne le confirme"


def test_a_terminal_gets_its_lines_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        terminal.console().print("blanks  ")
        stream.flush()
        assert os.read(ours, 100).rstrip(b"\r\n").endswith(b"blanks  ")
    os.close(ours)
