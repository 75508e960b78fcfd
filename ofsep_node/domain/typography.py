"""How French sets its signs."""

from __future__ import annotations

import re

_BEFORE_A_SIGN = re.compile(r" (?=[:;?!»%](?!\w))|(?<=«) ")


def typeset(french: str) -> str:
    """A French text whose spaces before ``: ; ? ! » %`` and after ``«`` do not break a line."""
    return _BEFORE_A_SIGN.sub("\N{NO-BREAK SPACE}", french)
