"""Whether a series is all there, held against what its own headers announce.

A series is complete only when something announces how much there should be and all of it is
there. With nothing announced and nothing visibly missing, the answer is None: not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ofsep_node.domain.measurement import hidden_directions
from ofsep_node.domain.performed_step import AnnouncedSeries
from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.verdict import Message


@dataclass(frozen=True, slots=True)
class Completeness:
    """`complete` is None when no header announces the count and nothing is visibly missing."""

    complete: bool | None
    images: int
    announced: int | None
    faults: tuple[Message, ...]


def completeness(series: SeriesFacts, performed: AnnouncedSeries | None = None) -> Completeness:
    """Hold a series against itself, the counts its headers announce, and those of its scanner.

    `performed` is what the scanner said when it had made the series, if it did.
    """
    return _as_performed(_by_its_headers(series), performed)


def _as_performed(found: Completeness, performed: AnnouncedSeries | None) -> Completeness:
    """A scanner names every object it made: what it counts are objects, not images.

    All objects of a series that was broken off are not the whole series.
    """
    if performed is None or not performed.announced:
        return found
    if performed.missing:
        return replace(found, complete=False, faults=(*found.faults, _not_come(performed)))
    shown = found.complete is None and performed.carried_through
    return replace(found, complete=True) if shown else found


def _not_come(performed: AnnouncedSeries) -> Message:
    arrived, announced = performed.arrived, performed.announced
    return Message(
        fr=f"{arrived} objets reçus sur {announced} annoncés par l'appareil (MPPS)",
        en=f"{arrived} of {announced} objects that the scanner announced (MPPS)",
    )


def _by_its_headers(series: SeriesFacts) -> Completeness:
    announced = announced_images(series)
    faults = [
        *_short_counts(series, announced),
        *_ragged_volumes(series),
        *_holes(series),
        *_missing_indices(series),
        *_missing_parts(series),
        *_missing_gradients(series),
        *_uneven_volumes(series),
    ]
    if announced is None or _holds_mosaics(series):
        faults.extend(_missing_numbers(series))
    if announced is not None and series.frames >= announced:
        faults.extend(_short_volumes(series))
    if faults:
        return Completeness(False, series.frames, announced, tuple(faults))
    shown = announced is not None and _can_be_counted(series)
    return Completeness(True if shown else None, series.frames, announced, ())


def _holds_mosaics(series: SeriesFacts) -> bool:
    """Every number is a whole volume, that of a repeated acquisition too."""
    return series.frames > series.instances and not series.announced_frames


def _can_be_counted(series: SeriesFacts) -> bool:
    """Whether images that came twice, and planes that did not come, would have been seen."""
    if not all(v.offsets_mm() for v in series.volumes):
        return False
    if any(c.total is None for c in series.concatenations):
        return False
    if (series.acquisition.temporal_positions or 1) > 1 and "DERIVED" not in series.image_type:
        return any(v.temporal_position is not None for v in series.volumes)
    # NumberOfFrames speaks of one object; only the dimensions tell whether there are others.
    return series.frames == series.instances or bool(_announced(series) or series.dimension_indices)


def announced_images(series: SeriesFacts) -> int | None:
    """How many images (frames) the headers say the series has; None when they do not say."""
    counts = _announced(series)
    if series.announced_frames and series.announced_frames > series.instances:
        # Multi-frame objects: each is a whole volume at least. NumberOfFrames 1 announces nothing.
        counts.append(series.announced_frames)
    return max(counts, default=None)


def _announced(series: SeriesFacts) -> list[int]:
    """The counts that headers announce of an acquisition, or of each of its volumes."""
    counts = [series.acquisition.images_in_acquisition or 0]
    per_volume = [v.announced_planes or 0 for v in series.volumes]
    if all(per_volume):
        counts.append(sum(per_volume))
    return [n for n in counts if n]


def _short_counts(series: SeriesFacts, announced: int | None) -> Iterator[Message]:
    if announced is not None and series.frames < announced:
        yield Message(
            fr=f"{series.frames} images sur {announced} annoncées",
            en=f"{series.frames} of {announced} announced images",
        )
    points = series.acquisition.temporal_positions
    present = len({v.temporal_position for v in series.volumes} - {None})
    if points and present and present < points and "DERIVED" not in series.image_type:
        yield Message(
            fr=f"{present} points temporels sur {points} annoncés",
            en=f"{present} of {points} announced time points",
        )


def _ragged_volumes(series: SeriesFacts) -> Iterator[Message]:
    """Echoes, b-values and directions of one acquisition have the same number of planes each."""
    planes = [len(v.offsets_mm()) for v in series.volumes if v.stack.orientation is not None]
    most = max(planes, default=0)
    short = sum(1 for n in planes if n < most)
    if short:
        fewest = min(planes)
        yield Message(
            fr=f"{short} volumes sur {len(planes)} ont moins de {most} coupes (au moins {fewest})",
            en=f"{short} of {len(planes)} volumes have fewer than {most} slices ({fewest} at least)",
        )


def _holes(series: SeriesFacts) -> Iterator[Message]:
    missing = max((v.missing_planes for v in series.volumes), default=0)
    if missing:
        yield Message(
            fr=f"{missing} coupes manquent entre les positions reçues",
            en=f"{missing} slices are missing between the positions received",
        )


def _short_volumes(series: SeriesFacts) -> Iterator[Message]:
    """An image that came twice makes up for none that did not come."""
    counted = [(len(v.offsets_mm()), v.announced_planes or 0) for v in series.volumes]
    present, planes = min(counted, key=lambda c: c[0] - c[1], default=(0, 0))
    if 0 < present < planes:
        yield Message(
            fr=f"{present} positions de coupe sur {planes} annoncées",
            en=f"{present} of {planes} announced slice positions",
        )


def _uneven_volumes(series: SeriesFacts) -> Iterator[Message]:
    """Repeated acquisitions, and whatever else a header does not tell apart, repeat every plane."""
    if any(len(v.stack.positions_mm) % (len(v.offsets_mm()) or 1) for v in series.volumes):
        yield Message(
            fr="des positions de coupe sont venues plus souvent que d'autres",
            en="some slice positions came more often than others",
        )


def _missing_indices(series: SeriesFacts) -> Iterator[Message]:
    """Dimension indices run from 1 by steps of 1 (PS3.3 C.7.6.17): a hole is a missing frame."""
    for values in series.dimension_indices:
        absent = values[-1] - len(values) if values and values[0] >= 1 else 0
        if absent > 0:
            yield Message(
                fr=f"une dimension va jusqu'à {values[-1]}, {absent} de ses valeurs manquent",
                en=f"a dimension runs to {values[-1]}, {absent} of its values are missing",
            )


def _missing_parts(series: SeriesFacts) -> Iterator[Message]:
    """Each part of a concatenation announces the frames of that part alone."""
    for concatenation in series.concatenations:
        there = len(concatenation.parts)
        total = max(concatenation.total or 0, *concatenation.parts, 0)
        if there < total:
            yield Message(
                fr=f"{there} parties sur {total} d'un objet envoyé en plusieurs (concaténation)",
                en=f"{there} of {total} parts of an object sent in several (concatenation)",
            )


def _missing_gradients(series: SeriesFacts) -> Iterator[Message]:
    """A direction or a b-value that is wholly lost leaves no shorter volume behind.

    Only in a series that shows its directions: of traces and maps, headers repeat what was
    announced of the images they were computed from.
    """
    if not any(v.direction is not None for v in series.volumes):
        return
    for there, announced, words in (*_counted_gradients(series), *_numbered_gradients(series)):
        if there < announced:
            fr, en = _GRADIENT_WORDS[words]
            yield Message(
                fr=f"{there} {fr} sur {announced} annoncées",
                en=f"{there} of {announced} announced {en}",
            )


_GRADIENT_WORDS = {
    "directions": ("directions de diffusion", "diffusion directions"),
    "b-values": ("valeurs de b", "b-values"),
}


def _counted_gradients(series: SeriesFacts) -> Iterator[tuple[int, int, str]]:
    """Distinct directions and b-values, beside their announced numbers."""
    if not any(map(hidden_directions, series.volumes)):
        directions = {v.direction for v in series.volumes} - {None}
        yield len(directions), series.acquisition.diffusion_gradients or 0, "directions"
    yield len(series.b_values), series.acquisition.diffusion_b_values or 0, "b-values"


def _numbered_gradients(series: SeriesFacts) -> Iterator[tuple[int, int, str]]:
    for numbers in series.diffusion_numbers:
        there = sum(1 for n in numbers.there if 1 <= n <= numbers.announced)
        yield there, numbers.announced, numbers.of


def _missing_numbers(series: SeriesFacts) -> Iterator[Message]:
    """InstanceNumber must run from 1 without holes."""
    numbers = series.instance_numbers
    if not numbers or len(numbers) != series.instances:
        return
    absent = numbers[-1] - len(numbers) if numbers[0] >= 1 else 0
    if absent > 0:
        yield Message(
            fr=f"les images vont de {numbers[0]} à {numbers[-1]}, {absent} numéros manquent",
            en=f"images run from {numbers[0]} to {numbers[-1]}, {absent} numbers are missing",
        )
