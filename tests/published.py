"""Published headers of real scanners, which are no part of the project: found and unpacked."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

PROJECT = Path(__file__).parents[1]
REAL_DICOM_DEFAULT = "../shared/real-dicom"


def archives() -> Path:
    """The folder that OFSEP_REAL_DICOM names (relative to the project), or the usual one."""
    return PROJECT / os.environ.get("OFSEP_REAL_DICOM", REAL_DICOM_DEFAULT)


def published(cache: Path) -> Path | None:
    """The headers as folder/series-N/NNNN.dcm below `cache`, None when there are none.

    They are unpacked once, whoever asks first.
    """
    found = sorted(archives().glob("*.tar.xz"))
    if not found:
        return None
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for archive in found:
            _unpack_once(archive, cache)
    return cache


def _unpack_once(archive: Path, cache: Path) -> None:
    state = archive.stat()
    done = cache / f".{archive.name}-{state.st_size}-{state.st_mtime_ns}"
    if done.exists():
        return
    shutil.unpack_archive(archive, cache)
    done.touch()
