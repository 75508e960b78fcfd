"""What is measured on one examination: the planes of its axial series, and signal to noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import numpy as np

from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.geometry import Orientation, normal
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.domain.study import ImagingMeasurement
from ofsep_node.domain.verdict import Message, SeriesVerdict, Verdict
from ofsep_node.errors import NotMeasurable, UnreadableObject
from ofsep_node.imaging import noise
from ofsep_node.imaging.planes import first_of_each, read_planes
from ofsep_node.imaging.registration import METHOD, Registration, register
from ofsep_node.imaging.template import bicallosal_normal
from ofsep_node.imaging.volume import LPS_TO_RAS, volume_of

Files = Mapping[str, Sequence[Path]]
"""The files of each series, by its Series Instance UID."""

Item = TypeVar("Item")

ANGLE_METHOD = f"{METHOD}; the sign is that of the tilt about the left-right axis, + where the anterior edge lies too high"
_BEFORE_AFTER = ("no", "unknown", "yes")
_IMAGES = 24
"""So many files, from the middle half of the series, are read for its signal to noise."""


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A series, and why it has no figure; None for what concerns the whole examination."""

    series_instance_uid: str | None
    quantity: str
    reason: Message


Result = ImagingMeasurement | Unmeasured

_NO_REFERENCE = Message(fr="aucun 3D T1 cérébral à recaler", en="no 3D T1 of the brain to register")


