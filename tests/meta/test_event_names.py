"""The log's names are written down once, with their meaning."""

from __future__ import annotations

import re
from typing import get_args

from ofsep_node.domain.events import MEANINGS, EventName
from tests.meta.project import PACKAGE

LOGGED = re.compile(
    r"""\.(?:debug|info|warning|error|exception|log)\(\s*(?:[^\s"]+,\s*)?"([a-z]+\.[a-z_]+)\""""
)


def test_every_name_that_is_logged_has_a_meaning() -> None:
    logged = {
        name for path in PACKAGE.rglob("*.py") for name in LOGGED.findall(path.read_text("utf-8"))
    }
    assert len(logged) > 15
    assert logged | set(get_args(EventName)) <= set(MEANINGS)
