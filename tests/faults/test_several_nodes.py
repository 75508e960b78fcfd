"""Whole nodes, as `ofsep-node serve` starts them, on one PostgreSQL and one archive; some are lost.

A study that must not settle yet is kept open by an association, not by a long quiet period. What
was recorded and told is looked up in the database: a log lacks what its node had no time to write.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.records import Records
from ofsep_node.records.locks import lock_studies
from tests.databases import PostgresServer, closed_to_others, new_database
from tests.found import below
from tests.intake_node import t1_slice, uid_of
from tests.node import Event, RunningNode, run
from tests.reception_node import wait_until
from tests.upper_layer import RawSender
from tests.wire import Wire

STUDY = uid_of("study", 1)
IMAGES = 24
AWAY_AFTER_S = "10"
PATIENCE_S = 300.0
"""How long a loaded machine may take for what takes seconds."""

pytestmark = pytest.mark.slow

Nodes = Callable[..., RunningNode]


class Database:
    """What the nodes have written down together."""

    def __init__(self, url: str) -> None:
        self.url = url
        address = make_url(url).set(drivername="postgresql+psycopg")
        self._engine = create_engine(address, isolation_level="AUTOCOMMIT", pool_pre_ping=True)

    @property
    def engine(self) -> Engine:
        return self._engine

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def recorded(self) -> int:
        return int(self.rows("SELECT count(*) FROM instance")[0][0])

    def verdicts(self) -> list[int]:
        """How many images each verdict was of that was told, by whichever node."""
        return [int(details["images"]) for details in self._told("study.verdict")]

    def away(self) -> list[str]:
        """Which nodes were declared away, in this order."""
        return [str(details["about"]) for details in self._told("node.away")]

    def returned(self) -> list[str]:
        """Which nodes came back after that."""
        return [str(details["about"]) for details in self._told("node.returned")]

    def _told(self, name: str) -> list[Mapping[str, Any]]:
        told = self.rows(
            "SELECT details FROM event WHERE name = :name ORDER BY event_id", name=name
        )
        return [details for (details,) in told]

    def states(self) -> dict[str, str]:
        return dict(self.rows("SELECT name, state FROM node"))


@pytest.fixture
def database(postgresql: PostgresServer) -> Iterator[Database]:
    with new_database(postgresql) as url:
        found = Database(url)
        yield found
        found.engine.dispose()


@pytest.fixture
def start(database: Database, tmp_path: Path) -> Iterator[Nodes]:
    """Start a node by its name; a second time, in the same folder."""
    given = {
        "NODE__ARCHIVE": str(tmp_path / "archive"),
        "NODE__AWAY_AFTER_S": AWAY_AFTER_S,
        "RECORDS__URL": database.url,
    }
    with contextlib.ExitStack() as running:

        def node(name: str, **settings: str) -> RunningNode:
            settings = given | {"NODE__NAME": name} | settings
            return running.enter_context(RunningNode(tmp_path / name, terminal=None, **settings))

        yield node


@pytest.fixture
def connect() -> Iterator[Callable[[RunningNode], RawSender]]:
    """Open an association with a node, which ends with the test."""
    with contextlib.ExitStack() as connected:

        def association(node: RunningNode) -> RawSender:
            sender = connected.enter_context(RawSender(node.port, PATIENCE_S))
            sender.associate()
            return sender

        yield association


Connect = Callable[[RunningNode], RawSender]


@pytest.fixture
def images() -> list[bytes]:
    files = [t1_slice(number) for number in range(IMAGES)]
    return [content[data_set_offset(io.BytesIO(content)) :] for content in files]


def store(association: RawSender, data_sets: list[bytes]) -> None:
    assert {association.store(data_set) for data_set in data_sets} == {0x0000}


def send(node: RunningNode, data_sets: list[bytes]) -> None:
    with RawSender(node.port, PATIENCE_S) as association:
        association.associate()
        store(association, data_sets)
        association.release()


def wait(condition: Callable[[], bool]) -> None:
    wait_until(condition, PATIENCE_S)


def archived(tmp_path: Path) -> int:
    return sum(path.suffix == ".dcm" for path in below(tmp_path / "archive"))


def instances(node: RunningNode) -> int:
    return sum(s["instances"] for s in node.document(STUDY)["series"])


def listed(node: RunningNode) -> tuple[str, str]:
    """What `studies` prints, and what it says on standard error."""
    done = run("studies", "--data", node.data, **node.settings)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def followed_everywhere(node: RunningNode) -> list[Event]:
    """What `tail --all-nodes` shows."""
    options = ("--no-follow", "--level", "debug", "-n", "1000", "--format", "json")
    done = run("tail", "--all-nodes", *options, "--data", node.data, **node.settings)
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_all_is_well(database: Database, nodes: list[RunningNode], count: int) -> None:
    """Every image is there once, nothing waits, nobody is missed, and all say the same."""
    wait(lambda: database.states() == dict.fromkeys(("one", "two"), "running"))
    wait(lambda: [path for node in nodes for path in node.spooled()] == [])
    assert database.recorded() == archived(nodes[0].data.parent) == count
    shown = [node.document(STUDY) for node in nodes]
    assert shown[0] == shown[1]
    assert sum(s["instances"] for s in shown[0]["series"]) == count
    assert shown[0]["state"] == "settled"
    lists = [listed(node) for node in nodes]
    assert lists[0] == lists[1]
    assert f"{count} images" in lists[0][0]
    assert lists[0][1] == ""


def test_an_association_for_each_image_over_two_nodes_gives_one_verdict(
    start: Nodes, connect: Connect, database: Database, images: list[bytes], tmp_path: Path
) -> None:
    both = [start("one"), start("two")]
    held = connect(both[0])
    store(held, images[:1])
    wait(lambda: database.recorded() == 1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: send(both[n % 2], [images[n]]), range(1, IMAGES)))
    held.release()
    wait(lambda: database.verdicts() != [])
    with RunningNode(tmp_path / "alone") as alone:
        send(alone, images)
        alone.wait_for_verdict(STUDY, within_s=PATIENCE_S)
        expected = alone.document(STUDY)

    assert database.verdicts() == [IMAGES]
    assert_all_is_well(database, both, IMAGES)
    assert both[0].document(STUDY) == expected
    followed = [followed_everywhere(node) for node in both]
    assert followed[0] == followed[1]
    stored = [e["node"] for e in followed[0] if e["event"] == "instance.stored"]
    assert {node: stored.count(node) for node in stored} == {"one": 12, "two": 12}
    assert [e["images"] for e in followed[0] if e["event"] == "study.verdict"] == [IMAGES]


@pytest.mark.parametrize("moment", ["open", "in the spool", "released"])
def test_a_node_killed_in_a_study_is_taken_over(
    start: Nodes, connect: Connect, database: Database, images: list[bytes], moment: str
) -> None:
    one, two = start("one"), start("two")
    association = connect(two)
    store(association, images[:8])
    wait(lambda: database.recorded() == 8)
    send(one, images[8:16])
    wait(lambda: database.recorded() == 16)
    if moment == "released":
        association.release()
    with contextlib.ExitStack() as held:
        if moment == "in the spool":
            held.enter_context(_study_kept_from_everyone(database.url))
            store(association, images[16:20])
        two.kill()
    wait(lambda: database.verdicts() == [16] and database.away() == ["two"])
    assert instances(one) == 16
    assert "the node two is away since" in listed(one)[1]
    lost = 4 if moment == "in the spool" else 0
    assert len(two.spooled()) == lost  # its own: no other node reads it

    back = start("two")
    send(one, images[20:])
    wait(lambda: database.verdicts()[1:] != [])
    assert database.verdicts() == [16, 20 + lost]
    assert database.returned() == ["two"]
    assert_all_is_well(database, [one, back], 20 + lost)


def test_a_node_cut_off_from_the_database_takes_images_and_records_them_later(
    start: Nodes, connect: Connect, database: Database, images: list[bytes]
) -> None:
    with _wire_to(database) as wire:
        one, two = start("one"), start("two", RECORDS__URL=_through(wire, database))
        association = connect(two)
        store(association, images[:8])
        wait(lambda: database.recorded() == 8)
        send(one, images[8:16])
        wait(lambda: database.recorded() == 16)
        wire.cut()
        store(association, images[16:20])
        association.release()
        send(two, images[20:])
        wait(lambda: database.verdicts() == [16] and database.away() == ["two"])
        assert len(two.spooled()) == 8

        wire.mend()
        wait(lambda: database.verdicts()[1:] != [])
        assert database.verdicts() == [16, IMAGES]
        assert database.returned() == ["two"]
        assert_all_is_well(database, [one, two], IMAGES)


def test_a_node_that_was_frozen_goes_on_with_the_association_it_was_taken_for_lost_with(
    start: Nodes, connect: Connect, database: Database, images: list[bytes]
) -> None:
    one, two = start("one"), start("two")
    association = connect(two)
    store(association, images[:8])
    wait(lambda: database.recorded() == 8)
    send(one, images[8:16])
    wait(lambda: database.recorded() == 16)
    with _frozen(two, database):
        wait(lambda: database.verdicts() == [16] and database.away() == ["two"])

    store(association, images[16:])
    wait(lambda: database.recorded() == IMAGES)
    association.release()
    wait(lambda: database.verdicts()[1:] != [])
    assert database.verdicts() == [16, IMAGES]
    assert_all_is_well(database, [one, two], IMAGES)


def test_the_database_goes_and_comes_back_under_both(
    start: Nodes,
    connect: Connect,
    database: Database,
    postgresql: PostgresServer,
    images: list[bytes],
) -> None:
    """Neither settles the study before both have recorded it, nor takes the other for lost."""
    one, two = (start(name, NODE__AWAY_AFTER_S="20") for name in ("one", "two"))
    held = connect(one)
    store(held, images[:4])
    wait(lambda: database.recorded() == 4)
    with database.engine.connect() as kept, closed_to_others(postgresql, database.url, kept):
        send(one, images[4:14])
        send(two, images[14:])
        held.release()
        wait(lambda: bool(one.events("intake.waiting") and two.events("intake.waiting")))
        wait(lambda: _nobody_has_a_lease(kept))
    wait(lambda: database.verdicts() != [])

    assert database.verdicts() == [IMAGES]
    assert database.away() == []
    assert_all_is_well(database, [one, two], IMAGES)


def test_both_drain(start: Nodes, database: Database, images: list[bytes], tmp_path: Path) -> None:
    one, two = start("one"), start("two")
    send(one, images[:12])
    send(two, images[12:])
    assert [one.stop(), two.stop()] == [0, 0]

    assert database.recorded() == archived(tmp_path) == IMAGES
    assert one.spooled() == two.spooled() == []
    assert database.rows("SELECT DISTINCT state, waiting FROM node") == [("stopped", 0)]
    assert database.rows("SELECT count(*) FROM association WHERE closed_at IS NULL") == [(0,)]


def test_a_name_that_is_taken_is_refused_with_one_message(start: Nodes, tmp_path: Path) -> None:
    one = start("one")
    other = _served(tmp_path / "other", **one.settings)
    assert other.returncode == 2
    assert "another node called one works on this database" in other.stderr
    assert "Traceback" not in other.stderr


def test_an_archive_of_other_records_is_refused_with_one_message(
    start: Nodes, tmp_path: Path
) -> None:
    start("one")
    other = _served(tmp_path / "other", NODE__ARCHIVE=str(tmp_path / "archive"))
    assert other.returncode == 2
    assert "a node with other records keeps its objects in this archive" in other.stderr
    assert "Traceback" not in other.stderr


def _served(data: Path, **settings: str) -> Any:
    """What `serve` has to say that does not start."""
    given = {"RECEPTION__HOST": "127.0.0.1", "WEB__PORT": "0"} | settings
    return run("serve", "--data", data, "--port", "0", **given)


@contextlib.contextmanager
def _study_kept_from_everyone(url: str) -> Iterator[None]:
    """Hold the study's lock, so that no intake can record an object of it."""
    records = Records(url)
    with records.reading() as session:
        lock_studies(session, [STUDY])
        yield
    records.close()


