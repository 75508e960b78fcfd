"""How commands write JSON: a line for each thing, on standard output."""

from __future__ import annotations

import sys
from typing import Any

from ofsep_node.logs.json_line import json_line


def write_json(content: Any) -> None:
    """One line of JSON."""
    sys.stdout.write(json_line(content))
