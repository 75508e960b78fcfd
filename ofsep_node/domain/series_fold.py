"""A series' instances folded together as they arrive, without keeping them.

`SeriesFold` takes instances one by one at a cost that does not depend on how many came before;
`SeriesFold.facts()` is what they make together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ofsep_node.domain.geometry import Vector, parallel
from ofsep_node.domain.instance import (
    Acquisition,
    Concatenation,
    Contrast,
    DiffusionNumber,
    InstanceFacts,
    Stack,
    Volume,
)
from ofsep_node.domain.series import (
    Concatenated,
    DiffusionNumbers,
    SeriesFacts,
    SeriesVolume,
    ranked,
)

_ACQUISITION_FIELDS = tuple(f.name for f in fields(Acquisition))
_CONTRAST_FIELDS = tuple(f.name for f in fields(Contrast))


@dataclass(slots=True)
class _OpenVolume:
    stack: Stack
    volume: Volume
    positions: list[Vector] = field(default_factory=list)
    frames: int = 0
    announced: int | None = None
    closed: SeriesVolume | None = None  # as it stood when it was last looked at

    def add(self, stack: Stack, volume: Volume) -> None:
        self.positions.extend(stack.positions_mm)
        self.frames += volume.frames
        self.announced = max(self.announced or 0, volume.announced_planes or 0) or None
        self.closed = None

    def as_it_stands(self, *, without_b_value_is_b0: bool) -> SeriesVolume:
        """The same object again as long as nothing was added."""
        b_value = self.volume.b_value
        if b_value is None and without_b_value_is_b0:
            b_value = 0.0
        if self.closed is None or self.closed.b_value != b_value:
            self.closed = _close(self, b_value)
        return self.closed


class SeriesFold:
    """Takes the instances of one series in any order.

    Attributes are counted, so that one deviant image does not speak for the series (Philips
    writes a wrong MRAcquisitionType on some images of a series).
    """

    def __init__(self, study_instance_uid: str, series_instance_uid: str) -> None:
        self.study_instance_uid = study_instance_uid
        self.series_instance_uid = series_instance_uid
        self.instances = 0
        self._sop_classes: Counter[str] = Counter()
        self._acquisition: dict[str, Counter[Any]] = {n: Counter() for n in _ACQUISITION_FIELDS}
        self._contrast: dict[str, Counter[Any]] = {n: Counter() for n in _CONTRAST_FIELDS}
        self._image_types: Counter[tuple[str, ...]] = Counter()
        self._instance_numbers: list[int] = []  # sorted, distinct
        self._announced_frames: int | None = None
        self._times: tuple[str, str] | None = None
        self._volumes: dict[tuple[Any, ...], list[_OpenVolume]] = {}
        # In a diffusion series, images without a b-value are its b0: Toshiba leaves that of b0
        # out, and Philips' 0.0, which stands on every series of theirs, means something only
        # beside others.
        self._is_diffusion = False
        self._frames_of_reference: set[str | None] = set()
        self._dimensions: list[set[int]] = []
        self._concatenations: dict[str | None, Concatenated] = {}
        self._diffusion_numbers: dict[str, DiffusionNumbers] = {}
        self._remarks: dict[str, None] = {}

    def add(self, instance: InstanceFacts) -> None:
        """Fold one more instance in."""
        self.instances += 1
        self._sop_classes[instance.sop_class_uid] += 1
        _count(self._acquisition, instance.acquisition)
        _count(self._contrast, instance.contrast)
        if instance.image_type:
            self._image_types[instance.image_type] += 1
        if instance.instance_number is not None:
            _insert(self._instance_numbers, instance.instance_number)
        if instance.number_of_frames is not None:
            self._announced_frames = (self._announced_frames or 0) + instance.number_of_frames
        if instance.acquired_at:
            first, last = self._times or (instance.acquired_at, instance.acquired_at)
            self._times = (min(first, instance.acquired_at), max(last, instance.acquired_at))
        self._add_dimensions(instance.dimension_indices)
        if instance.concatenation is not None:
            self._add_part(instance.concatenation)
        for number in instance.diffusion_numbers:
            self._add_number(number)
        self._remarks.update(dict.fromkeys(instance.remarks))
        self._frames_of_reference.add(instance.frame_of_reference_uid)
        for volume in instance.volumes:
            self._add_volume(instance.stacks[volume.stack], volume)

    def _add_dimensions(self, dimension_indices: tuple[tuple[int, ...], ...]) -> None:
        for dimension, values in enumerate(dimension_indices):
            if dimension == len(self._dimensions):
                self._dimensions.append(set())
            self._dimensions[dimension].update(values)

    def _add_part(self, part: Concatenation) -> None:
        known = self._concatenations.get(part.uid, Concatenated((), None))
        parts = {*known.parts} if part.number is None else {*known.parts, part.number}
        total = max(known.total or 0, part.total or 0) or None
        self._concatenations[part.uid] = Concatenated(tuple(sorted(parts)), total)

    def _add_number(self, number: DiffusionNumber) -> None:
        known = self._diffusion_numbers.get(number.of)
        there = known.there if known else frozenset()
        announced = max(known.announced if known else 0, number.announced)
        if known is None or number.number not in there or announced > known.announced:
            self._diffusion_numbers[number.of] = DiffusionNumbers(
                number.of, there | {number.number}, announced
            )

    def _add_volume(self, stack: Stack, volume: Volume) -> None:
        alike = self._volumes.setdefault(_volume_key(stack, volume), [])
        opened = next((v for v in alike if _parallel(v.stack, stack)), None)
        if opened is None:
            opened = _OpenVolume(stack, volume)
            alike.append(opened)
        opened.add(stack, volume)
        self._is_diffusion = self._is_diffusion or bool(volume.b_value)

    def facts(self) -> SeriesFacts:
        """The series as it stands now."""
        volumes = tuple(
            volume.as_it_stands(without_b_value_is_b0=self._is_diffusion)
            for alike in self._volumes.values()
            for volume in alike
        )
        return SeriesFacts(
            study_instance_uid=self.study_instance_uid,
            series_instance_uid=self.series_instance_uid,
            instances=self.instances,
            frames=sum(v.frames for v in volumes),
            sop_class_uids=tuple(ranked(self._sop_classes)),
            acquisition=Acquisition(**_majority(self._acquisition)),
            varying={n: dict(c) for n, c in self._acquisition.items() if len(c) > 1},
            contrast=Contrast(**_majority(self._contrast)),
            image_type=ranked(self._image_types)[0] if self._image_types else (),
            instance_numbers=tuple(self._instance_numbers),
            unsaid=_unsaid(self._acquisition, self.instances),
            announced_frames=self._announced_frames,
            acquired_at=self._times,
            volumes=volumes,
            dimension_indices=tuple(tuple(sorted(d)) for d in self._dimensions),
            concatenations=tuple(self._concatenations.values()),
            diffusion_numbers=tuple(self._diffusion_numbers.values()),
            remarks=tuple(self._remarks),
            frame_of_reference_uid=_only(self._frames_of_reference),
        )


def _only(frames: Collection[str | None]) -> str | None:
    return next(iter(frames)) if len(frames) == 1 else None


def _insert(numbers: list[int], number: int) -> None:
    """Into a sorted list, unless it is there; at its end, mostly."""
    at = bisect_left(numbers, number)
    if at == len(numbers) or numbers[at] != number:
        numbers.insert(at, number)


def _count(counters: dict[str, Counter[Any]], record: Acquisition | Contrast) -> None:
    for name, counter in counters.items():
        value = getattr(record, name)
        if value is not None and value != ():
            counter[value] += 1


def _majority(counters: dict[str, Counter[Any]]) -> dict[str, Any]:
    return {name: ranked(c)[0] for name, c in counters.items() if c}


def _rounded(values: tuple[float, ...] | None, digits: int) -> tuple[float, ...] | None:
    return None if values is None else tuple(round(v, digits) + 0.0 for v in values)


def _volume_key(stack: Stack, volume: Volume) -> tuple[Any, ...]:
    """What makes two frames planes of the same volume, tolerant of the last written digits."""
    return (
        stack.rows,
        stack.columns,
        _rounded(stack.pixel_spacing_mm, 3),
        None if stack.slice_thickness_mm is None else round(stack.slice_thickness_mm, 2),
        volume.image_type,
        None if volume.echo_time_ms is None else round(volume.echo_time_ms, 1),
        None if volume.b_value is None else round(volume.b_value),
        _rounded(volume.direction, 3),
        volume.directionality,
        volume.temporal_position,
    )


def _unsaid(counters: Mapping[str, Counter[Any]], instances: int) -> frozenset[str]:
    return frozenset(n for n, counter in counters.items() if counter.total() < instances)


def _parallel(a: Stack, b: Stack) -> bool:
    if a.orientation is None or b.orientation is None:
        return a.orientation is b.orientation
    return parallel(a.orientation, b.orientation)


def _close(opened: _OpenVolume, b_value: float | None) -> SeriesVolume:
    first, volume = opened.stack, opened.volume
    return SeriesVolume(
        stack=replace(first, positions_mm=tuple(opened.positions)),
        frames=opened.frames,
        image_type=volume.image_type,
        echo_time_ms=volume.echo_time_ms,
        b_value=b_value,
        direction=volume.direction,
        directionality=volume.directionality,
        temporal_position=volume.temporal_position,
        announced_planes=opened.announced,
    )
