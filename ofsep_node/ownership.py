"""The archive that nodes share or not, and how a folder is told from another of the same path."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
from pathlib import Path

import structlog

from ofsep_node.disk import lock, make_folder, sync_folder
from ofsep_node.errors import NodeError

_IDENTITY = ".identity"
_LOCK = ".archive.lock"  # not that of a data folder, which an archive may lie in
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


def identity_of(folder: Path) -> str:
    """A name for the folder that no other one has, made when it is first asked for.

    It moves with the folder, and is the same to every machine that mounts it. Raises OSError.
    """
    make_folder(folder, 0o700)
    path = folder / _IDENTITY
    with contextlib.suppress(FileNotFoundError):
        return path.read_text("ascii").strip()
    draft = folder / f"{_IDENTITY}.{secrets.token_hex(8)}"
    try:
        _write_synced(draft, f"{secrets.token_hex(16)}\n")
        with contextlib.suppress(FileExistsError):  # two nodes at once: the first name stands
            os.link(draft, path)
        sync_folder(folder)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text("ascii").strip()


def _write_synced(path: Path, text: str) -> None:
    with path.open("x", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


class ArchiveLock:
    """The lock of an archive against nodes with other records.

    Nodes on one PostgreSQL hold it together, one with records of its own alone: of files that two
    sets of records know in part, neither tells the truth. What is forked from the process that
    holds it holds it as well.
    """

    def __init__(self, archive: Path, *, shared: bool) -> None:
        self._archive = archive
        self._kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._descriptor = -1

    def hold(self, wait_s: float = 0.0) -> None:
        """Take the lock, if it is not held yet, waiting so long for whoever has it.

        Raises NodeError when a node with other records keeps it, OSError when the archive cannot
        be reached.
        """
        if self._descriptor >= 0:
            return
        make_folder(self._archive)
        descriptor = os.open(self._archive / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(descriptor, wait_s)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back, unless another process holds it too."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _take(self, descriptor: int, wait_s: float) -> None:
        try:
            taken = lock(descriptor, self._kind, wait_s=wait_s)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            structlog.get_logger().warning(
                "archive.unlocked", archive=str(self._archive), reason=error.strerror
            )
            return
        if not taken:
            raise NodeError(
                f"{self._archive}: a node with other records keeps its objects in this archive; "
                "nodes that share an archive share one PostgreSQL: set records.url of both, "
                "or give this node an archive of its own (node.archive)"
            )
