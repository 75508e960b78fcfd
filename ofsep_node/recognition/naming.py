"""How a vendor's own names for sequences are read: a table of rules per vendor, one reader.

The rules themselves are in the module of each vendor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ofsep_node.domain.instance import Acquisition
from ofsep_node.domain.series import Weighting
from ofsep_node.recognition.evidence import DIFFUSION_MAPS, Witness
from ofsep_node.recognition.said import said

Where = Literal["sequence_name", "technique", "scan_options"]

Token = Literal["SE", "GR", "EP", "IR", "MP", "2D", "3D"]
"""Defined terms of ScanningSequence, SequenceVariant and MRAcquisitionType (PS3.3 C.8.3.1)."""

ATTRIBUTE_NAMES = {
    "sequence_name": "SequenceName",
    "technique": "vendor's technique",
    "scan_options": "ScanOptions",
}


@dataclass(frozen=True, slots=True)
class NameRule:
    """A name (case ignored), what it says of the acquisition, and the weightings it fits.

    What it `reads` is a template of ours, as `said` takes them.
    """

    where: Where
    pattern: str
    reads: str
    tokens: frozenset[Token] = frozenset()
    claims: tuple[Weighting, ...] = ()
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Named:
    """A rule that matched, with the value it matched on."""

    rule: NameRule
    value: str

    def witness(self) -> Witness | None:
        """What the name says of the weighting; None when it only describes the acquisition."""
        if not self.rule.claims:
            return None
        attribute = said(ATTRIBUTE_NAMES[self.rule.where])
        because = said("{} {}: {}", attribute, self.value, said(self.rule.reads))
        allows = DIFFUSION_MAPS if self.rule.claims == ("dwi",) else ()
        return Witness(self.rule.claims, self.rule.weight, because, allows)


def tokens(*values: Token) -> frozenset[Token]:
    """A set of tokens, for the tables."""
    return frozenset(values)


def names_read(rules: tuple[NameRule, ...], acquisition: Acquisition) -> Iterator[Named]:
    """The first rule that matches each of the three attributes where vendors write names."""
    for where in ATTRIBUTE_NAMES:
        value = _text(acquisition, where)
        if value is None:
            continue
        candidates = (r for r in rules if r.where == where)
        matched = (r for r in candidates if re.search(r.pattern, value, re.IGNORECASE))
        rule = next(matched, None)
        if rule is not None:
            yield Named(rule, value)


def _text(acquisition: Acquisition, where: str) -> str | None:
    value = getattr(acquisition, where)
    if isinstance(value, tuple):
        value = "\\".join(value)
    return value or None
