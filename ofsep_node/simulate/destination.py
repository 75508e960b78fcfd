"""Where an examination is written: the whole of it appears there, or nothing does."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ofsep_node.errors import NodeError


def manifest_path(destination: Path) -> Path:
    """The answer sheet of an examination: beside its folder, where no DICOM sender meets it."""
    folder = destination.resolve()
    return folder.with_name(f"{folder.name}.manifest.json")


@contextlib.contextmanager
def whole_or_nothing(destination: Path) -> Iterator[Path]:
    """A folder to write to, whose contents are moved to `destination` once all are written.

    Until then it is a hidden one, in `destination` where that exists and beside it where not, so
    that it is on the same disk; it goes when writing is interrupted.

    Raises `NodeError` when the destination is not an empty or a new folder that can be written.
    """
    destination = destination.resolve()
    try:
        _refuse_occupied(destination)
        exists = destination.exists()
        home = destination if exists else destination.parent
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=home) as aside:
            staged = Path(aside) / destination.name
            staged.mkdir()
            yield staged
            if exists:
                _move_contents(staged, destination)
            else:
                staged.rename(destination)
    except OSError as error:
        raise NodeError(
            f"cannot write to {destination} ({error.strerror}): choose another folder"
        ) from error


def _refuse_occupied(destination: Path) -> None:
    if destination.exists() and not destination.is_dir():
        raise NodeError(f"{destination} is not a folder: choose a new or an empty one")
    if destination.exists() and any(destination.iterdir()):
        raise NodeError(f"{destination} is not empty: choose a new or an empty folder")


def _move_contents(folder: Path, there: Path) -> None:
    for part in sorted(folder.iterdir()):
        part.rename(there / part.name)
