"""Files out of the archive: by the names that the records know, and through no symbolic link."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from ofsep_node.errors import NodeError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class NotOfTheArchive(NodeError):
    """A recorded name leads out of the archive; nothing is removed there."""


def remove(archive: Path, names: Iterable[str]) -> None:
    """Remove files, and return when they would be gone after a power loss, too.

    One that is gone already is passed over. Raises OSError, and NotOfTheArchive for a name with a
    symbolic link on its way: where that leads, other people's files lie.
    """
    with contextlib.ExitStack() as opened:
        folders: dict[PurePosixPath, int | None] = {}
        for name in names:
            path = _inside(archive, name)
            if path.parent not in folders:
                folders[path.parent] = opened.enter_context(_folder(archive, path.parent))
            folder = folders[path.parent]
            if folder is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path.name, dir_fd=folder)
        for folder in folders.values():
            if folder is not None:
                os.fsync(folder)


def remove_empty_folders(archive: Path, names: Iterable[str]) -> None:
    """Remove the folders that held these files, as far as nothing else lies in them.

    Raises OSError, and NotOfTheArchive as `remove` does.
    """
    parents = {_inside(archive, name).parent for name in names}
    held = {folder for parent in parents for folder in (parent, *parent.parents)}
    for folder in sorted(held - {PurePosixPath()}, key=lambda f: -len(f.parts)):
        with _folder(archive, folder.parent) as above:
            if above is not None:
                _remove_if_empty(folder.name, above)


def _remove_if_empty(name: str, above: int) -> None:
    try:
        os.rmdir(name, dir_fd=above)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR):
            raise
    else:
        os.fsync(above)


def _inside(archive: Path, name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise NotOfTheArchive(f"{archive}: the records name {name!r}, which is not a file of it")
    return path


@contextlib.contextmanager
def _folder(archive: Path, below: PurePosixPath) -> Iterator[int | None]:
    """A folder of the archive, opened step by step; None when it is not there."""
    try:
        descriptor: int | None = _descend(archive, below)
    except FileNotFoundError:
        descriptor = None
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _descend(archive: Path, below: PurePosixPath) -> int:
    descriptor = os.open(archive, _FOLDER & ~os.O_NOFOLLOW)  # it may be a link to the disk itself
    for part in below.parts:
        above = descriptor
        try:
            descriptor = os.open(part, _FOLDER, dir_fd=above)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
            raise NotOfTheArchive(
                f"{archive / below}: {part} is a symbolic link or no folder, and nothing is removed "
                "through it; put the folder itself there"
            ) from None
        finally:
            os.close(above)
    return descriptor
