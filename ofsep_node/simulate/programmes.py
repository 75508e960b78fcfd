"""Which sequences an examination has: the protocol's programmes, and what vendors can make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydicom.dataset import FileDataset

from ofsep_node.errors import SettingsError
from ofsep_node.simulate import (
    canon,
    canon_enhanced,
    ge,
    philips,
    philips_enhanced,
    siemens,
    siemens_sequences,
    siemens_xa,
    siemens_xa_classic,
)
from ofsep_node.simulate.examination import Examination, Scanner, Sequence
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Pixels

_BRAIN = ("localizer", "t1", "dwi", "adc", "flair")
_CORD = ("cord-localizer", "cord-t2-1", "cord-t2-2", "cord-t2-3")

PROGRAMMES: dict[str, tuple[str, ...]] = {
    "standard": _BRAIN,
    "reduced": tuple(key for key in _BRAIN if key != "t1"),
    "cord": _CORD,
    "brain-cord": _BRAIN + _CORD,
}
"""What each programme requires (sentences SQ-1 to SQ-3), after a localizer of each part."""

OPTIONAL: dict[str, tuple[str, ...]] = {
    "brain": ("t1-gd", "t2", "t2-3d", "dti", "t2star", "swi", "dir"),
    "cord": ("cord-t1-gd", "cord-t2star", "cord-t1-gd-axial", "cord-stir"),
}
"""What the protocol calls optional (SQ-4 and SQ-5), by part."""

NEEDS_GADOLINIUM = frozenset({"t1-gd", "cord-t1-gd", "cord-t1-gd-axial", "perfusion"})

AROUND: dict[str, tuple[str, ...]] = {
    "brain": ("fieldmap", "phase", "mip", "fa", "tof", "bold", "perfusion", "mpr", "screenshot"),
    "cord": (),
    "other": ("knee",),
}
"""What real life puts beside a protocol: no sentence asks for it."""

COMPOSED = "cord-t2-composed"

ORDER = (
    "localizer", "t1", "fieldmap", "dwi", "adc", "dti", "fa", "t2", "t2star", "swi", "phase",
    "mip", "tof", "bold", "perfusion", "flair", "t2-3d", "dir", "t1-gd", "mpr", "screenshot",
    "cord-localizer", "cord-t2-1", "cord-t2-2", "cord-t2-3", COMPOSED, "cord-stir",
    "cord-t2star", "cord-t1-gd", "cord-t1-gd-axial", "knee",
)  # fmt: skip
"""The brain before the cord (FU-2); what may wait before the injection comes before it."""

INJECTED_BEFORE = ("perfusion", "flair", "t1-gd", "cord-t1-gd", "cord-t1-gd-axial")
"""The contrast agent is given just before the first of these: before the FLAIR (GD-8)."""

_Thing = TypeVar("_Thing")

Writer = Callable[
    [Examination, Sequence, UidPlan, Pixels | None], Iterator[tuple[str, FileDataset]]
]
"""Makes the objects of one sequence that reach the network, each with the name of its file.

They come in the order in which the scanner sends them; without pixels they are headers alone. A
data set may be used again for the next object.
"""


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
    "ge": Vendor(ge.SCANNER, ge.SEQUENCES, ge.ALTERNATIVES, ge.image_files),
    "philips": Vendor(
        philips.SCANNER, philips.SEQUENCES, philips.ALTERNATIVES, philips.image_files
    ),
    "canon": Vendor(canon.SCANNER, canon.SEQUENCES, canon.ALTERNATIVES, canon.image_files),
    "siemens-xa": Vendor(
        siemens_xa.SCANNER,
        siemens_xa.SEQUENCES,
        siemens_xa.ALTERNATIVES,
        siemens_xa.image_files,
    ),
    "philips-enhanced": Vendor(
        philips_enhanced.SCANNER,
        philips_enhanced.SEQUENCES,
        philips_enhanced.ALTERNATIVES,
        philips_enhanced.image_files,
    ),
    "canon-enhanced": Vendor(
        canon_enhanced.SCANNER,
        canon_enhanced.SEQUENCES,
        canon_enhanced.ALTERNATIVES,
        canon_enhanced.image_files,
    ),
    "siemens-xa-classic": Vendor(
        siemens_xa_classic.SCANNER,
        siemens_xa_classic.SEQUENCES,
        siemens_xa_classic.ALTERNATIVES,
        siemens_xa_classic.image_files,
    ),
}


def parts(programme: str) -> tuple[str, ...]:
    """The parts of the body that a programme images: brain, cord, or both."""
    has_cord = "cord-localizer" in PROGRAMMES[programme]
    has_brain = "localizer" in PROGRAMMES[programme]
    return ("brain",) * has_brain + ("cord",) * has_cord


def known(what: str, name: str, choice: Mapping[str, _Thing]) -> _Thing:
    """The thing of this name. Raises `SettingsError`, listing the known names."""
    if name not in choice:
        names = ", ".join(sorted(choice))
        raise SettingsError(f"unknown {what} {name!r}: choose among {names}")
    return choice[name]
