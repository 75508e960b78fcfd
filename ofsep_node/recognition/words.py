"""What the words of SeriesDescription and ProtocolName say of the weighting."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ofsep_node.domain.instance import Acquisition
from ofsep_node.recognition.evidence import Witness
from ofsep_node.recognition.said import said
from ofsep_node.recognition.vocabulary import DIFFUSION, GENERAL, OUTSIDE, SPECIFIC, Word

PROTOCOL_NAME_CREDIT = 0.8
"""ProtocolName beside a description: the acquisition's name, which derived series keep."""

DECISIVE = {("other",), ("localizer",), ("dir",)}
"""Words that take a series out of the protocol, whatever its times look like.

A DIR of which one inversion time is written has the times of a FLAIR or of a T1."""

EXAMINATION_PROTOCOL = re.compile(r"^ge ", re.IGNORECASE)
"""GE writes the name of the whole examination's protocol into ProtocolName."""

_RUN_TOGETHER = (
    (re.compile(r"\b([23]d)(?=[a-z])"), r"\1 "),
    (re.compile(r"\b(ax(?:ial|iale|i)?|sag(?:ittal|ittale)?|cor(?:onal|onale|o)?)"
                r"(?=t[12]|flair|stir|dp|pd|diff|dwi|3d|2d)"), r"\1 "),
    (re.compile(r"\b(t[12])(?=[a-z])"), r"\1 "),
    (re.compile(r"\b(t[12] ?w?)(3d|2d)\b"), r"\1 \2"),
)  # fmt: skip


@lru_cache(maxsize=1024)
def text_of(value: str | None) -> str:
    """A description ready for the vocabulary; empty for None.

    Accents and case are dropped, signs but ``+`` and ``*`` become spaces, and words that are
    often run together are set apart: ``SAG_3DT1-Gd`` becomes ``sag 3d t1 gd``.
    """
    decomposed = unicodedata.normalize("NFKD", value or "")
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    plain = re.sub(r"[^a-z0-9+*]+", " ", plain).strip()
    for pattern, apart in _RUN_TOGETHER:
        plain = pattern.sub(apart, plain)
    return plain


def written(acquisition: Acquisition) -> Iterator[tuple[str, str, float]]:
    """The texts that name the sequence: attribute, text as written, credit."""
    description, protocol = acquisition.series_description, acquisition.protocol_name
    if text_of(description):
        yield "SeriesDescription", description or "", 1.0
    if not text_of(protocol) or text_of(protocol) == text_of(description):
        return
    if not EXAMINATION_PROTOCOL.match(acquisition.manufacturer or ""):
        credit = PROTOCOL_NAME_CREDIT if text_of(description) else 1.0
        yield "ProtocolName", protocol or "", credit


def weighting_words(acquisition: Acquisition) -> list[Witness]:
    """What each text says of the weighting: the most particular words in it, and only those."""
    return [
        Witness(
            claims=word.claims,
            weight=word.weight * credit,
            because=said('"{}" in {} "{}"', found, attribute, text),
            allows=word.allows,
            decisive=word.claims in DECISIVE,
        )
        for attribute, text, credit in written(acquisition)
        for word, found in _telling(text_of(text))
    ]


def _telling(text: str) -> list[tuple[Word, str]]:
    outside = list(_found(OUTSIDE, text))
    if outside:
        return outside[:1]
    diffusion = list(_found(DIFFUSION, text))
    specific = list(_found(SPECIFIC, text))[:1]
    return diffusion[:1] or specific or list(_found(GENERAL, text))


def _found(vocabulary: Iterable[Word], text: str) -> Iterator[tuple[Word, str]]:
    for word in vocabulary:
        match = re.search(word.pattern, text)
        if match:
            yield word, match.group().strip()
