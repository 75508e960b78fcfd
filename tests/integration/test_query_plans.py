"""No query that the intake, `studies` or `show` makes reads a table that grows from end to end.

The queries are those that really are made: each statement is noted as it goes to the database, and
the database is asked how it would find what the statement wants.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select, text
from typer.testing import CliRunner

from ofsep_node.cli import app
from ofsep_node.delivery import Peer
from ofsep_node.domain.retention import Rule
from ofsep_node.domain.sop_classes import PERFORMED_PROCEDURE_STEP, STORAGE_COMMITMENT
from ofsep_node.errors import SettingsError
from ofsep_node.intake.judging import Judging
from ofsep_node.intake.review import Person, Reviewing
from ofsep_node.records import nodes, queries
from ofsep_node.records.base import Base
from ofsep_node.records.database import now
from ofsep_node.records.retention import archived_bytes
from ofsep_node.records.schema import (
    ArrivalRow,
    AssociationRow,
    EventRow,
    InstanceRow,
    VerdictRow,
    VisitRow,
)
from ofsep_node.records.series import find_series
from ofsep_node.records.services_schema import CommitmentRow
from ofsep_node.retention import Retention
from tests.intake_node import MR_IMAGE_STORAGE, IntakeNode, t1_slice, uid_of
from tests.integration.test_services import commitments
from tests.modality import commitment_request, kept, new_step, receive

GROWING = (
    "instance", "arrival", "event", "visit", "association", "verdict",
    "performed_step", "commitment", "committed_study",
)  # fmt: skip
STUDY = uid_of("study", 1)

_BY_ROW = ("Seq Scan", "Index Scan", "Index Only Scan")
"""PostgreSQL's ways to find rows of a table; the rows of a bitmap come from an index's condition."""

Statements = dict[str, Any]
"""What was asked, with the values it was first asked with."""


@contextlib.contextmanager
def noted() -> Iterator[Statements]:
    """All statements of the block that read one of the growing tables, whoever makes them."""
    found: Statements = {}
    named = re.compile(rf"\b(FROM|JOIN|UPDATE) ({'|'.join(GROWING)})\b")

    def note(*said: Any) -> None:
        _, _, statement, values, _, several = said
        if named.search(statement) and not statement.startswith("INSERT"):
            found.setdefault(statement, values[0] if several else values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def nobody(title: str, _address: str, _ours: str) -> Peer:
    raise SettingsError(f"{title} is not listed")


def live_path(node: IntakeNode) -> None:
    """Whatever the intake does: new, again, in conflict, unreadable, later, settled, restarted."""
    other = t1_slice(2, EchoTime=9)
    node.send(t1_slice(1), t1_slice(2), b"no DICOM")
    node.send(t1_slice(1), other, peer="PACS")
    node.intake.judge_waiting()
    node.intake._renew()
    node.wait(node.quiet_period_s + 1)
    receive(node, "create", kept(new_step(STUDY), PERFORMED_PROCEDURE_STEP, "1.2.3"))
    asked = commitment_request("1.2.3", [(MR_IMAGE_STORAGE, uid_of("instance 1 1", 1))])
    receive(node, "action", kept(asked, STORAGE_COMMITMENT))
    node.restart()
    node.intake.drain()
    commitments(node, nobody).step()
    commitments(node, nobody).step()
    node.send(t1_slice(3), other)
    node.intake._adopt(node.edition)
    node.wait(node.quiet_period_s + 1)


def give_up_the_silent(node: IntakeNode) -> None:
    held = node.intake._presence._node
    if held is not None:  # on PostgreSQL
        with node.records.writing() as session:
            nodes.give_up_silent(session, held, now(session) + timedelta(days=1))


def correct(node: IntakeNode) -> None:
    judging = Judging(node.edition, "en", timedelta(seconds=60))
    with node.records.reading() as session:
        meant = find_series(session, f"{STUDY}/1")
    Reviewing(node.records, judging, "elsewhere").pin(meant, {"weighting": "t2"}, Person("M", "T2"))


def ask(node: IntakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """As people do."""
    monkeypatch.setenv("OFSEP_NODE_RECORDS__URL", node.url)
    commands = (
        ["studies"], ["show", STUDY], ["show", "TEST-1"], ["show", STUDY[-9:]],
        ["show", STUDY, "--history"],
    )  # fmt: skip
    for command in commands:
        answer = CliRunner().invoke(app, [*command, "--data", str(node.data)])
        assert answer.exit_code == 0, answer.output
    with node.records.reading() as session:
        queries.study_counts(session)


def drop_images(node: IntakeNode) -> None:
    """As the node does unasked, and once more when something keeps them."""
    retention = Retention(
        node.records, node.archive, node.name, "test", now=lambda _: node.now, pause=lambda _: None
    )
    with node.records.writing() as session:
        session.query(CommitmentRow).filter_by(node=node.name).update({"state": "reported"})
    for _ in range(2):
        (study,) = retention.over_time(Rule("age", timedelta()))
        retention.drop(study, Rule("age", timedelta()))
        asked = commitment_request("1.2.4", [(MR_IMAGE_STORAGE, uid_of("instance 1 1", 1))])
        receive(node, "action", kept(asked, STORAGE_COMMITMENT), [t1_slice(1)])
        node.intake.drain()
    assert retention.unfinished() == []
    with node.records.reading() as session:
        archived_bytes(session)


def partial_indexes() -> set[str]:
    """Indexes that hold a few rows of a table: to read all of one is what they are for."""
    indexes = (index for table in Base.metadata.sorted_tables for index in table.indexes)
    return {str(i.name) for i in indexes if i.dialect_options["sqlite"]["where"] is not None}


def scans_of_sqlite(connection: Connection, statement: str, values: Any) -> list[str]:
    """The steps that go through a whole table, or through a whole index of one."""
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    found = []
    for *_, step in plan:
        scanned = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        if scanned and scanned[1] in GROWING and scanned[2] not in partial_indexes():
            found.append(step)
    return found


def scans_of_postgresql(connection: Connection, statement: str, values: Any) -> list[str]:
    """The same; a table without rows would always be scanned, were it not for the setting."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
    (plan,) = explained.one()
    return [str(step) for step in _steps(plan[0]["Plan"]) if _is_scan(step)]


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {key: value for key, value in plan.items() if key != "Plans"}
    for part in plan.get("Plans", ()):
        yield from _steps(part)


