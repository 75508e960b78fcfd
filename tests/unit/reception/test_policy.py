from __future__ import annotations

import pydicom
import pytest

from ofsep_node.reception.policy import (
    REFERENCED_TRANSFER_SYNTAXES,
    STORAGE_SOP_CLASSES,
    TRANSFER_SYNTAXES,
    VERIFICATION,
    Policy,
    preferred_transfer_syntax,
)

NOT_FOR_ASSOCIATIONS = {
    "1.2.840.10008.1.2.6.1",  # MIME, and XML: no data set encodings
    "1.2.840.10008.1.2.6.2",
    "1.2.840.10008.1.2.7.1",  # real-time video goes over RTP
    "1.2.840.10008.1.2.7.2",
    "1.2.840.10008.1.2.7.3",
    "1.2.840.10008.1.20",  # Papyrus
}


def test_the_names_are_those_of_the_standard() -> None:
    for uid, name in STORAGE_SOP_CLASSES.items():
        entry = pydicom._uid_dict.UID_dictionary.get(uid)
        if entry is not None:
            assert name.removesuffix(" (Retired)") == entry[0], uid


def test_every_structured_report_and_presentation_state_is_taken() -> None:
    for uid, entry in pydicom._uid_dict.UID_dictionary.items():
        if entry[1] == "SOP Class" and ("SR Storage" in entry[0] or "ntation State S" in entry[0]):
            assert uid in STORAGE_SOP_CLASSES, entry[0]


def test_every_transfer_syntax_of_the_standard_is_taken() -> None:
    known = TRANSFER_SYNTAXES.keys() | REFERENCED_TRANSFER_SYNTAXES.keys()
    standard = {
        uid
        for uid, entry in pydicom._uid_dict.UID_dictionary.items()
        if entry[1] == "Transfer Syntax"
    }
    assert standard - known == NOT_FOR_ASSOCIATIONS


def test_uids_are_valid_and_groups_do_not_overlap() -> None:
    for uid in (*STORAGE_SOP_CLASSES, *TRANSFER_SYNTAXES):
        assert pydicom.uid.UID(uid).is_valid, uid
    assert len(set(STORAGE_SOP_CLASSES.values())) == len(STORAGE_SOP_CLASSES)


@pytest.mark.parametrize(
    ("proposed", "preferred"),
    [
        ([], None),
        (["1.2.840.113619.5.2"], None),
        (["1.2.840.113619.5.2", "1.2.840.10008.1.2"], "1.2.840.10008.1.2"),
        (["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2"], "1.2.840.10008.1.2.4.90"),
        (["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.1"], "1.2.840.10008.1.2.1"),
        (["1.2.840.10008.1.2.4.94"], "1.2.840.10008.1.2.4.94"),
    ],
)
def test_the_first_standard_proposal_is_preferred(
    proposed: list[str], preferred: str | None
) -> None:
    assert preferred_transfer_syntax(proposed) == preferred


def test_verification_is_accepted_but_nothing_is_stored_under_it() -> None:
    for policy in (Policy(), Policy(accept_every_sop_class=True)):
        assert policy.accepts(VERIFICATION)
        assert not policy.stores(VERIFICATION)
