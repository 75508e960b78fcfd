"""Full records take minutes to make: they are made once, and each run gets a copy to write to."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from tests.benchmarks import full_records
from tests.benchmarks.full_records import FullRecords, fill
from tests.databases import PostgresServer, execute, new_database, postgresql_server
from tests.meta.project import PACKAGE, ROOT

KEPT = ROOT / ".cache" / "full-records"

_FULL = "full_records"
_MADE_BY = (
    Path(full_records.__file__),
    Path(full_records.__file__).with_name("study.py"),
    PACKAGE / "records" / "schema.py",
    PACKAGE / "domain" / "verdict.py",
)
"""What is kept is of no use once one of these files is another."""


@contextlib.contextmanager
def sqlite_records(folder: Path, instances: int) -> Iterator[FullRecords]:
    """A copy in this folder, some gigabytes for a million; it goes at the end of the block."""
    place = _place("sqlite", instances)
    kept, copy = place / "records.sqlite", folder / "records.sqlite"
    made = _made(place, lambda: fill(f"sqlite:///{kept}", place / "first", instances))
    shutil.copyfile(kept, copy)
    yield replace(made, url=f"sqlite:///{copy}")
    copy.unlink()


@contextlib.contextmanager
def postgresql_records(instances: int) -> Iterator[tuple[FullRecords, PostgresServer]]:
    """A copy on the server that keeps the database itself."""
    place = _place("postgresql", instances)
    with postgresql_server(place) as server:
        made = _made(place, lambda: _filled(server, place, instances))
        with new_database(server, copied=_FULL) as url:
            yield replace(made, url=url), server


def _filled(server: PostgresServer, place: Path, instances: int) -> FullRecords:
    execute(server, f"CREATE DATABASE {_FULL}")
    return fill(server.get_uri(database=_FULL), place / "first", instances)


def _place(kind: str, instances: int) -> Path:
    """The folder of what is kept, emptied when it was not finished; others of its kind go."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in _MADE_BY)).hexdigest()[:12]
    place = KEPT / f"{kind}-{instances}-{digest}"
    for other in KEPT.glob(f"{kind}-{instances}-*"):
        if other != place or not _note(place).exists():
            shutil.rmtree(other)
    place.mkdir(parents=True, exist_ok=True)
    return place


def _made(place: Path, make: Callable[[], FullRecords]) -> FullRecords:
    if not _note(place).exists():
        made = make()
        shutil.rmtree(place / "first")  # spool and archive of what was copied
        _note(place).write_text(json.dumps(asdict(made)), encoding="utf-8")
    return FullRecords(**json.loads(_note(place).read_text(encoding="utf-8")))


def _note(place: Path) -> Path:
    """What the records hold; it is there once they are whole."""
    return place / "full.json"
