"""JSON as the log and the commands write it: a line for each thing."""

from __future__ import annotations

import json
from typing import Any

_BREAKING = (*range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""C1 controls, separators of lines, signs that turn text around: a sender chooses AE titles."""

_ESCAPED = {code: f"\\u{code:04x}" for code in _BREAKING}


def json_line(content: Any) -> str:
    """One line; letters stand as they are, and what JSON has no form for as its text.

    What would move a terminal's cursor, or be a line's end to some reader, is escaped.
    """
    return json.dumps(content, ensure_ascii=False, default=str).translate(_ESCAPED) + "\n"
