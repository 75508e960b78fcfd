"""How commands write JSON: a line for each thing, on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any


def write_json(content: Any) -> None:
    """One line; letters stand as they are, and what JSON has no form for as its text."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, default=str) + "\n")
