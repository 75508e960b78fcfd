"""What a folder holds while somebody else works in it."""

import os
from collections.abc import Iterator
from pathlib import Path


def below(folder: Path) -> Iterator[Path]:
    """Every file and folder below a folder.

    A folder that goes while it is being looked through counts as empty, where `Path.rglob` raises
    FileNotFoundError.
    """
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def parts_below(folder: Path) -> list[Path]:
    """What is being written in a spool, in order."""
    return sorted(path for path in below(folder) if path.suffix == ".part")
