"""Compliant examinations: a vendor's sequences, in the order the protocol's programmes ask for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from ofsep_node.errors import SettingsError
from ofsep_node.simulate import siemens, siemens_sequences
from ofsep_node.simulate.examination import Examination, Scanner, Sequence, core_of
from ofsep_node.simulate.identity import UidPlan, fictitious_patient
from ofsep_node.simulate.image import Pixels

PROGRAMMES: dict[str, tuple[str, ...]] = {
    "standard": ("localizer", "t1", "dwi", "adc", "flair"),
    "reduced": ("localizer", "dwi", "adc", "flair"),
}
"""Sequences of the protocol's programmes (sentences SQ-1 and SQ-2), after the localizer."""

STUDY_DESCRIPTIONS = {
    "standard": "IRM cérébrale SEP",
    "reduced": "IRM cérébrale LEMP suivi trimestriel",
}

_PAUSE_S = 25.0
"""Between two sequences: shimming, and the operator's time."""

_Thing = TypeVar("_Thing")

Writer = Callable[[Examination, Sequence, UidPlan, Pixels], Iterator[bytes]]
"""Makes the files of one sequence."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """What a vendor's modules offer: a machine, the sequences it is programmed with, a writer."""

    scanner: Scanner
    sequences: Mapping[str, Sequence]
    alternatives: Mapping[str, Sequence]
    image_files: Writer


VENDORS: dict[str, Vendor] = {
    "siemens": Vendor(
        siemens_sequences.SKYRA,
        siemens_sequences.SEQUENCES,
        siemens_sequences.ALTERNATIVES,
        siemens.image_files,
    ),
}


def plan(
    vendor: str, programme: str, seed: int, study_date: date, *, small: bool = False
) -> Examination:
    """A compliant examination, not yet written; with `small`, over the core of every slab.

    Raises `SettingsError` for an unknown vendor or programme.
    """
    made_by = known("vendor", vendor, VENDORS)
    keys = known("programme", programme, PROGRAMMES)
    sized = core_of if small else _whole
    return Examination(
        vendor=vendor,
        scanner=made_by.scanner,
        patient=fictitious_patient(seed, study_date),
        study_date=study_date,
        start_s=_start_s(seed),
        description=STUDY_DESCRIPTIONS[programme],
        sequences=tuple(_scheduled(sized(made_by.sequences[key]) for key in keys)),
        alternatives={key: sized(s) for key, s in made_by.alternatives.items()},
    )


def known(what: str, name: str, choice: Mapping[str, _Thing]) -> _Thing:
    """The thing of this name. Raises `SettingsError`, listing the known names."""
    if name not in choice:
        names = ", ".join(sorted(choice))
        raise SettingsError(f"unknown {what} {name!r}: choose among {names}")
    return choice[name]


def _whole(sequence: Sequence) -> Sequence:
    return sequence


def _start_s(seed: int) -> float:
    """Between 8 h and 18 h, in seconds after midnight."""
    dice = random.Random(f"start {seed}")  # noqa: S311 - reproducible, nothing secret
    return float(dice.randrange(8 * 3600, 18 * 3600))


def _scheduled(sequences: Iterable[Sequence]) -> Iterator[Sequence]:
    """Numbered, one after the other; what is computed has the time of what it is computed from."""
    clock = _PAUSE_S
    starts: dict[str, float] = {}
    for number, sequence in enumerate(sequences, start=1):
        computed = sequence.derived_from is not None
        start = starts.get(sequence.derived_from or "", clock)
        starts[sequence.key] = start
        yield replace(sequence, number=number, start_s=start)
        clock += 0 if computed else sequence.duration_s + _PAUSE_S
