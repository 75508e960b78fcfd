"""One departure from a compliant examination, and the ways to describe it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Listed
from dataclasses import dataclass, replace
from itertools import permutations

from ofsep_node.domain.verdict import Message
from ofsep_node.errors import SettingsError
from ofsep_node.simulate.examination import Alteration, Examination, Sequence, Slab
from ofsep_node.simulate.request import Request

Edit = Callable[[Examination], Examination]

ENHANCED = frozenset({"siemens-xa", "philips-enhanced", "canon-enhanced"})
"""Vendors whose series are Enhanced MR objects."""

CLASSIC = frozenset({"siemens", "ge", "philips", "canon", "siemens-xa-classic"})
"""Vendors whose series are single images."""

REQUIRED = ("brain-required-sequences",)
PLAIN = Request()


@dataclass(frozen=True, slots=True)
class Fault:
    """One departure from a compliant examination.

    `fails` and `undetermined` are the rules that judge the departure itself; `entails` are rules
    that may fail or be undetermined as a consequence of it, as may the required sequences. All
    empty: the node must not be misled. `withholds` is true when the objects that are written are
    those of the faultless examination, byte for byte. Faults of one `aspect` exclude each other.
    `shown_in` is an examination in which the fault shows; objects of the vendors `unfit` cannot
    have it. At the vendors `unsaid_by`, headers do not say what would show the fault: there, what
    would fail is undetermined.
    """

    name: str
    label: Message
    effect: str
    edit: Edit
    fails: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()
    entails: tuple[str, ...] = ()
    withholds: bool = False
    aspect: str = ""
    shown_in: Request = PLAIN
    unfit: frozenset[str] = frozenset()
    unsaid_by: frozenset[str] = frozenset()

    def fits(self, vendor: str) -> bool:
        """Whether objects of this vendor can have the fault."""
        return vendor not in self.unfit

    def at(self, vendor: str) -> Fault:
        """The fault with the outcomes that the headers of this vendor allow."""
        if vendor not in self.unsaid_by:
            return self
        return replace(self, fails=(), undetermined=(*self.undetermined, *self.fails))


def sequence_of(examination: Examination, key: str) -> Sequence:
    """The sequence of this key. Raises `LookupError` with the key when there is none."""
    sequence = examination.sequence(key)
    if sequence is None:
        raise LookupError(key)
    return sequence


def edited(key: str, change: Callable[[Sequence], Sequence]) -> Edit:
    """One sequence is changed."""

    def edit(examination: Examination) -> Examination:
        return examination.with_sequence(change(sequence_of(examination, key)))

    return edit


def each(change: Callable[[Sequence], Sequence]) -> Edit:
    """All sequences are changed."""

    def edit(examination: Examination) -> Examination:
        return replace(examination, sequences=tuple(map(change, examination.sequences)))

    return edit


def reshaped(key: str, change: Callable[[Slab], Slab]) -> Edit:
    """The slabs of one sequence are changed."""
    return edited(key, lambda s: s.with_slabs(*map(change, s.slabs)))


def with_derived(key: str, derived: str, change: Callable[[Slab], Slab]) -> Edit:
    """The slabs of one sequence, and of what is computed from it where that is there."""

    def edit(examination: Examination) -> Examination:
        changed = reshaped(key, change)(examination)
        is_there = changed.sequence(derived) is not None
        return reshaped(derived, change)(changed) if is_there else changed

    return edit


def missing(*keys: str) -> Edit:
    """Sequences are not there."""

    def edit(examination: Examination) -> Examination:
        for key in keys:
            examination = examination.without(sequence_of(examination, key).key)
        return examination

    return edit


def without(key: str, *keywords: str) -> Edit:
    """Attributes are absent from the headers of one sequence."""
    return edited(key, lambda s: replace(s, absent=(*s.absent, *keywords)))


def altered(key: str, keyword: str, value: str, beyond: float = 0.0) -> Edit:
    """An attribute of one sequence says something else, from a share of its images on."""
    change = Alteration(keyword, value, beyond)
    return edited(key, lambda s: replace(s, altered=(*s.altered, change)))


def apply_faults(examination: Examination, faults: Listed[Fault]) -> Examination:
    """The examination with the faults in it.

    Raises `SettingsError` when a fault does not fit the vendor, or concerns a sequence or an
    injection that the examination has not, or has not with another of the faults.
    """
    for fault in faults:
        if not fault.fits(examination.vendor):
            raise SettingsError(
                f"objects of vendor {examination.vendor!r} cannot have fault {fault.name!r}:"
                " choose another vendor or leave the fault out"
            )
        if lacks := _lacking(examination, fault):
            raise SettingsError(
                f"fault {fault.name!r} needs the sequence {lacks!r}, which this examination has"
                " not: `simulate --list-faults` says what the fault needs"
            )
    _refuse_spoilt(examination, faults)
    for fault in faults:
        examination = fault.edit(examination)
    return examination


def _refuse_spoilt(examination: Examination, faults: Listed[Fault]) -> None:
    """Two faults each of which the examination can have, but not the one once the other is there."""
    for other, fault in permutations(faults, 2):
        if lacks := _lacking(other.edit(examination), fault):
            raise SettingsError(
                f"fault {fault.name!r} needs the sequence {lacks!r}, which fault {other.name!r}"
                " takes out: choose one of them"
            )


def _lacking(examination: Examination, fault: Fault) -> str:
    """The sequence that a fault needs and the examination has not; empty when it has all."""
    try:
        fault.edit(examination)
    except LookupError as absent:
        return str(absent.args[0])
    return ""
