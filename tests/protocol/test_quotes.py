"""Every sentence of the source stands in the edition, once, in the source's order, to the letter."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ofsep_node.protocol import load_edition
from ofsep_node.protocol.edition import Sentence
from tests.protocol.source import SOURCE, sentences

DIGESTS: dict[str, str] = json.loads(
    Path(__file__).with_name("quotes.json").read_text(encoding="utf-8")
)
"""SHA-256 of every sentence of the source, in its order: an altered quote shows without it."""

QUOTED = [s for s in load_edition("ofsep-2020").sentences if s.source == "ofsep"]

with_the_source = pytest.mark.skipif(
    not SOURCE.exists(),
    reason=f"no source text in {SOURCE}: set OFSEP_PROTOCOL_TEXT to its folder",
)


def digest(quote: str) -> str:
    return hashlib.sha256(quote.encode()).hexdigest()


@pytest.mark.parametrize("sentence", DIGESTS)
def test_a_sentence_of_the_source_stands_in_the_edition_once(sentence: str) -> None:
    assert [s.id for s in QUOTED].count(sentence) == 1


def test_nothing_else_is_said_to_be_of_the_source_and_the_order_is_its() -> None:
    assert [s.id for s in QUOTED] == [*DIGESTS]


@pytest.mark.parametrize("quoted", QUOTED, ids=lambda s: s.id)
def test_a_quote_is_not_altered(quoted: Sentence) -> None:
    assert digest(quoted.quote) == DIGESTS[quoted.id]


def test_the_nodes_own_checks_come_after_the_source() -> None:
    sources = [s.source for s in load_edition("ofsep-2020").sentences]
    assert sources == sorted(sources, key=["ofsep", "node"].index)


@with_the_source
def test_the_digests_are_of_the_source() -> None:
    assert list(DIGESTS.items()) == [(name, digest(text)) for name, text in sentences().items()]


@with_the_source
@pytest.mark.parametrize("quoted", QUOTED, ids=lambda s: s.id)
def test_a_quote_is_the_source_to_the_letter(quoted: Sentence) -> None:
    assert quoted.quote == sentences()[quoted.id]
