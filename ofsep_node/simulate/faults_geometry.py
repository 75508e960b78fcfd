"""Faults of the images' geometry: voxels, slices, planes, stations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ofsep_node.domain.geometry import Vector
from ofsep_node.domain.verdict import Message
from ofsep_node.simulate.examination import CORONAL, Diffusion, Examination, Sequence, Slab, axial
from ofsep_node.simulate.fault import (
    REQUIRED,
    Edit,
    Fault,
    each,
    edited,
    reshaped,
    sequence_of,
    with_derived,
)
from ofsep_node.simulate.repertoire import directions
from ofsep_node.simulate.request import Request

_CORD = Request(programme="cord")
_DTI = Request(optional=("dti",))
_OTHER_TILT_DEG = 0.0  # 12 degrees from the other axial series


def _flair_2d(examination: Examination) -> Examination:
    flair = sequence_of(examination, "flair")
    other = replace(
        examination.alternatives["flair-2d"],
        key="flair",
        number=flair.number,
        start_s=flair.start_s,
        gadolinium=flair.gadolinium,
    )
    return examination.with_sequence(other)


def _shifted(slab: Slab, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Slab:
    cx, cy, cz = slab.centre_mm
    return replace(slab, centre_mm=(cx + x, cy + y, cz + z))


def _coronal(slab: Slab) -> Slab:
    return replace(slab, orientation=CORONAL)


def _measured(slab: Slab, pixel_mm: float, acquired_mm: float) -> Slab:
    return replace(slab.resampled(pixel_mm), acquired_pixel_mm=acquired_mm)


def _cord(key: str) -> bool:
    return key in ("cord-t2-1", "cord-t2-2", "cord-t2-3")


def _cord_slabs(change: Callable[[Slab], Slab]) -> Edit:
    """The sagittal T2 of the cord, all its stations."""

    def changed(sequence: Sequence) -> Sequence:
        is_station = _cord(sequence.key)
        return sequence.with_slabs(*map(change, sequence.slabs)) if is_station else sequence

    def edit(examination: Examination) -> Examination:
        sequence_of(examination, "cord-t2-1")
        return each(changed)(examination)

    return edit


def _upper_station_only(examination: Examination) -> Examination:
    first = sequence_of(examination, "cord-t2-1")
    kept = (s for s in examination.sequences if s is first or not _cord(s.key))
    return replace(examination, sequences=tuple(kept))


def _scheme(scheme: tuple[Vector, ...]) -> Edit:
    """The DTI with other directions, at its b-value."""

    def change(sequence: Sequence) -> Sequence:
        b0, first = sequence.diffusion[0], sequence.diffusion[1]
        volumes = (replace(first, direction=d, sequence_name=_numbered(first, n))
                   for n, d in enumerate(scheme, start=1))  # fmt: skip
        return replace(sequence, diffusion=(b0, *volumes))

    return edited("dti", change)


def _numbered(volume: Diffusion, number: int) -> str:
    stem, mark, _ = volume.sequence_name.partition("#")
    return f"{stem}#{number}" if mark else stem


def _both_ways(lines: int) -> tuple[Vector, ...]:
    """Every line twice, there and back."""
    return tuple(v for x, y, z in directions(lines) for v in ((x, y, z), (-x, -y, -z)))


FAULTS = (
    Fault(
        "flair-2d",
        Message("FLAIR acquis en 2D, coupes de 5 mm", "FLAIR acquired in 2D, 5 mm slices"),
        "The 3D FLAIR is replaced by an axial 2D FLAIR with slices of 5 mm every 6 mm.",
        _flair_2d,
        fails=(*REQUIRED, "thickness-2d"),
        aspect="which FLAIR",
    ),
    Fault(
        "flair-thick",
        Message("3D FLAIR en coupes de 1,5 mm", "3D FLAIR with 1.5 mm slices"),
        "The 3D FLAIR has slices of 1.5 mm, without gap, over the same extent.",
        reshaped("flair", lambda slab: slab.resliced(1.5, 1.5)),
        fails=("voxel-3d",),
        aspect="which FLAIR",
    ),
    Fault(
        "flair-gap",
        Message("3D FLAIR avec un espace entre les coupes", "3D FLAIR with a gap between slices"),
        "The 3D FLAIR has slices of 0.8 mm every 1 mm: a gap of 0.2 mm.",
        reshaped("flair", lambda slab: slab.resliced(0.8, 1.0)),
        fails=("no-gap-3d",),
        aspect="which FLAIR",
    ),
    Fault(
        "t1-thick",
        Message("3D T1 en coupes de 1,5 mm", "3D T1 with 1.5 mm slices"),
        "The 3D T1 has slices of 1.5 mm, without gap, over the same extent.",
        reshaped("t1", lambda slab: slab.resliced(1.5, 1.5)),
        fails=("voxel-3d",),
        aspect="voxel of the T1",
    ),
    Fault(
        "t1-interpolated",
        Message("3D T1 interpolé à 0,5 mm", "3D T1 interpolated to 0.5 mm"),
        "The 3D T1 is measured at 1 mm and stored with pixels of 0.5 mm: nothing is wrong.",
        reshaped("t1", lambda slab: _measured(slab, 0.5, 1.0)),
        aspect="voxel of the T1",
    ),
    Fault(
        "t1-measured-coarsely",
        Message("3D T1 mesuré à 2 mm, affiché à 1 mm", "3D T1 measured at 2 mm, shown at 1 mm"),
        "The 3D T1 is measured with pixels of 2 mm and interpolated to 1 mm.",
        reshaped("t1", lambda slab: _measured(slab, 1.0, 2.0)),
        fails=("voxel-3d",),
        aspect="voxel of the T1",
    ),
    Fault(
        "dwi-thick",
        Message("Diffusion en coupes de 5 mm", "DWI with 5 mm slices"),
        "DWI and ADC map have slices of 5 mm, without gap, over the same extent.",
        with_derived("dwi", "adc", lambda slab: slab.resliced(5.0, 5.0)),
        fails=("thickness-2d",),
    ),
    Fault(
        "dwi-coarse",
        Message("Diffusion à 2 mm dans le plan", "DWI with 2 mm pixels"),
        "DWI and ADC map have pixels of 2 mm over the same field of view.",
        with_derived("dwi", "adc", lambda slab: slab.resampled(2.0)),
        fails=("in-plane-2d",),
    ),
    Fault(
        "dwi-coronal",
        Message("Diffusion en coupes coronales", "Coronal DWI"),
        "DWI and ADC map are coronal.",
        with_derived("dwi", "adc", _coronal),
        fails=(*REQUIRED, "axial-plane"),
        entails=("adc-pairs-with-dwi",),
    ),
    Fault(
        "adc-elsewhere",
        Message("Carte ADC d'une autre géométrie que la diffusion", "ADC map lies elsewhere"),
        "The ADC map lies 7.5 mm above its DWI: it belongs to another acquisition.",
        reshaped("adc", lambda slab: _shifted(slab, z=7.5)),
        fails=("adc-pairs-with-dwi",),
    ),
    Fault(
        "t2-tilted",
        Message("T2 axial incliné de 12° par rapport à la diffusion", "Axial T2 tilted by 12°"),
        "The axial T2 lies 12 degrees from the plane of the other axial series.",
        reshaped("t2", lambda slab: replace(slab, orientation=axial(_OTHER_TILT_DEG))),
        fails=("bicallosal-plane",),
        shown_in=Request(optional=("t2",)),
    ),
    Fault(
        "dti-coarse",
        Message("DTI à 2,5 mm", "DTI with 2.5 mm voxels"),
        "The DTI has voxels of 2.5 mm.",
        reshaped("dti", lambda slab: slab.resliced(2.5, 2.5).resampled(2.5)),
        fails=("dti-voxel",),
        shown_in=_DTI,
        aspect="voxel of the DTI",
    ),
    Fault(
        "dti-gap",
        Message("DTI avec un espace entre les coupes", "DTI with a gap between slices"),
        "The DTI has slices of 2 mm every 2.4 mm: a gap of 0.4 mm.",
        reshaped("dti", lambda slab: slab.resliced(2.0, 2.4)),
        fails=("dti-gap",),
        shown_in=_DTI,
        aspect="voxel of the DTI",
    ),
    Fault(
        "dti-12-directions",
        Message("DTI à 12 directions", "DTI with 12 directions"),
        "The DTI has 12 directions.",
        _scheme(directions(12)),
        fails=("dti-directions",),
        shown_in=_DTI,
        aspect="directions",
    ),
    Fault(
        "dti-15-lines",
        Message("DTI à 30 directions, deux à deux opposées", "DTI with 15 antipodal pairs"),
        "The DTI has 30 directions, in pairs of opposites: 15 distinct ones, which is enough.",
        _scheme(_both_ways(15)),
        shown_in=_DTI,
        aspect="directions",
    ),
    Fault(
        "dti-14-lines",
        Message("DTI à 28 directions, deux à deux opposées", "DTI with 14 antipodal pairs"),
        "The DTI has 28 directions, in pairs of opposites: 14 distinct ones.",
        _scheme(_both_ways(14)),
        fails=("dti-directions",),
        shown_in=_DTI,
        aspect="directions",
    ),
    Fault(
        "cord-thick",
        Message("T2 médullaire en coupes de 4 mm", "Cord T2 with 4 mm slices"),
        "The sagittal T2 of the cord has slices of 4 mm every 4.4 mm.",
        _cord_slabs(lambda slab: slab.resliced(4.0, 4.4)),
        fails=("thickness-cord",),
        entails=("cord-required-sequences",),
        shown_in=_CORD,
    ),
    Fault(
        "cord-coronal",
        Message("T2 médullaire en coupes coronales", "Coronal T2 of the cord"),
        "The T2 of the cord is coronal.",
        _cord_slabs(_coronal),
        fails=("cord-required-sequences", "sagittal-plane"),
        entails=("whole-cord",),
        shown_in=_CORD,
        aspect="stations",
    ),
    Fault(
        "cord-one-station",
        Message("Une seule station médullaire", "One station of the cord"),
        "Only the upper station of the cord was acquired.",
        _upper_station_only,
        fails=("whole-cord",),
        withholds=True,
        shown_in=_CORD,
        aspect="stations",
    ),
    Fault(
        "cord-hole",
        Message("Un trou entre les stations médullaires", "A hole between stations of the cord"),
        "The second station lies 80 mm lower: some 41 mm of the cord are in no image.",
        reshaped("cord-t2-2", lambda slab: _shifted(slab, z=-80.0)),
        fails=("whole-cord",),
        shown_in=_CORD,
        aspect="stations",
    ),
)
