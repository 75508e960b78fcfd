"""What the protocol asks has its rules: each by its name, under the sentence that asks for it."""

from __future__ import annotations

import pytest

from ofsep_node.protocol import load_edition
from ofsep_node.protocol.edition import Sentence

EDITION = load_edition("ofsep-2020")

SENTENCES = {
    "field-strength": {"MR-1"},
    "brain-required-sequences": {"SQ-1", "SQ-2"},
    "cord-required-sequences": {"SQ-3"},
    "optional-sequences": {"SQ-4", "SQ-5"},
    "adc-pairs-with-dwi": {"SQ-1"},
    "brain-before-cord": {"FU-2"},
    "single-injection": {"FU-2", "FU-3"},
    "gadolinium-indicated": {"GD-2", "GD-3", "GD-4", "GD-5", "GD-6"},
    "gadolinium-not-indicated": {"GD-2", "GD-3", "GD-4", "GD-5", "GD-6"},
    "gadolinium-macrocyclic": {"GD-1", "GD-7"},
    "gadolinium-dose": {"GD-1", "GD-7"},
    "gadolinium-before-flair": {"GD-8"},
    "brain-interval": {"FU-1"},
    "cord-interval": {"FU-1", "FU-4"},
    "voxel-3d": {"AQ-1"},
    "no-gap-3d": {"AQ-1"},
    "thickness-2d": {"AQ-2"},
    "in-plane-2d": {"AQ-2"},
    "bicallosal-plane": {"AQ-2"},
    "dti-voxel": {"AQ-3"},
    "dti-directions": {"AQ-3"},
    "dti-gap": {"AQ-3"},
    "axial-plane": {"SQ-1", "SQ-2", "SQ-4", "SQ-5"},
    "sagittal-plane": {"SQ-3", "SQ-5"},
    "thickness-cord": {"AQ-4"},
    "whole-cord": {"AQ-4"},
    "signal-to-noise": {"MR-2"},
    "series-complete": set(),
    "consistent-parameters": set(),
    "one-patient": set(),
    "unique-instances": set(),
    "burned-in-annotation": set(),
}
"""Rule to the sentences that it enforces, at the least."""


@pytest.mark.parametrize("rule", SENTENCES)
def test_a_rule_is_there_for_its_sentences(rule: str) -> None:
    enforced = {
        sentence.id
        for sentence in EDITION.sentences
        if rule in (*sentence.checked_by, *(r.id for r in sentence.rules))
    }
    assert enforced, f"no sentence has {rule}"
    assert enforced >= SENTENCES[rule]


@pytest.mark.parametrize("sentence", EDITION.sentences, ids=lambda s: s.id)
def test_a_sentence_is_quoted_on_one_line(sentence: Sentence) -> None:
    quote = sentence.quote
    assert quote == " ".join(quote.split())
