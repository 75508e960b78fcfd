"""The spool: where objects wait between the network and the archive.

    spool/<association-id>/association.json   who connected; there before the first object
                           000001.dcm         an object that is complete, synced and may be taken
                           000002.action      a request of an N service, likewise (see REQUESTS)
                           000003.part        an object or request that is arriving
                           closed.json        how the association ended

An object that was answered Success is a synced `.dcm`; a `.part` never was answered. Requests are
kept as objects are, in the same order, and are meant wherever objects are spoken of. The two JSON
files are not synced on their own: a power cut may take from an association of its last seconds who
connected and how it ended, never an object. A number is
given to one object only, also when that object was refused: whoever takes objects away tells by it
what was taken already. A folder whose name starts with a dot is being made or removed, and is nobody's business but this module's.

The writer of an association holds a lock on its folder. The kernel drops the lock with the
process, so that the associations of a killed receiver can be told from live ones whatever
process numbers have been used again since.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from ofsep_node.disk import make_folder, sync_folder
from ofsep_node.errors import NodeError

OPENED = "association.json"
CLOSED = "closed.json"

_ASSOCIATION = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{3}Z-[0-9a-f]{8}")
REQUESTS = ("action", "create", "set")
"""Endings of the files that hold the data set of an N-ACTION, an N-CREATE, an N-SET request."""

_IMAGE = ".dcm"
_OBJECT = re.compile(rf"[0-9]{{6,}}\.(dcm|{'|'.join(REQUESTS)})")
_HIDDEN = re.compile(r"\..*\.(opening|removing)")
_PART = re.compile(r"[0-9]{6,}\.part")
_LEFTOVER_AGE_S = 60.0
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationOpened:
    """What is known of an association when it is accepted. `opened_at` is ISO 8601, UTC."""

    association_id: str
    node: str
    calling_ae_title: str
    called_ae_title: str
    address: str
    port: int
    implementation_class_uid: str
    implementation_version_name: str
    opened_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationClosed:
    """How an association ended. `objects` were answered Success; `closed_at` is ISO 8601, UTC.

    For an association closed by `close_orphans`, `objects` is what the folder still tells: less
    than the truth when objects had been taken already, more when some had been refused.
    """

    outcome: Literal["released", "aborted"]
    closed_at: str
    objects: int
    reason: str


def timestamp(now: datetime | None = None) -> str:
    """ISO 8601 in UTC with milliseconds, as `2026-11-23T06:15:02.123Z`."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_association_id(now: datetime | None = None) -> str:
    """Sorts by time and is unique over nodes and processes: `20261123T061502.123Z-3f9c2a1b`."""
    moment = timestamp(now).replace("-", "").replace(":", "")
    return f"{moment}-{secrets.token_hex(4)}"


# --- writing ---------------------------------------------------------------------------------


