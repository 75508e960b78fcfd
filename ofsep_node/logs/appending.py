"""A file that several processes append lines to, and that may be rotated under them."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path


class AppendedFile:
    """Opens on the first line; opens anew when the path no longer is the file it holds.

    One write a line with O_APPEND, so that lines of several processes do not mix; one thread at a
    time, since the one that finds the file rotated closes what the others would write to. A log that
    cannot be written never stops the node: the fault is said once on standard error.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._failed = False
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Append one line, which ends in a newline."""
        with self._lock:
            self._append(line)

    def _append(self, line: str) -> None:
        try:
            os.write(self._current(), line.encode("utf-8", "backslashreplace"))
            self._failed = False
        except OSError as error:
            if not self._failed:
                sys.stderr.write(f"{self._path}: cannot write the log: {error.strerror}\n")
            self._failed = True

    def _current(self) -> int:
        if self._descriptor is not None and self._moved(self._descriptor):
            os.close(self._descriptor)
            self._descriptor = None
        if self._descriptor is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
        return self._descriptor

    def _moved(self, descriptor: int) -> bool:
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return True
        here = os.fstat(descriptor)
        return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)
