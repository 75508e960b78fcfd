"""A sentence of the evidence in the two languages: the English one is the key of the French.

The words of the header stand in it as they are written; only what is ours is translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ofsep_node.domain.verdict import Message
from ofsep_node.recognition.french import FRENCH

Value = Message | str | float


def said(template: str, *values: Value) -> Message:
    """A template filled with values, as `str.format` does it, in each language.

    `template` is a key of `FRENCH`. A value that is a message itself stands in its own language.
    """
    french = FRENCH.get(template, template)
    return Message(fr=_filled(french, values, "fr"), en=_filled(template, values, "en"))


def numeral(text: str) -> Message:
    """Measured values: French writes them with a comma."""
    return Message(fr=re.sub(r"(?<=\d)\.(?=\d)", ",", text), en=text)


def listed(parts: Iterable[Message]) -> Message:
    """Several things in a row."""
    parts = tuple(parts)
    return Message(fr=", ".join(p.fr for p in parts), en=", ".join(p.en for p in parts))


def _filled(template: str, values: tuple[Value, ...], language: str) -> str:
    return template.format(
        *(v.in_language(language) if isinstance(v, Message) else v for v in values)
    )
