"""The schema comes into being by itself, and a database that cannot be used is named clearly."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from ofsep_node.errors import RecordsError
from ofsep_node.records import DatabaseUnavailable, Records, check, migration
from ofsep_node.records.base import Base
from ofsep_node.records.database import StatementFailed, engine_for
from ofsep_node.records.database import database_url as parsed
from ofsep_node.records.migration import upgrade
from ofsep_node.records.schema import ArrivalRow, StudyRow, VerdictRow
from tests.intake_node import START


def _execute(url: str, statement: str) -> None:
    engine = engine_for(parsed(url))
    with engine.execution_options(writing=True).begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_an_empty_database_is_brought_to_the_newest_schema(database_url: str) -> None:
    with pytest.raises(RecordsError, match="ofsep-node db upgrade"):
        check(database_url)
    revision = upgrade(database_url)

    assert check(database_url) == revision
    assert upgrade(database_url) == revision


def test_tables_and_migrations_agree(database_url: str) -> None:
    upgrade(database_url)
    engine = engine_for(parsed(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_nodes_that_start_together_upgrade_once(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        revisions = set(pool.map(upgrade, [database_url] * 4))

    assert revisions == {check(database_url)}


@pytest.mark.parametrize("work", [check, upgrade])
def test_a_newer_schema_is_refused_and_left_alone(
    database_url: str, work: Callable[[str], str]
) -> None:
    upgrade(database_url)
    _execute(database_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(RecordsError, match="9999, newer than this version"):
        work(database_url)
    with pytest.raises(RecordsError, match="9999"):
        check(database_url)


def test_tables_of_another_program_are_refused(database_url: str) -> None:
    _execute(database_url, "CREATE TABLE study (name VARCHAR(10))")

    with pytest.raises(RecordsError, match="tables of another program"):
        upgrade(database_url)


def test_a_password_is_never_told() -> None:
    url = "postgresql://node:hush@127.0.0.1:1/records"
    with pytest.raises(DatabaseUnavailable, match=r"node:\*\*\*@127.0.0.1") as caught:
        check(url)

    assert "hush" not in str(caught.value)
    assert "hush" not in Records(url).name


@pytest.mark.parametrize("url", ["mysql://host/db", "records.sqlite", ""])
def test_a_url_that_is_none_says_what_to_write(url: str) -> None:
    with pytest.raises(RecordsError, match=r"records\.url"):
        check(url)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 30)

    with pytest.raises(RecordsError, match=r"records\.sqlite"):
        upgrade(f"sqlite:///{path}")


def test_checking_does_not_make_a_file(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="does not exist"):
        check(f"sqlite:///{tmp_path / 'records.sqlite'}")

    assert list(tmp_path.iterdir()) == []


def test_sqlite_syncs_every_commit_and_keeps_its_references(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    upgrade(url)
    with Records(url).reading() as session:
        settings = {
            name: session.execute(sqlalchemy.text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_transaction_that_fails_leaves_no_trace(database_url: str) -> None:
    upgrade(database_url)
    records = Records(database_url)
    statement = sqlalchemy.text("INSERT INTO event_cursor VALUES ('n', 'log', 1)")
    with pytest.raises(ZeroDivisionError), records.writing() as session:
        session.execute(statement)
        raise ZeroDivisionError
    with records.reading() as session:
        count = session.execute(sqlalchemy.text("SELECT count(*) FROM event_cursor")).scalar()
    records.close()

    assert count == 0


def test_a_statement_that_is_wrong_is_not_waited_for(database_url: str) -> None:
    upgrade(database_url)
    records = Records(database_url)
    statement = sqlalchemy.text("SELECT 'Secret' AS told, absent FROM study")
    with pytest.raises(StatementFailed) as caught, records.reading() as session:
        session.execute(statement, {})
    records.close()

    assert caught.value.__suppress_context__


def test_a_locked_file_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ofsep_node.records.database.BUSY_TIMEOUT_MS", 10)
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    upgrade(url)
    one, two = Records(url), Records(url)
    work = sqlalchemy.text("SELECT 1")
    with one.writing() as first:
        first.execute(work)
        with pytest.raises(DatabaseUnavailable, match="locked"), two.writing() as second:
            second.execute(work)


def test_a_damaged_file_is_said_in_one_message(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 30)
    with pytest.raises(RecordsError, match=r"records\.sqlite") as caught:
        Records(f"sqlite:///{path}").ping()

    assert not isinstance(caught.value, DatabaseUnavailable)


def test_the_newest_studies_are_found_by_an_index(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    upgrade(url)
    newest = "SELECT * FROM study ORDER BY last_received_at DESC, study_instance_uid LIMIT 20"
    with Records(url).reading() as session:
        plan = session.execute(sqlalchemy.text(f"EXPLAIN QUERY PLAN {newest}")).all()

    assert any("ix_study_last_received_at" in row[3] for row in plan)


def _to_revision(url: str, revision: str) -> None:
    engine = engine_for(parsed(url))
    with engine.execution_options(writing=True).begin() as connection:
        command.upgrade(migration._configuration(connection), revision)
    engine.dispose()


def _fill(url: str, rows: dict[str, list[dict[str, object]]]) -> None:
    """Insert into the tables as they are in the database, not as this version describes them."""
    engine = engine_for(parsed(url))
    tables = sqlalchemy.MetaData()
    tables.reflect(engine)
    with engine.execution_options(writing=True).begin() as connection:
        for name, values in rows.items():
            connection.execute(tables.tables[name].insert(), values)
    engine.dispose()


def _judged(study: str, parts: object) -> dict[str, list[dict[str, object]]]:
    """A study with two verdicts, as the first schema has them."""
    states = {"state": "settled"}
    document = {"study": {"parts": parts}}
    verdict = {"study_instance_uid": study, "conclusion": "compliant", "frozen": True} | states
    return {
        "study": [
            {"study_instance_uid": study, "version": 2, "revision": 1, "images": 1, **states,
             "first_received_at": START, "last_received_at": START}
        ],
        "verdict": [
            {**verdict, "version": 1, "judged_at": START, "document": {"study": {"parts": []}}},
            {**verdict, "version": 2, "judged_at": START, "document": document},
        ],
    }  # fmt: skip


def test_the_first_schema_is_upgraded_with_what_it_holds(database_url: str) -> None:
    _to_revision(database_url, "0001")
    _fill(database_url, _judged("1.2", ["brain", "cord"]))
    _fill(database_url, _judged("1.3", 7))
    association = {"association_id": "a", "node": "n", "calling_ae_title": "P", "unreadable": 1,
                   "called_ae_title": "N", "address": "::1", "opened_at": START}  # fmt: skip
    arrival = {"association_id": "a", "sequence": 1, "outcome": "unreadable", "at": START}
    _fill(database_url, {"association": [association], "arrival": [arrival]})
    assert upgrade(database_url) == check(database_url)

    records = Records(database_url)
    with records.reading() as session:
        rows = {r.study_instance_uid: r for r in session.scalars(sqlalchemy.select(StudyRow))}
        arrived = session.scalars(sqlalchemy.select(ArrivalRow)).one()
        versions = session.scalars(sqlalchemy.select(VerdictRow.version)).all()
        session.expunge_all()
    records.close()
    assert (rows["1.2"].parts, rows["1.3"].parts) == (["brain", "cord"], [])
    assert {(r.whole_cord, r.annotated) for r in rows.values()} == {(False, False)}
    assert {r.receiving_since for r in rows.values()} == {START}
    assert arrived.sop_instance_uid is None
    assert sorted(versions) == [1, 1, 2, 2]


def test_what_lies_in_the_archive_is_counted_by_study(database_url: str) -> None:
    _to_revision(database_url, "0005")
    _fill(database_url, _received("1.2", 300, 45) | {"series": [_series("1.2"), _series("1.3")]})
    upgrade(database_url)
    records = Records(database_url)
    with records.reading() as session:
        found = {
            s.study_instance_uid: (s.archived_bytes, s.dropping, s.dropped_at)
            for s in session.query(StudyRow)
        }
    records.close()
    assert found == {"1.2": (345, False, None), "1.3": (0, False, None)}


def _series(study: str) -> dict[str, object]:
    return {"study_instance_uid": study, "series_instance_uid": f"{study}.1", "images": 1}


def _received(study: str, *sizes: int) -> dict[str, list[dict[str, object]]]:
    """Two studies, one of them with objects of these sizes, as schema 0005 has them."""
    times = dict.fromkeys(("first_received_at", "last_received_at", "receiving_since"), START)
    row = {"state": "settled", "version": 0, "revision": 1, "images": 1, "whole_cord": False,
           "annotated": False, **times}  # fmt: skip
    association = {"association_id": "a", "node": "n", "calling_ae_title": "P", "unreadable": 0,
                   "called_ae_title": "N", "address": "::1", "opened_at": START}  # fmt: skip
    instance = {"sop_class_uid": "1.1", "study_instance_uid": study, "association_id": "a",
                "series_instance_uid": f"{study}.1", "facts": "{}", "conflict": False,
                "counted": True, "received_at": START}  # fmt: skip
    objects = [
        {**instance, "sop_instance_uid": f"1.9.{n}", "digest": str(n), "size": size,
         "archived_as": f"{n}.dcm"}
        for n, size in enumerate(sizes)
    ]  # fmt: skip
    return {
        "study": [{"study_instance_uid": uid, **row} for uid in ("1.2", "1.3")],
        "association": [association],
        "series": [],
        "instance": objects,
    }
