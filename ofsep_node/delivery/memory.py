"""Files in memory: of what one tells of a patient, nothing stays behind anywhere."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def file_in_memory(write: Callable[[BinaryIO], object]) -> Iterator[Path]:
    """The file that `write` writes."""
    with os.fdopen(os.memfd_create("object"), "wb") as file:
        write(file)
        file.flush()
        yield Path(f"/proc/self/fd/{file.fileno()}")