def _is_scan(step: dict[str, Any]) -> bool:
    if step.get("Relation Name") not in GROWING or step["Node Type"] not in _BY_ROW:
        return False
    return "Index Cond" not in step and step.get("Index Name") not in partial_indexes()


def test_nothing_that_grows_is_read_from_end_to_end(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with noted() as statements:
        live_path(node)
        correct(node)
        ask(node, monkeypatch)
        give_up_the_silent(node)
        drop_images(node)
    outcomes = {"stored": 4, "conflict": 1, "duplicate": 3, "unreadable": 1, "request": 4}
    assert node.outcomes() == outcomes
    assert len(statements) > 20

    scans = scans_of_postgresql if node.records.is_postgresql else scans_of_sqlite
    with node.records.reading() as session:
        read = {s: scans(session.connection(), s, v) for s, v in statements.items()}
    assert {statement: steps for statement, steps in read.items() if steps} == {}


def test_a_scan_would_be_seen(node: IntakeNode) -> None:
    scans = scans_of_postgresql if node.records.is_postgresql else scans_of_sqlite
    unindexed = (
        InstanceRow.size, ArrivalRow.reason, EventRow.level, VisitRow.stored, AssociationRow.port,
        VerdictRow.conclusion,
    )  # fmt: skip
    with node.records.reading() as session:
        for column in unindexed:
            wanted = select(column).where(column.is_not(None)).compile(session.get_bind())
            assert scans(session.connection(), str(wanted), ()), column
