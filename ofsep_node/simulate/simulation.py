"""Plans an examination, puts faults into it, and writes it to a folder."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Listed
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from ofsep_node.simulate.destination import manifest_path, whole_or_nothing
from ofsep_node.simulate.examination import Examination, Sequence
from ofsep_node.simulate.fault import Fault, apply_faults
from ofsep_node.simulate.faults import chosen_faults
from ofsep_node.simulate.finishing import finished, retouched
from ofsep_node.simulate.identity import UidPlan, uid
from ofsep_node.simulate.image import Image, Pixels
from ofsep_node.simulate.manifest import (
    AppliedFault,
    Manifest,
    SimulatedSeries,
    series_truth,
    study_truth,
)
from ofsep_node.simulate.part10 import encoded, gathered
from ofsep_node.simulate.phantom import contrast_of, slice_pixels
from ofsep_node.simulate.plan import plan
from ofsep_node.simulate.programmes import VENDORS
from ofsep_node.simulate.request import Request

Progress = Callable[[int, int], None]
"""Told how many images are written, of how many."""

_RESENT = "-renvoi"


@dataclass(frozen=True, slots=True)
class Planned:
    """An examination with its faults, not yet written."""

    request: Request
    examination: Examination
    faults: tuple[Fault, ...]

    @property
    def uids(self) -> UidPlan:
        """Objects that a fault only withholds or repeats keep the UIDs of the faultless ones."""
        changing = (f.name for f in self.faults if not f.withholds)
        return UidPlan(" ".join((self.request.name, *changing)))


def planned(request: Request, faults: Listed[str] = ()) -> Planned:
    """The examination of a request with these faults in it.

    Raises `SettingsError` for names that are unknown or do not go together.
    """
    dated = replace(request, study_date=request.study_date or _today())
    chosen = chosen_faults(faults)
    return Planned(dated, apply_faults(plan(dated), chosen), chosen)


def headers(ready: Planned) -> Iterator[tuple[Sequence, FileDataset]]:
    """Every object that is sent, without pixels, in the order of sending; no file is written.

    A data set may be used again for the next one: take what you need of it before going on.
    What lives in bytes and in sending is not here: series sent twice come once, images in their
    order, and objects whose contents conflict with another's not at all.
    """
    for planned_sequence in ready.examination.sequences:
        sequence = replace(planned_sequence, conflicting=False)
        for _, dataset in objects(ready.examination, sequence, ready.uids, None):
            yield sequence, dataset


def objects(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels | None
) -> Iterator[tuple[str, FileDataset]]:
    """The objects of one series as they reach the network, with the names of their files."""
    writer = VENDORS[sequence.vendor or examination.vendor].image_files
    known = replace(examination, injection=examination.injection_of(sequence))
    sent = 0
    for name, dataset in writer(known, sequence, uids, pixels):
        ready = finished(dataset, examination, sequence, sent / sequence.images)
        yield name, ready
        if sequence.conflicting and sent == 0:
            yield f"{Path(name).stem}-bis.dcm", retouched(ready)
        sent += frames(dataset)


def frames(dataset: FileDataset) -> int:
    """Images in an object: one, or the frames of an enhanced one."""
    return int(dataset.get("NumberOfFrames") or 1)


def simulate(
    destination: Path,
    *,
    faults: Listed[str] = (),
    progress: Progress | None = None,
    **choices: Any,
) -> Manifest:
    """Write one examination of a fictitious patient to `destination`, and its manifest beside it.

    `choices` are the fields of `Request`: vendor, programme, seed, study_date (today unless
    given), small, and so on.

    The manifest is `<destination>.manifest.json`. Interrupted, no examination is there.

    Files are `<destination>/<NN-description>/<NNNN>.dcm`, Part 10, explicit VR little endian; a
    dummy run is a File-set with its DICOMDIR instead. The same arguments give the same bytes. Two
    objects of the same SOP Instance UID are identical whatever faults they come with: faults that
    only withhold, repeat or disorder objects keep the UIDs of the faultless examination, the
    others have UIDs of their own.

    With `small`, every slab keeps its voxels but is cut to a core of at most 64 x 64 pixels and
    some 40 of 176 slices: quick to write and honest in spacing, though no head is covered. The
    slabs along a cord keep their length.

    Raises `SettingsError` for names that are unknown or do not go together, and `NodeError` when
    the destination is not an empty or a new folder that can be written.
    """
    ready = planned(Request(**choices), faults)
    with whole_or_nothing(destination) as folder:
        series = tuple(_written(folder, ready, progress))
        if ready.examination.dicomdir:
            series = _as_file_set(folder, series, uid(ready.uids.study, "file-set"))
        manifest = _manifest(ready, series)
        manifest.write(manifest_path(destination))
    return manifest


def _manifest(ready: Planned, series: tuple[SimulatedSeries, ...]) -> Manifest:
    return Manifest(
        **study_truth(ready.request, ready.examination),
        study_instance_uid=ready.uids.study,
        series=series,
        faults=tuple(_applied(fault.at(ready.request.vendor)) for fault in ready.faults),
    )


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the scanner's local day


def _applied(fault: Fault) -> AppliedFault:
    return AppliedFault(fault.name, fault.label, fault.fails, fault.undetermined, fault.entails)


def _written(
    destination: Path, ready: Planned, progress: Progress | None
) -> Iterator[SimulatedSeries]:
    sequences = ready.examination.sequences
    sent = [(s, False) for s in sequences] + [(s, True) for s in sequences if s.resent]
    total = sum(s.images - len(s.lost) for s, _ in sent)
    done = 0

    def advance(images: int) -> None:
        nonlocal done
        done += images
        if progress is not None:
            progress(done, total)

    for sequence, resent in sent:
        folder = _folder(sequence) + (_RESENT if resent else "")
        names = _write_series(destination / folder, ready, sequence, advance)
        yield SimulatedSeries(
            **series_truth(sequence),
            folder=folder,
            series_instance_uid=ready.uids.series(sequence.key),
            files=names,
            resent=resent,
        )


def _write_series(
    folder: Path, ready: Planned, sequence: Sequence, advance: Callable[[int], None]
) -> tuple[str, ...]:
    """The names of the files, in the order of sending."""
    folder.mkdir()
    names = []
    pixels = _pixels(sequence, ready.request.seed)
    for name, dataset in objects(ready.examination, sequence, ready.uids, pixels):
        (folder / name).write_bytes(encoded(dataset))
        names.append(name)
        advance(frames(dataset))
    return _shuffled(folder, names) if sequence.shuffled else tuple(names)


def _shuffled(folder: Path, names: list[str]) -> tuple[str, ...]:
    """Exchange the contents of the files: who sends them by name sends them in no order."""
    others = np.random.default_rng(len(names)).permutation(len(names))
    for number, name in enumerate(names):
        (folder / name).rename(folder / f"{number}.part")
    for name, other in zip(names, others, strict=True):
        (folder / f"{other}.part").rename(folder / name)
    return tuple(names)


def _folder(sequence: Sequence) -> str:
    words = re.sub(r"[^0-9A-Za-z]+", "-", sequence.description).strip("-")
    return f"{sequence.number:02d}-{words.lower()}"


def _pixels(sequence: Sequence, seed: int) -> Pixels:
    def pixels(image: Image) -> NDArray[np.uint16]:
        noise = np.random.default_rng((seed, sequence.number, image.index))
        contrast = contrast_of(sequence, image)
        return slice_pixels(image.slab, image.slice_index, contrast, noise)

    return pixels


def _as_file_set(
    destination: Path, series: tuple[SimulatedSeries, ...], medium_uid: str
) -> tuple[SimulatedSeries, ...]:
    """Move the files into a File-set; each series then lies in the folder of its records."""
    with tempfile.TemporaryDirectory(dir=destination.parent) as aside:
        loose = [_moved(destination / s.folder, Path(aside) / s.folder) for s in series]
        files = [folder / name for folder, s in zip(loose, series, strict=True) for name in s.files]
        lies = gathered(files, destination, medium_uid)
    return tuple(
        _in_medium(s, [lies[folder / name] for name in s.files])
        for folder, s in zip(loose, series, strict=True)
    )


def _moved(folder: Path, there: Path) -> Path:
    return folder.rename(there)


def _in_medium(series: SimulatedSeries, files: list[str]) -> SimulatedSeries:
    folder = files[0].rpartition("/")[0] if files else ""
    names = tuple(f.rpartition("/")[2] for f in files)
    return replace(series, folder=folder, files=names)
