"""What the node asks of file systems: that a folder stays, how much is free, whose a lock is."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WAIT_FOR_THE_LAST_NODE_S = 10.0
LOOKED_AFTER_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes: those the node may still write, and all there are."""

    free: int
    total: int


def space_at(folder: Path) -> Space:
    """How much room there is where a folder lies, or is to be made. Raises OSError."""
    usage = shutil.disk_usage(nearest(folder))
    return Space(usage.free, usage.total)


def nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there. Raises OSError."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def require_contents(archive: Path) -> None:
    """Raises FileNotFoundError where no examination lies, and OSError.

    A file system that is not mounted looks like an archive of which everything was lost.
    """
    if all(path.name.startswith(".") for path in archive.iterdir()):
        raise FileNotFoundError(errno.ENOENT, "the archive is not there", str(archive))


def make_folder(path: Path, mode: int = 0o750) -> None:
    """Make a folder and those above it so that they survive a power loss. Raises OSError."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=mode, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Return when the names in a folder would survive a power loss. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock(
    descriptor: int, kind: int, *, wait_s: float, hopeless: Callable[[], bool] = lambda: False
) -> bool:
    """Lock a file (flock(2)); False when others keep it for `wait_s`, or waiting is hopeless.

    Raises OSError where the file system knows no locks.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if hopeless() or time.monotonic() >= deadline:
                return False
            time.sleep(LOOKED_AFTER_EVERY_S)
        else:
            return True
