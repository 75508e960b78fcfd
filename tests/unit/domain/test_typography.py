"""French signs."""

from __future__ import annotations

import pytest

from ofsep_node.domain.typography import typeset
from ofsep_node.domain.verdict import Message


@pytest.mark.parametrize(
    ("written", "set_in_type"),
    [
        ("manque : 3D FLAIR", "manque\u00a0: 3D FLAIR"),
        ("série « T1 » ; 97 %", "série «\u00a0T1\u00a0»\u00a0; 97\u00a0%"),
        ("écoute sur :11112 ?", "écoute sur :11112\u00a0?"),
        ("de 10:05 à 11:00", "de 10:05 à 11:00"),
    ],
)
def test_a_space_before_a_sign_does_not_break(written: str, set_in_type: str) -> None:
    assert typeset(written) == set_in_type
    assert typeset(set_in_type) == set_in_type


def test_a_message_is_set_by_the_rules_of_each_language() -> None:
    message = Message(fr="épaisseur : 3 mm", en="why : here")
    assert (message.fr, message.en) == ("épaisseur\u00a0: 3 mm", "why : here")
    quoted = "Champ magnétique : 1,5 ou 3 Tesla"
    assert Message(quoted, quoted).fr == quoted
