"""Giving a file another name so that it survives a crash and a power loss at any moment.

A spooled object is synced already. It gets its second name here (a hard link where the file
system allows it, a synced copy elsewhere), the folder is synced, the records commit, and only
then does the spool's name go. Every step can be repeated.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ofsep_node.disk import sync_folder
from ofsep_node.pulse import Beat

_BLOCK = 32 << 20
_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class DurableFolder:
    """A folder tree into which files are put, and synced together once a batch.

    `beat` is called while a large file is copied or read.
    """

    def __init__(self, path: Path, beat: Beat = lambda: None) -> None:
        self.path = path
        self.beat = beat
        self._unsynced: set[Path] = set()

    def put(self, source: Path, target: Path) -> bool:
        """Give `source` the name `target`; False when that name is taken. Raises OSError."""
        self.make(target.parent)
        self._unsynced.add(target.parent)
        try:
            os.link(source, target)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return _copy(source, target, self.beat)
        return True

    def write(self, target: Path, text: str) -> None:
        """Write a small text file, replacing one of that name. Raises OSError."""
        self.make(target.parent)
        self._unsynced.add(target.parent)
        part = target.with_name(f".{target.name}.part")
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)

    def make(self, folder: Path) -> None:
        """Make a folder and those above it; they are synced with the next `sync`."""
        if folder.is_dir():
            return
        self.make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._unsynced.add(folder.parent)

    def sync(self) -> None:
        """Return when every name given since the last sync would survive a power loss.

        Raises OSError; FileNotFoundError when somebody removed a folder meanwhile, which is then
        made anew by whoever puts its files again.
        """
        gone = [folder for folder in self._unsynced if not _sync(folder)]
        self._unsynced.clear()
        if gone:
            raise FileNotFoundError(errno.ENOENT, "removed while in use", str(gone[0]))


def _copy(source: Path, target: Path, beat: Beat) -> bool:
    """For another file system. The copy gets its name as a link does: the first one keeps it.

    Its hidden name is the spooled object's own, so that a replay after a crash writes it again,
    or removes it when the object had got its name, and two nodes never write the same one.
    """
    part = target.with_name(f".{target.name}.{source.parent.name}-{source.name}.part")
    if target.exists():
        part.unlink(missing_ok=True)
        return False
    with source.open("rb") as original, part.open("wb") as copy:
        while block := original.read(_BLOCK):
            copy.write(block)
            copy.flush()
            os.fdatasync(copy.fileno())  # a block at a time: for gigabytes it takes minutes
            beat()
        os.fsync(copy.fileno())
    return _rename_new(part, target)


def _rename_new(part: Path, target: Path) -> bool:
    """Rename, unless the name is taken: then False, and the file is gone."""
    try:
        os.link(part, target)
    except FileExistsError:
        # A network file system repeats a request whose answer was lost: the name may be ours.
        named = target.samefile(part)
        part.unlink()
        return named
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _rename_without_links(part, target)
    part.unlink()
    return True


def _rename_without_links(part: Path, target: Path) -> bool:
    """On a file system that knows no links. Studies are locked while they are written."""
    if target.exists():
        part.unlink()
        return False
    part.rename(target)
    return True


def _sync(folder: Path) -> bool:
    """False when the folder is not there any more."""
    try:
        sync_folder(folder)
    except FileNotFoundError:
        return False
    return True
