"""The conformance statement: in the order of PS3.2, and complete."""

from __future__ import annotations

import re

import pytest

from ofsep_node.cli.reference.conformance import conformance_statement
from ofsep_node.reception.command import Status
from ofsep_node.reception.negotiation import Rejection
from ofsep_node.reception.policy import (
    QUERY_SERVICES,
    REFERENCED_TRANSFER_SYNTAXES,
    REQUEST_SERVICES,
    STORAGE_SOP_CLASSES,
    TRANSFER_SYNTAXES,
)
from ofsep_node.tls import CIPHERS_OF_TLS_1_2

PAGE = conformance_statement()
ANNEX_A = (
    "Conformance Statement Overview",
    "Table of Contents",
    "Introduction",
    "Networking",
    "Media Interchange",
    "Transformation of DICOM to CDA",
    "Support of Character Sets",
    "Security",
    "Annexes",
)
"""Sections A.1 to A.9."""


def test_its_sections_are_those_of_annex_a() -> None:
    found = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert found == [f"{number} {name}" for number, name in enumerate(ANNEX_A, start=1)]


def test_subsections_are_numbered_without_a_gap() -> None:
    last: list[int] = []
    for written in re.findall(r"^#{2,} ([0-9.]+) ", PAGE, re.MULTILINE):
        number = [int(part) for part in written.split(".")]
        assert number in [[*last, 1], *([*last[:n], last[n] + 1] for n in range(len(last)))]
        last = number


@pytest.mark.parametrize(
    "uid",
    [
        *STORAGE_SOP_CLASSES,
        *REQUEST_SERVICES,
        *QUERY_SERVICES,
        *TRANSFER_SYNTAXES,
        *REFERENCED_TRANSFER_SYNTAXES,
    ],
)
def test_it_names_what_is_accepted(uid: str) -> None:
    assert f"| {uid} |" in PAGE


def test_it_tells_every_answer() -> None:
    for status in Status:
        assert f"| {status:04X} |" in PAGE
    for rejection in Rejection:
        assert f"| {rejection.words} |" in PAGE
    for cipher in CIPHERS_OF_TLS_1_2:
        assert f"- `{cipher}`" in PAGE
