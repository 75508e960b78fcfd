"""All records carried to another database, both ways, and work that goes on there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from ofsep_node.errors import RecordsError
from ofsep_node.records import Records, queries
from ofsep_node.records.base import Base
from ofsep_node.records.copying import copy
from ofsep_node.records.migration import upgrade
from tests.databases import PostgresServer, new_database
from tests.intake_node import IntakeNode, t1_slice, uid_of

STUDY = uid_of("study", 1)


@pytest.fixture
def urls(postgresql: PostgresServer, tmp_path: Path) -> Iterator[dict[str, str]]:
    with new_database(postgresql) as url:
        yield {"sqlite": f"sqlite:///{tmp_path / 'records.sqlite'}", "postgresql": url}


def _everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    records = Records(url)
    tables = [t for t in Base.metadata.sorted_tables if t.name != "node"]
    with records.reading() as session:
        found = {
            t.name: [tuple(r) for r in session.execute(select(t).order_by(*t.primary_key))]
            for t in tables
        }
    records.close()
    return found


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_the_records_are_the_same_elsewhere_and_go_on(
    urls: dict[str, str], tmp_path: Path, source: str, target: str
) -> None:
    node = IntakeNode(tmp_path / "data", urls[source])
    node.send(t1_slice(1), t1_slice(1), t1_slice(1, EchoTime=5), b"not DICOM")
    node.wait(61)
    node.records.close()
    counted = copy(urls[source], urls[target])

    assert counted["instance"] == 2
    assert counted["arrival"] == 4
    assert _everything(urls[target]) == _everything(urls[source])
    moved = IntakeNode(tmp_path / "data", urls[target], now=node.now)
    moved.send(t1_slice(2), t1_slice(1))
    moved.wait(61)
    with moved.records.reading() as session:
        versions = queries.verdict_history(session, STUDY)
    assert [v.version for v in versions] == [1, 2]
    assert moved.outcomes() == {"stored": 2, "duplicate": 2, "conflict": 1, "unreadable": 1}
    moved.records.close()


def test_records_are_never_mixed(urls: dict[str, str], tmp_path: Path) -> None:
    node = IntakeNode(tmp_path / "data", urls["sqlite"])
    node.send(t1_slice(1))
    copy(urls["sqlite"], urls["postgresql"])
    before = _everything(urls["postgresql"])

    with pytest.raises(RecordsError, match=r"holds records already .*nothing was copied"):
        copy(urls["sqlite"], urls["postgresql"])
    assert _everything(urls["postgresql"]) == before
    node.records.close()


def test_what_is_not_there_is_not_copied(urls: dict[str, str]) -> None:
    upgrade(urls["postgresql"])
    with pytest.raises(RecordsError, match="does not exist"):
        copy(urls["sqlite"], urls["postgresql"])
