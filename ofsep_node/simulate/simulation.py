"""Plans an examination, puts faults into it, and writes it to a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Listed
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ofsep_node.errors import NodeError
from ofsep_node.simulate.examination import Examination, Sequence
from ofsep_node.simulate.faults import Fault, apply_faults, chosen_faults
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Image, stored_images
from ofsep_node.simulate.manifest import AppliedFault, Manifest, SimulatedSeries
from ofsep_node.simulate.phantom import slice_pixels
from ofsep_node.simulate.programmes import VENDORS, plan

Progress = Callable[[int, int], None]
"""Told how many files are written, of how many."""

_RESENT = "-renvoi"


def simulate(  # noqa: PLR0913 - one keyword per choice the user has
    destination: Path,
    *,
    vendor: str = "siemens",
    programme: str = "standard",
    faults: Listed[str] = (),
    seed: int = 0,
    study_date: date | None = None,
    small: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Write one examination of a fictitious patient, and its `manifest.json`, to `destination`.

    Files are `<destination>/<NN-description>/<NNNN>.dcm`, Part 10, explicit VR little endian.
    The same arguments give the same bytes; `study_date` is today unless given. Two objects of the
    same SOP Instance UID are identical whatever faults they come with: faults that only withhold
    or repeat objects keep the UIDs of the faultless examination, the others have UIDs of their own.

    With `small`, every slab keeps its voxels but is cut to a core of at most 64 x 64 pixels and
    some 40 of 176 slices: quick to write and honest in spacing, though no head is covered.

    Raises `SettingsError` for an unknown vendor, programme or fault, and `NodeError` when the
    destination is not an empty or a new folder.
    """
    chosen = chosen_faults(faults)
    day = study_date or date.today()  # noqa: DTZ011 - the scanner's local day
    examination = apply_faults(plan(vendor, programme, seed, day, small=small), chosen)
    name = f"{vendor} {programme} {seed} {day} {'small' if small else 'whole'}"
    uids = UidPlan(" ".join((name, *(f.name for f in chosen if not f.withholds))))
    _claim(destination)
    manifest = Manifest(
        vendor=vendor,
        programme=programme,
        seed=seed,
        small=small,
        study_instance_uid=uids.study,
        patient_id=examination.patient.patient_id,
        study_date=f"{day:%Y%m%d}",
        series=_listed(examination, uids),
        faults=tuple(map(_applied, chosen)),
    )
    _write(destination, manifest, examination, uids, seed, progress)
    manifest.write(destination)
    return manifest


def _claim(destination: Path) -> None:
    """Make the folder, or see that it is empty."""
    if destination.exists() and not destination.is_dir():
        raise NodeError(f"{destination} is not a folder: choose a new or an empty one")
    try:
        destination.mkdir(parents=True, exist_ok=True)
        occupied = any(destination.iterdir())
    except OSError as error:
        raise NodeError(
            f"cannot write to {destination} ({error.strerror}): choose another folder"
        ) from error
    if occupied:
        raise NodeError(f"{destination} is not empty: choose a new or an empty folder")


def _applied(fault: Fault) -> AppliedFault:
    return AppliedFault(fault.name, fault.label, fault.fails, fault.undetermined)


def _listed(examination: Examination, uids: UidPlan) -> tuple[SimulatedSeries, ...]:
    once = [_series(s, uids, resent=False) for s in examination.sequences]
    again = [_series(s, uids, resent=True) for s in examination.sequences if s.resent]
    return tuple(once + again)


def _series(sequence: Sequence, uids: UidPlan, *, resent: bool) -> SimulatedSeries:
    return SimulatedSeries(
        folder=_folder(sequence) + (_RESENT if resent else ""),
        key=sequence.key,
        series_instance_uid=uids.series(sequence.key),
        number=sequence.number,
        description=sequence.description,
        identity=sequence.identity,
        images_made=sequence.images,
        files=tuple(f"{image.index + 1:04d}.dcm" for image in stored_images(sequence)),
        resent=resent,
    )


def _folder(sequence: Sequence) -> str:
    words = re.sub(r"[^0-9A-Za-z]+", "-", sequence.description).strip("-")
    return f"{sequence.number:02d}-{words.lower()}"


def _write(
    destination: Path,
    manifest: Manifest,
    examination: Examination,
    uids: UidPlan,
    seed: int,
    progress: Progress | None,
) -> None:
    written, total = 0, len(manifest.files)
    for series in manifest.series:
        folder = destination / series.folder
        folder.mkdir()
        for name, content in zip(
            series.files, _contents(examination, series, uids, seed), strict=True
        ):
            (folder / name).write_bytes(content)
            written += 1
            if progress is not None:
                progress(written, total)


def _contents(
    examination: Examination, series: SimulatedSeries, uids: UidPlan, seed: int
) -> Iterator[bytes]:
    sequence = next(s for s in examination.sequences if s.key == series.key)

    def pixels(image: Image) -> NDArray[np.uint16]:
        noise = np.random.default_rng((seed, sequence.number, image.index))
        return slice_pixels(image.slab, image.slice_index, _contrast(sequence, image), noise)

    image_files = VENDORS[examination.vendor].image_files
    return image_files(examination, sequence, uids, pixels)


def _contrast(sequence: Sequence, image: Image) -> str:
    """Which of the phantom's contrasts an image shows."""
    if sequence.weighting != "dwi" or image.diffusion is None:
        return sequence.weighting
    return "b1000" if image.diffusion.b_value else "b0"
