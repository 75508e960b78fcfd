"""The data folder of a node: held by one node at a time, which is found through it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ofsep_node.disk import WAIT_FOR_THE_LAST_NODE_S, lock, make_folder
from ofsep_node.errors import NodeError

_LOCK = ".lock"


def keep_to_ourselves() -> None:
    """Let nobody else read what this process writes: images and records are patients' data."""
    os.umask(0o077)


@contextlib.contextmanager
def folder_of_its_own(data: Path) -> Iterator[None]:
    """The data folder, locked: two nodes in one folder would take each other's objects.

    The lock also goes to the node's other processes; a node that was killed is waited for. A folder
    that was made for a node which then cannot start is not left behind.
    """
    made = [folder for folder in (data, *data.parents) if not folder.exists()]
    try:
        make_folder(data, 0o700)
        descriptor = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NodeError(
            f"{data}: cannot be written: {error.strerror}; give a folder with --data"
        ) from None
    try:
        # Who has not got the lock removes nothing: the folder is another node's.
        _lock(descriptor, data)
        try:
            yield
        except BaseException:
            _remove_unused(data, made)
            raise
    finally:
        os.close(descriptor)


def _remove_unused(data: Path, made: Sequence[Path]) -> None:
    """Remove the folders that were made, innermost first, unless something is in them by now."""
    if made and [path.name for path in data.iterdir()] == [_LOCK]:
        (data / _LOCK).unlink()
        with contextlib.suppress(OSError):
            for folder in made:
                folder.rmdir()


def _lock(descriptor: int, data: Path) -> None:
    def is_anothers() -> bool:
        return _runs(_owner(descriptor))

    if not lock(descriptor, fcntl.LOCK_EX, wait_s=WAIT_FOR_THE_LAST_NODE_S, hopeless=is_anothers):
        raise NodeError(
            f"{data}: another node (process {_owner(descriptor) or 'unknown'}) works in this "
            "folder; stop it, or give another folder with --data"
        )
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _runs(owner: str) -> bool:
    """Whether the supervisor that wrote its process number still lives."""
    try:
        os.kill(int(owner), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _owner(descriptor: int) -> str:
    return os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()


def supervisor_of(data: Path) -> int:
    """The process number of the supervisor that works in a folder. Raises NodeError."""
    try:
        descriptor = os.open(data / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise NodeError(
            f"{data}: no node was started in this folder that this user may see: {error.strerror}; "
            "name the node's own with --data"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = _owner(descriptor)
        if _runs(owner):
            return int(owner)
    finally:
        os.close(descriptor)
    raise NodeError(f"{data}: no node works in this folder now; it reads all files when it starts")