def _wire_to(database: Database) -> Wire:
    return Wire(Path(str(make_url(database.url).query["host"])) / ".s.PGSQL.5432")


def _through(wire: Wire, database: Database) -> str:
    url = make_url(database.url).set(host="127.0.0.1", port=wire.port, query={})
    return url.render_as_string(hide_password=False)


@contextlib.contextmanager
def _frozen(node: RunningNode, database: Database) -> Iterator[None]:
    """As a machine is that gets no time; between two transactions, whose locks it would keep."""
    processes = node.processes()
    try:
        while True:
            _signal(processes, signal.SIGSTOP)
            if _no_transaction_is_open(database):
                break
            _signal(processes, signal.SIGCONT)
        yield
    finally:
        _signal(processes, signal.SIGCONT)


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        os.kill(process, number)


def _no_transaction_is_open(database: Database) -> bool:
    """False when one stays open: it is that of a node which has been frozen in it."""
    found = (
        "SELECT xact_start FROM pg_stat_activity WHERE datname = current_database() "
        "AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    )
    before = set(database.rows(found))
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not before & set(database.rows(found)), 5)
    return not before & set(database.rows(found))


def _nobody_has_a_lease(connection: Connection) -> bool:
    running_out = text("SELECT bool_and(lease_until < clock_timestamp()) FROM node")
    return bool(connection.execute(running_out).scalar())
