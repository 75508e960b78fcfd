"""The archive that nodes share or not, and how a folder is told from another of the same path."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from ofsep_node.errors import NodeError

WAIT_FOR_THE_LAST_NODE_S = 10.0
LOOKED_AFTER_EVERY_S = 0.2

_IDENTITY = ".identity"
_LOCK = ".lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


def identity_of(folder: Path) -> str:
    """A name for the folder that no other one has, made when it is first asked for.

    It moves with the folder, and is the same to every machine that mounts it. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / _IDENTITY
    with contextlib.suppress(FileNotFoundError):
        return path.read_text("ascii").strip()
    draft = folder / f"{_IDENTITY}.{secrets.token_hex(8)}"
    try:
        _write_synced(draft, f"{secrets.token_hex(16)}\n")
        with contextlib.suppress(FileExistsError):  # two nodes at once: the first name stands
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text("ascii").strip()


def _write_synced(path: Path, text: str) -> None:
    with path.open("x", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def archive_folder(archive: Path, *, shared: bool) -> Iterator[None]:
    """The archive, locked against nodes with other records.

    Nodes on one PostgreSQL hold the lock together, one with records of its own alone: of files
    that two sets of records know in part, neither tells the truth. Raises NodeError. An archive
    that is down keeps nobody from receiving.
    """
    try:
        archive.mkdir(parents=True, exist_ok=True, mode=0o750)
        lock = os.open(archive / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        structlog.get_logger().error(
            "archive.unavailable", archive=str(archive), reason=error.strerror
        )
        yield
        return
    try:
        _lock_archive(lock, archive, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _lock_archive(descriptor: int, archive: Path, kind: int) -> None:
    deadline = time.monotonic() + WAIT_FOR_THE_LAST_NODE_S
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise NodeError(
                    f"{archive}: a node with other records keeps its objects in this archive; "
                    "nodes that share an archive share one PostgreSQL: set records.url of both, "
                    "or give this node an archive of its own (node.archive)"
                ) from None
            time.sleep(LOOKED_AFTER_EVERY_S)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise NodeError(f"{archive}: cannot be locked: {error.strerror}") from None
            structlog.get_logger().warning(
                "archive.unlocked", archive=str(archive), reason=error.strerror
            )
            return
        else:
            return
