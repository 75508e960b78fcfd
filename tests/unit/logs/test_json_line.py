"""What a sender may write into a field, and what the line makes of it."""

from __future__ import annotations

import json

import pytest

from ofsep_node.logs.json_line import json_line


@pytest.mark.parametrize("sign", [*map(chr, range(0xA0)), "\u2028", "\u2029", "\u202e", "\u2067"])
def test_no_sign_breaks_a_line_or_moves_a_cursor(sign: str) -> None:
    content = {"peer": f"MR{sign}1"}
    line = json_line(content)
    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    assert line[:-1].isprintable()
    assert json.loads(line) == content


def test_letters_stand_as_they_are() -> None:
    assert json_line({"name": "Hélène 山田"}) == '{"name": "Hélène 山田"}\n'