class IncomingObject:
    """An object that is arriving: `write` its bytes, then `store` and `keep` it, or `discard` it.

    Every method may raise OSError; `discard` does not.
    """

    def __init__(self, folder: int, number: int, ending: str) -> None:
        self._folder = folder
        self._ended = False
        self._part = f"{number:06d}.part"
        self.name = f"{number:06d}.{ending}"
        self._file = os.open(self._part, _NEW_FILE, 0o600, dir_fd=folder)

    def write(self, data: bytes | memoryview) -> None:
        _write(self._file, data)

    def store(self) -> None:
        """Make the object safe against a power loss, and only then let it be seen."""
        os.fdatasync(self._file)
        os.close(self._file)
        self._file = -1
        os.rename(self._part, self.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        os.fsync(self._folder)

    def keep(self) -> None:
        """It is stored, and from now on nobody's to discard."""
        self._ended = True

    def discard(self) -> None:
        """Leave no trace of the object, unless it is kept. Harmless when repeated."""
        if self._ended:
            return
        self._ended = True
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        for name in (self._part, self.name):
            try:
                os.unlink(name, dir_fd=self._folder)
            except OSError:
                continue


class AssociationFolder:
    """The writing side of one association's folder, locked until `close` or `abandon`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.objects = 0
        self.last_number = 0
        self._descriptor = descriptor
        self._is_synced = False
        self._incoming: IncomingObject | None = None

    @classmethod
    def open(cls, spool: Path, opened: AssociationOpened) -> Self:
        """Make the folder; it appears in the spool with `association.json` and lock, or not at all.

        Its name is synced with the first object. Raises OSError when the spool cannot be written.
        """
        make_folder(spool)
        hidden = spool / f".{opened.association_id}.opening"
        hidden.mkdir(mode=0o700)
        descriptor = os.open(hidden, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        path = spool / opened.association_id
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_record(descriptor, OPENED, opened)
            hidden.rename(path)
        except OSError:
            os.close(descriptor)
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        return cls(path, descriptor)

    def begin_object(self, ending: str = "dcm") -> IncomingObject:
        """Start the next object, or a request. Raises OSError when the spool cannot be written."""
        self.last_number += 1
        self._incoming = IncomingObject(self._descriptor, self.last_number, ending)
        return self._incoming

    def store(self, incoming: IncomingObject) -> None:
        """Make an object durable and visible. Raises OSError; the object is then discarded."""
        try:
            incoming.store()
            if not self._is_synced:
                sync_folder(self.path.parent)
        except OSError:
            incoming.discard()
            raise
        incoming.keep()
        self._is_synced = True
        self.objects += incoming.name.endswith(_IMAGE)

    def close(self, closed: AssociationClosed) -> None:
        """Say how the association ended; an object that is still arriving is discarded.

        Raises OSError; the lock is dropped in any case.
        """
        try:
            if self._incoming is not None:
                self._incoming.discard()
            _write_record(self._descriptor, CLOSED, closed)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Drop the lock without a word: the folder is then an orphan."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _write(file: int, data: bytes | memoryview) -> None:
    written = os.write(file, data)
    while written < len(data):
        data = memoryview(data)[written:]
        written = os.write(file, data)


def _write_record(folder: int, name: str, record: AssociationOpened | AssociationClosed) -> None:
    """Write a JSON file so that whoever looks sees it whole, or not at all."""
    hidden = f".{name}"
    content = json.dumps({f.name: getattr(record, f.name) for f in fields(record)})
    file = os.open(hidden, _NEW_FILE & ~os.O_EXCL | os.O_TRUNC, 0o600, dir_fd=folder)
    try:
        _write(file, content.encode())
    finally:
        os.close(file)
    os.rename(hidden, name, src_dir_fd=folder, dst_dir_fd=folder)


# --- reading ---------------------------------------------------------------------------------


def associations(spool: Path) -> list[str]:
    """Ids of the associations that have a folder, oldest first."""
    return sorted(filter(_ASSOCIATION.fullmatch, _names(spool)))


def stored_objects(spool: Path, association_id: str) -> list[Path]:
    """The objects of an association that may be taken, in the order they arrived."""
    folder = spool / association_id
    return [folder / name for name in _in_order(_names(folder), _OBJECT)]


def read_opened(spool: Path, association_id: str) -> AssociationOpened:
    """Who connected. Raises NodeError when the file is missing or damaged."""
    return _read_record(spool / association_id / OPENED, AssociationOpened)


def read_closed(spool: Path, association_id: str) -> AssociationClosed | None:
    """How the association ended, None while it is open. Raises NodeError on a damaged file."""
    path = spool / association_id / CLOSED
    return _read_record(path, AssociationClosed) if path.exists() else None


def remove_if_done(spool: Path, association_id: str) -> bool:
    """Remove the folder of an association that is closed and has no object left.

    Not synced: a folder that a power cut brings back is removed again.
    """
    folder = spool / association_id
    names = set(_names(folder))
    if CLOSED not in names or any(map(_OBJECT.fullmatch, names)):
        return False
    hidden = spool / f".{association_id}.removing"
    folder.rename(hidden)
    shutil.rmtree(hidden)
    return True


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _in_order(names: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    return sorted(filter(pattern.fullmatch, names), key=_number)


def _number(name: str) -> int:
    return int(name.partition(".")[0])


_Record = TypeVar("_Record", AssociationOpened, AssociationClosed)


def _read_record(path: Path, kind: type[_Record]) -> _Record:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return kind(**{field.name: content[field.name] for field in fields(kind)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NodeError(
            f"{path} cannot be read ({error}); move its folder out of the spool, "
            f"and import its objects by hand"
        ) from error


# --- after a crash ---------------------------------------------------------------------------


def close_orphans(spool: Path, now: datetime | None = None) -> list[str]:
    """Close the associations whose receiver is gone; safe while other receivers run.

    An orphan's `.part` file was never answered and is deleted. Returns the ids of the
    associations that were closed. Raises OSError when the spool cannot be written.
    """
    _remove_leftovers(spool)
    closed_at = timestamp(now)
    return [name for name in associations(spool) if _close_orphan(spool / name, closed_at)]


def _close_orphan(folder: Path, closed_at: str) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False  # taken and removed since it was listed
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Looked at under the lock: its receiver may have closed it a moment ago. Without its
        # name it was closed too, and is being removed.
        if orphan := CLOSED not in os.listdir(descriptor) and folder.exists():
            _write_end_of_orphan(descriptor, closed_at)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return orphan


def _write_end_of_orphan(descriptor: int, closed_at: str) -> None:
    names = os.listdir(descriptor)
    for name in filter(_PART.fullmatch, names):
        os.unlink(name, dir_fd=descriptor)
    closed = AssociationClosed(
        outcome="aborted",
        closed_at=closed_at,
        objects=_objects_seen(names),
        reason="the receiver stopped",
    )
    _write_record(descriptor, CLOSED, closed)


def _objects_seen(names: list[str]) -> int:
    """The highest number that may have been stored: the one before a part's, or an object's."""
    stored = [_number(name) for name in _in_order(names, _OBJECT)]
    parts = [_number(name) - 1 for name in _in_order(names, _PART)]
    return max((0, *stored, *parts))


def _remove_leftovers(spool: Path) -> None:
    """Remove folders that were being made or removed when a process died.

    Their age spares those which a live process is making at this moment.
    """
    for name in filter(_HIDDEN.fullmatch, _names(spool)):
        if time.time() - _modified(spool / name) > _LEFTOVER_AGE_S:
            shutil.rmtree(spool / name, ignore_errors=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()
