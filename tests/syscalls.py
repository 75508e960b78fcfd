"""What a process asks of the disk, recorded by strace, and what of it a power loss would leave.

The model is that of a journal that may keep any order it was not told (Pillai et al., "All file
systems are not created equal", OSDI 2014): a file's bytes are safe once the file was synced after
its last write, a name once its folder was synced after it was given.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CHANGES = ("mkdir", "write", "fdatasync", "fsync", "rename", "link", "unlink", "sendto")
"""Kinds of call that change what is on the disk, or answer a peer."""

_TRACED = "mkdir,mkdirat,write,writev,pwrite64,fdatasync,fsync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,sendto"  # fmt: skip
_KINDS = {"writev": "write", "pwrite64": "write"}
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OPEN = re.compile(r"^\d+<([^>]*)>")
_BESIDE = re.compile(r'(?:AT_FDCWD(?:<([^>]*)>)?|\d+<([^>]*)>), "((?:[^"\\]|\\.)*)"')


def strace(trace: Path, *options: str) -> tuple[str, ...]:
    """The words before a command that is to be traced; it stays our own child (-D)."""
    return ("strace", "-D", "-f", "-y", "-s", "4096", "-e", f"trace={_TRACED}", "-o", str(trace), *options)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call: its thread, its kind, and the paths it is about."""

    thread: str
    name: str
    paths: tuple[str, ...]

    @property
    def kind(self) -> str:
        plain = _KINDS.get(self.name, self.name)
        return plain.removesuffix("2").removesuffix("at")


def calls(trace: Path) -> list[Call]:
    """All calls of a trace, in the order they were begun; failed ones are left out."""
    return list(_parsed(trace.read_text(encoding="utf-8", errors="replace").splitlines()))


def _parsed(lines: list[str]) -> Iterator[Call]:
    for line in _whole(lines):
        found = _LINE.match(line)
        if found is None or " = -1 " in line:
            continue
        thread, name, arguments = found.groups()
        yield Call(thread, name, tuple(_paths(name, arguments)))


def _whole(lines: list[str]) -> Iterator[str]:
    """Each call in one line: strace cuts one in two where another thread calls meanwhile."""
    ends: dict[str, list[str]] = defaultdict(list)
    for line in reversed(lines):
        if resumed := _RESUMED.match(line):
            ends[resumed[1]].append(resumed[2])
    for line in lines:
        if line.endswith(_UNFINISHED):
            thread = line.split(maxsplit=1)[0]
            yield line.removesuffix(_UNFINISHED) + (ends[thread].pop() if ends[thread] else "")
        else:
            yield line


def _paths(name: str, arguments: str) -> Iterator[str]:
    opened = _OPEN.match(arguments)
    if name.endswith(("at", "at2")):
        for here, folder, path in _BESIDE.findall(arguments):
            base = here or folder
            yield path if path.startswith("/") or not base else f"{base}/{path}"
    elif opened:
        yield opened[1]
    else:
        yield from _QUOTED.findall(arguments)


@dataclass
class Disk:
    """What would be there after a power loss at this moment."""

    _unsynced_bytes: set[str] = field(default_factory=set)
    _unsynced_names: dict[str, set[str]] = field(default_factory=dict)  # by folder
    _names: set[str] = field(default_factory=set)

    def apply(self, call: Call) -> None:
        """Take a call into account."""
        if call.kind == "write":
            self._unsynced_bytes.update(call.paths)
        elif call.kind in ("fdatasync", "fsync"):
            (path,) = call.paths
            self._unsynced_bytes.discard(path)
            self._unsynced_names.pop(path, None)
        elif call.kind in ("rename", "link"):
            source, target = call.paths
            self._give(source, target)
        elif call.kind == "mkdir":
            self._give(call.paths[0], call.paths[0])

    def _give(self, source: str, target: str) -> None:
        self._names.add(target)
        self._unsynced_names.setdefault(_folder(target), set()).add(target)
        if source in self._unsynced_bytes:
            self._unsynced_bytes.add(target)
        for folder in [f for f in self._unsynced_names if f == source]:
            self._unsynced_names[target] = self._unsynced_names.pop(folder)

    def is_whole(self, path: str) -> bool:
        """Whether every byte that was written to the file is safe."""
        return path not in self._unsynced_bytes

    def is_named(self, path: str) -> bool:
        """Whether the name was given and is safe, and so are those of the folders above it."""
        folders = [path, *map(str, Path(path).parents)]
        unsafe = set().union(*self._unsynced_names.values()) if self._unsynced_names else set()
        return path in self._names and not unsafe.intersection(folders)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
