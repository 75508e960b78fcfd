"""Who is told of which verdict."""

from __future__ import annotations

import pytest

from ofsep_node.domain.routing import NOBODY, Due, Route, Routing, Sender, When
from ofsep_node.domain.verdict import Conclusion

SKYRA = Sender("MR_SKYRA", "192.0.2.7")
PACS = Sender("PACS", "192.0.2.9")
OTHER = Sender("MR_OTHER", "192.0.2.8")

ROUTING = Routing(
    {
        "pacs": Route("pacs", ("sr", "pdf")),
        "back": Route("back", ("sc",), provisional=True, back=True),
        "mail": Route("mail", ("text",), conclusions=("non_compliant", "undetermined")),
    },
    {"MR_SKYRA": ("back", "pacs"), "PACS": ("back", "mail"), "*": ("mail",), "MUTE": ()},
)


def due(
    *senders: Sender, conclusion: Conclusion = "non_compliant", when: When = "settled"
) -> list[tuple[str, str, str]]:
    found = ROUTING.due(senders, conclusion, when)
    return [(d.destination, d.kind, d.sender.ae_title) for d in found]


def test_a_sender_has_its_destinations_each_with_every_kind() -> None:
    assert due(SKYRA) == [
        ("back", "sc", "MR_SKYRA"), ("pacs", "sr", "MR_SKYRA"), ("pacs", "pdf", "MR_SKYRA"),
    ]  # fmt: skip


def test_who_is_not_named_has_those_of_everybody() -> None:
    assert due(OTHER) == [("mail", "text", "MR_OTHER")]


def test_who_is_named_with_none_has_none() -> None:
    assert due(Sender("MUTE", "192.0.2.1")) == []
    assert list(NOBODY.due([SKYRA], "compliant", "settled")) == []


def test_of_several_senders_each_is_told_itself_and_others_once() -> None:
    assert due(SKYRA, PACS, OTHER) == [
        ("back", "sc", "MR_SKYRA"), ("pacs", "sr", "MR_SKYRA"), ("pacs", "pdf", "MR_SKYRA"),
        ("back", "sc", "PACS"), ("mail", "text", "PACS"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("conclusion", "told"),
    [("compliant", False), ("compliant_with_remarks", False),
     ("non_compliant", True), ("undetermined", True)],
)  # fmt: skip
def test_only_the_verdicts_that_are_wanted(conclusion: Conclusion, told: bool) -> None:
    assert bool(due(OTHER, conclusion=conclusion)) == told


def test_provisional_reports_go_where_they_are_wanted() -> None:
    assert due(SKYRA, when="provisional") == [("back", "sc", "MR_SKYRA")]


def test_what_is_due_says_whether_it_goes_back() -> None:
    found = list(ROUTING.due([SKYRA], "compliant", "settled"))
    assert found[0] == Due("back", "sc", SKYRA, back=True)
    assert [d.back for d in found] == [True, False, False]


def test_who_was_told_of_a_fault_is_told_that_it_is_mended() -> None:
    found = list(ROUTING.due([OTHER], "compliant", "settled", {("mail", "")}))
    assert [d.destination for d in found] == ["mail"]