def _said(error: NotMeasurable) -> Message:
    return Message(fr=error.fr, en=error.en)


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures, and what could not be measured."""

    found: tuple[ImagingMeasurement, ...]
    refused: tuple[Unmeasured, ...]


def measure(
    verdict: Verdict,
    files: Files,
    axial: Callable[[SeriesIdentity], bool],
    progress: Callable[[str], object] = lambda _: None,
) -> Measured:
    """Measure an examination that has been judged.

    `axial` says of which series the plane is asked; `progress` is told of each step.
    """
    results = [
        *_planes(verdict, files, axial, progress),
        *_noise(verdict, files, progress),
    ]
    return Measured(
        tuple(r for r in results if isinstance(r, ImagingMeasurement)),
        tuple(r for r in results if isinstance(r, Unmeasured)),
    )


def _planes(
    verdict: Verdict,
    files: Files,
    axial: Callable[[SeriesIdentity], bool],
    progress: Callable[[str], object],
) -> Iterator[Result]:
    asked = [s for s in verdict.series if axial(s.identity)]
    if not asked:
        return
    references = sorted(filter(is_reference, verdict.series), key=_preference)
    if not references:
        yield Unmeasured(None, "bicallosal-angle", _NO_REFERENCE)
        return
    registering = _Registering(files, progress)
    for frame, group in _by_frame(asked, files).items():
        elsewhere = [_frame(r, files) != frame for r in references]
        for _, reference in sorted(zip(elsewhere, references, strict=True), key=itemgetter(0)):
            uid = reference.series_instance_uid
            found = registering.of(reference)
            if found is not None:
                yield from (_angle(s, files, found, uid) for s in group)
                break
    yield from registering.refused


class _Registering:
    """Registers each 3D T1 once, whichever series ask for it."""

    def __init__(self, files: Files, progress: Callable[[str], object]) -> None:
        self.refused: list[Unmeasured] = []
        self._files = files
        self._progress = progress
        self._found: dict[str, Registration | None] = {}

    def of(self, reference: SeriesVerdict) -> Registration | None:
        """The registration, None when it cannot be: why is in `refused`."""
        uid = reference.series_instance_uid
        if uid not in self._found:
            self._progress(f"registering series {reference.number}")
            self._found[uid] = self._register(uid)
        return self._found[uid]

    def _register(self, uid: str) -> Registration | None:
        try:
            return register(volume_of(first_of_each(read_planes(self._files.get(uid, ())))))
        except NotMeasurable as error:
            self.refused.append(Unmeasured(uid, "bicallosal-angle", _said(error)))
            return None


def _by_frame(
    series: Sequence[SeriesVerdict], files: Files
) -> dict[str | None, list[SeriesVerdict]]:
    """Series by what their positions are relative to: one T1 tells of one frame of reference."""
    groups: dict[str | None, list[SeriesVerdict]] = {}
    for one in series:
        groups.setdefault(_frame(one, files), []).append(one)
    return groups


def _frame(series: SeriesVerdict, files: Files) -> str | None:
    """FrameOfReferenceUID of a series by the first of its files; whether all agree the judge sees."""
    paths = files.get(series.series_instance_uid, ())
    try:
        return read_facts(paths[0]).frame_of_reference_uid if paths else None
    except UnreadableObject:
        return None


def is_reference(series: SeriesVerdict) -> bool:
    """Whether it is a 3D T1 of the brain, as it was acquired."""
    i = series.identity
    return (i.organ, i.weighting, i.dimension, i.role) == ("brain", "t1", "3D", "original")


def _preference(series: SeriesVerdict) -> tuple[int, bool, int]:
    """Before gadolinium, complete, then the most images."""
    gadolinium = _BEFORE_AFTER.index(series.identity.gadolinium)
    return (gadolinium, series.complete is False, -series.instances)


def _angle(series: SeriesVerdict, files: Files, found: Registration, reference: str) -> Result:
    uid = series.series_instance_uid
    try:
        volume = _facts(uid, files)[0].main_volume
    except NotMeasurable as error:
        return Unmeasured(uid, "bicallosal-angle", _said(error))
    if volume is None or volume.stack.orientation is None:
        reason = Message(
            fr="ImageOrientationPatient absent de l'en-tête",
            en="ImageOrientationPatient is not in the header",
        )
        return Unmeasured(uid, "bicallosal-angle", reason)
    angle = angle_deg(volume.stack.orientation, found)
    return ImagingMeasurement(
        uid, "bicallosal-angle", round(angle, 2), "deg", ANGLE_METHOD, reference
    )


def angle_deg(orientation: Orientation, found: Registration) -> float:
    """Between a plane's normal and the bi-callosal plane's, in degrees.

    Positive when the plane's anterior edge lies further to the head than the bi-callosal plane's.
    """
    x, y, z = LPS_TO_RAS[:3, :3] @ normal(orientation) * (1 if normal(orientation)[2] >= 0 else -1)
    a, b, c = bicallosal_normal(found.to_patient)
    between = math.degrees(math.acos(min(1.0, x * a + y * b + z * c)))
    tilt = math.atan2(-y, z) - math.atan2(-b, c)
    return math.copysign(between, tilt)


def _noise(verdict: Verdict, files: Files, progress: Callable[[str], object]) -> Iterator[Result]:
    for series in verdict.series:
        if series.identity.role == "original":
            progress(f"signal to noise of series {series.number}")
            uid = series.series_instance_uid
            try:
                ratio = _signal_to_noise(uid, files)
            except NotMeasurable as error:
                yield Unmeasured(uid, "signal-to-noise", _said(error))
            else:
                value = round(ratio, 1)
                yield ImagingMeasurement(uid, "signal-to-noise", value, "1", noise.METHOD)


def _signal_to_noise(uid: str, files: Files) -> float:
    facts, paths = _facts(uid, files)
    acquired = facts.acquisition.acquisition_matrix
    if acquired is None:
        raise NotMeasurable(
            "AcquisitionMatrix is not in the header: interpolation would pass for little noise",
            "AcquisitionMatrix absent de l'en-tête : l'interpolation passerait pour peu de bruit",
        )
    planes = first_of_each(read_planes(paths))
    quarter = len(planes) // 4
    middle = planes[quarter : len(planes) - quarter]
    least = min((p.b_value for p in middle), default=0.0)
    images = [p.pixels for p in middle if p.b_value == least]
    return noise.signal_to_noise(spread(images, _IMAGES), acquired)


def _facts(uid: str, files: Files) -> tuple[SeriesFacts, list[Path]]:
    """The series, and of its files some in the middle, one for each position."""
    read = [_read(path) for path in files.get(uid, ())]
    if not read:
        raise NotMeasurable(
            "not all of its files are in the archive",
            "ses fichiers ne sont pas tous dans l'archive",
        )
    fold = SeriesFold(read[0][1].study_instance_uid, uid)
    for _, facts in read:
        fold.add(facts)
    series = fold.facts()
    if len(read) > 1:
        read = sorted(read, key=lambda item: _place(item[1]))
    quarter = len(read) // 4
    return series, [path for path, _ in spread(read[quarter : len(read) - quarter], 2 * _IMAGES)]


def _place(facts: InstanceFacts) -> tuple[float, int]:
    for stack in facts.stacks:
        if stack.orientation is not None and stack.positions_mm:
            n, p = np.array(normal(stack.orientation)), np.array(stack.positions_mm[0])
            return (round(float(n @ p), 1), facts.instance_number or 0)
    return (0.0, facts.instance_number or 0)


def _read(path: Path) -> tuple[Path, InstanceFacts]:
    try:
        return path, read_facts(path)
    except UnreadableObject as error:
        raise NotMeasurable(str(error), str(error)) from error


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of them, evenly spaced."""
    step = max(1, math.ceil(len(items) / most))
    return list(items[::step])
