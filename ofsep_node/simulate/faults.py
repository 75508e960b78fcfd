"""What can be wrong with an examination: a closed catalogue, each fault one deliberate departure.

A fault edits the description of the examination; rules are named as the protocol edition names
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Listed
from dataclasses import dataclass, replace

from ofsep_node.domain.verdict import Message
from ofsep_node.errors import SettingsError
from ofsep_node.simulate.examination import Examination, Sequence, Slab

Edit = Callable[[Examination], Examination]


@dataclass(frozen=True, slots=True)
class Fault:
    """One departure from a compliant examination.

    `fails` and `undetermined` are the rules that judge the departure itself; that a sequence the
    programme requires is then not met may follow from them. Both empty: the node must not be
    misled. `withholds` is true when the objects that are written are those of the faultless
    examination, byte for byte. Faults of one `aspect` exclude each other.
    """

    name: str
    label: Message
    effect: str
    edit: Edit
    fails: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()
    withholds: bool = False
    aspect: str = ""


def _edited(key: str, change: Callable[[Sequence], Sequence]) -> Edit:
    def edit(examination: Examination) -> Examination:
        return examination.with_sequence(change(_sequence(examination, key)))

    return edit


def _sequence(examination: Examination, key: str) -> Sequence:
    sequence = examination.sequence(key)
    if sequence is None:
        raise LookupError(key)
    return sequence


def _slabs(key: str, change: Callable[[Slab], Slab]) -> Edit:
    return _edited(key, lambda s: s.with_slabs(*map(change, s.slabs)))


def _diffusion(change: Callable[[Slab], Slab]) -> Edit:
    """The DWI, and the ADC map where there is one, since it is computed from it."""

    def edit(examination: Examination) -> Examination:
        changed = _slabs("dwi", change)(examination)
        return changed if changed.sequence("adc") is None else _slabs("adc", change)(changed)

    return edit


def _missing(key: str) -> Edit:
    def edit(examination: Examination) -> Examination:
        return examination.without(_sequence(examination, key).key)

    return edit


def _flair_2d(examination: Examination) -> Examination:
    flair = _sequence(examination, "flair")
    other = replace(
        examination.alternatives["flair-2d"], number=flair.number, start_s=flair.start_s
    )
    return examination.with_sequence(other)


def _lost_in_the_middle(sequence: Sequence) -> Sequence:
    middle = sequence.images // 2
    return replace(sequence, lost=sequence.lost | {middle - 1, middle, middle + 1})


def _lost_at_the_end(sequence: Sequence) -> Sequence:
    kept = sequence.images - sequence.images // 3
    return replace(sequence, lost=sequence.lost | set(range(kept, sequence.images)))


def _one_tesla(examination: Examination) -> Examination:
    scanner = replace(examination.scanner, field_t=1.0, actual_field_t=1.0)
    return replace(examination, scanner=scanner)


def _abdomen(examination: Examination) -> Examination:
    sequences = tuple(replace(s, body_part="ABDOMEN") for s in examination.sequences)
    return replace(examination, sequences=sequences)


_REQUIRED = ("brain-required-sequences",)

_CATALOGUE = (
    Fault(
        "flair-2d",
        Message("FLAIR acquis en 2D, coupes de 5 mm", "FLAIR acquired in 2D, 5 mm slices"),
        "The 3D FLAIR is replaced by an axial 2D FLAIR with slices of 5 mm every 6 mm.",
        _flair_2d,
        fails=(*_REQUIRED, "thickness-2d"),
        aspect="which FLAIR",
    ),
    Fault(
        "flair-thick",
        Message("3D FLAIR en coupes de 1,5 mm", "3D FLAIR with 1.5 mm slices"),
        "The 3D FLAIR has slices of 1.5 mm, without gap, over the same extent.",
        _slabs("flair", lambda slab: slab.resliced(1.5, 1.5)),
        fails=("voxel-3d",),
        aspect="which FLAIR",
    ),
    Fault(
        "flair-gap",
        Message("3D FLAIR avec un espace entre les coupes", "3D FLAIR with a gap between slices"),
        "The 3D FLAIR has slices of 0.8 mm every 1 mm: a gap of 0.2 mm.",
        _slabs("flair", lambda slab: slab.resliced(0.8, 1.0)),
        fails=("no-gap-3d",),
        aspect="which FLAIR",
    ),
    Fault(
        "t1-thick",
        Message("3D T1 en coupes de 1,5 mm", "3D T1 with 1.5 mm slices"),
        "The 3D T1 has slices of 1.5 mm, without gap, over the same extent.",
        _slabs("t1", lambda slab: slab.resliced(1.5, 1.5)),
        fails=("voxel-3d",),
    ),
    Fault(
        "dwi-thick",
        Message("Diffusion en coupes de 5 mm", "DWI with 5 mm slices"),
        "DWI and ADC map have slices of 5 mm, without gap, over the same extent.",
        _diffusion(lambda slab: slab.resliced(5.0, 5.0)),
        fails=("thickness-2d",),
    ),
    Fault(
        "dwi-coarse",
        Message("Diffusion à 2 mm dans le plan", "DWI with 2 mm pixels"),
        "DWI and ADC map have pixels of 2 mm over the same field of view.",
        _diffusion(lambda slab: slab.resampled(2.0)),
        fails=("in-plane-2d",),
    ),
    Fault(
        "field-1t",
        Message("IRM à 1 T", "1 T scanner"),
        "The magnetic field is 1 T, in every series.",
        _one_tesla,
        fails=("field-strength",),
    ),
    Fault(
        "wrong-body-part",
        Message("BodyPartExamined faux (ABDOMEN)", "Wrong BodyPartExamined (ABDOMEN)"),
        "BodyPartExamined says ABDOMEN in every series; the images are of the head all the same.",
        _abdomen,
    ),
    Fault(
        "no-thickness",
        Message("Épaisseur de coupe absente du FLAIR", "SliceThickness absent from the FLAIR"),
        "The headers of the FLAIR carry no SliceThickness (0018,0050).",
        _edited("flair", lambda s: replace(s, absent=(*s.absent, "SliceThickness"))),
        undetermined=("voxel-3d", "no-gap-3d"),
    ),
    Fault(
        "no-flair",
        Message("Pas de FLAIR", "No FLAIR"),
        "The FLAIR is not there.",
        _missing("flair"),
        fails=_REQUIRED,
        withholds=True,
    ),
    Fault(
        "no-adc",
        Message("Pas de carte ADC", "No ADC map"),
        "The ADC map is not there.",
        _missing("adc"),
        fails=_REQUIRED,
        withholds=True,
    ),
    Fault(
        "no-dwi",
        Message("Pas de diffusion", "No DWI"),
        "The DWI is not there; its ADC map is.",
        _missing("dwi"),
        fails=_REQUIRED,
        withholds=True,
    ),
    Fault(
        "no-t1",
        Message("Pas de 3D T1", "No 3D T1"),
        "The 3D T1 is not there.",
        _missing("t1"),
        fails=_REQUIRED,
        withholds=True,
    ),
    Fault(
        "missing-slices",
        Message("Trois coupes manquent au milieu du 3D T1", "Three slices missing amid the 3D T1"),
        "Three neighbouring slices in the middle of the 3D T1 were never sent.",
        _edited("t1", _lost_in_the_middle),
        fails=(*_REQUIRED, "series-complete"),
        withholds=True,
    ),
    Fault(
        "truncated-series",
        Message("Le dernier tiers du FLAIR manque", "The last third of the FLAIR is missing"),
        "The last third of the images of the FLAIR were never sent.",
        _edited("flair", _lost_at_the_end),
        fails=(*_REQUIRED, "series-complete"),
        withholds=True,
    ),
    Fault(
        "duplicated-series",
        Message("Le FLAIR est envoyé deux fois", "The FLAIR is sent twice"),
        "Every object of the FLAIR is there twice, identical to the last byte.",
        _edited("flair", lambda s: replace(s, resent=True)),
        withholds=True,
    ),
)

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _CATALOGUE}
"""Every fault by its name, in the order in which they are applied."""


def chosen_faults(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults of these names, each once, in the order of the catalogue.

    Raises `SettingsError` for a name that is not in the catalogue, or two that exclude each other.
    """
    wanted = dict.fromkeys(names)
    for name in wanted:
        if name not in FAULTS:
            known = ", ".join(sorted(FAULTS))
            raise SettingsError(f"unknown fault {name!r}: choose among {known}")
    chosen = tuple(fault for name, fault in FAULTS.items() if name in wanted)
    _refuse_contradictions(chosen)
    return chosen


def _refuse_contradictions(faults: Listed[Fault]) -> None:
    by_aspect: dict[str, Fault] = {}
    for fault in faults:
        other = by_aspect.setdefault(fault.aspect, fault) if fault.aspect else fault
        if other is not fault:
            raise SettingsError(
                f"faults {other.name!r} and {fault.name!r} exclude each other: choose one of them"
            )


def apply_faults(examination: Examination, faults: Listed[Fault]) -> Examination:
    """The examination with the faults in it.

    Raises `SettingsError` when a fault concerns a sequence that is not in the examination.
    """
    for fault in faults:
        try:
            examination = fault.edit(examination)
        except LookupError as absent:
            raise SettingsError(
                f"fault {fault.name!r} needs the sequence {absent.args[0]!r}, which this"
                " examination has not: choose another programme or leave the fault out"
            ) from None
    return examination
