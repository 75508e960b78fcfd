"""Several nodes on one PostgreSQL and one archive: one truth, whoever receives what."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from ofsep_node import spool
from ofsep_node.domain.retention import Rule
from ofsep_node.domain.sop_classes import PERFORMED_PROCEDURE_STEP
from ofsep_node.errors import NodeNameTaken, NodeNotFound, RecordsError
from ofsep_node.records import Records, locks, nodes, queries
from ofsep_node.records.database import TransactionLost, repeated
from ofsep_node.records.locks import lock_studies
from ofsep_node.records.nodes import NodeEntry
from ofsep_node.retention import Outcome, Retention
from tests.databases import PostgresServer, new_database
from tests.intake_node import MR_IMAGE_STORAGE, IntakeNode, t1_slice, uid_of
from tests.modality import end_of_step, kept, new_step, receive
from tests.reception_node import wait_until

STUDY = uid_of("study", 1)
AWAY_AFTER_S = 60.0

Start = Callable[..., IntakeNode]

_WAITS = sqlalchemy.text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
    "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
)


@pytest.fixture
def url(postgresql: PostgresServer) -> Iterator[str]:
    with new_database(postgresql) as url:
        yield url


@pytest.fixture
def start(url: str, tmp_path: Path) -> Iterator[Start]:
    """Start a node by its name; all have their own folder and clock, and one archive."""
    started: list[IntakeNode] = []

    def node(name: str, **changes: Any) -> IntakeNode:
        given: dict[str, Any] = {"shared_archive": tmp_path / "archive", "settings": {}} | changes
        given["settings"] = {"away_after_s": AWAY_AFTER_S} | given["settings"]
        folder = given.pop("data", tmp_path / name)
        started.append(IntakeNode(folder, url, name=name, **given))
        return started[-1]

    yield node
    for one in started:
        one.records.close()


def renew(*those: IntakeNode) -> None:
    """Let nodes record what came, say that they are there, and look after the others."""
    for node in those:
        node.intake.drain()
        node.intake._renew()


def pass_time(seconds: float, *those: IntakeNode) -> None:
    for node in those:
        node.now += timedelta(seconds=seconds)


def document(node: IntakeNode, study: str = STUDY) -> dict[str, Any]:
    with node.records.reading() as session:
        versions = queries.verdict_history(session, study)
    return versions[-1].document


def versions(node: IntakeNode, study: str = STUDY) -> list[tuple[int, bool]]:
    with node.records.reading() as session:
        return [(v.version, v.frozen) for v in queries.verdict_history(session, study)]


def state(node: IntakeNode, study: str = STUDY) -> str:
    with node.records.reading() as session:
        return queries.study(session, study).state


def known(node: IntakeNode) -> dict[str, NodeEntry]:
    with node.records.reading() as session:
        return {entry.name: entry for entry in nodes.entries(session)}


def images(count: int = 24) -> list[bytes]:
    """Two series, of which the judge has something to say; their images interleaved."""
    return [t1_slice(n, series=n % 2 + 1) for n in range(count)]


def by_turns(objects: Sequence[bytes], those: Sequence[IntakeNode]) -> None:
    """An association for each image, one node after the other, as a balancer spreads them."""
    for number, content in enumerate(objects):
        those[number % len(those)].send(content)


def settled(node: IntakeNode, *others: IntakeNode) -> None:
    pass_time(61, node, *others)
    renew(node, *others)
    node.intake.settle()


def test_a_study_split_image_by_image_has_the_verdict_of_one_node(
    start: Start, tmp_path: Path
) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    by_turns(images(), [one, two])
    settled(one, two)
    two.intake.settle()
    alone = IntakeNode(tmp_path / "alone", f"sqlite:///{tmp_path / 'alone.sqlite'}")
    by_turns(images(), [alone])
    alone.wait(61)

    assert versions(one) == versions(two) == [(1, True)]
    assert document(one) == document(two) == document(alone)
    assert document(one)["state"] == "settled"
    told = [*one.events("study.verdict"), *two.events("study.verdict")]
    assert [e.details["images"] for e in told] == [24]
    alone.records.close()


def test_each_finding_is_told_once(start: Start) -> None:
    one, two = start("one"), start("two")
    by_turns(images(), [one, two])
    settled(two, one)

    told = [*one.events("finding.raised"), *two.events("finding.raised")]
    raised = [(e.details["rule"], e.series, e.details["message"]) for e in told]
    cleared = [*one.events("finding.cleared"), *two.events("finding.cleared")]
    recognised = [e.series for n in (one, two) for e in n.events("series.recognised")]
    assert raised
    assert len(raised) - len(cleared) == len(set(raised))
    assert len(set(recognised)) == 2


def test_two_nodes_at_the_same_time(start: Start) -> None:
    """The same study and others, in any order: no deadlock, nothing lost, nothing twice."""
    both = [start("one"), start("two")]
    objects = [t1_slice(n, study=s, series=n % 2) for s in range(1, 7) for n in range(10)]
    chance = random.Random(11)
    for node in both:
        sendings = [node.open() for _ in range(4)]
        for content in chance.sample(objects, len(objects)):  # both get every object
            chance.choice(sendings).store(content)
        for sending in sendings:
            sending.release()
    threads = [threading.Thread(target=node.intake.drain) for node in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    renew(*both)
    settled(*both)

    assert [node.waiting() for node in both] == [[], []]
    assert len({row.sop_instance_uid for row in both[0].recorded()}) == len(objects)
    assert len(both[0].recorded()) == len(objects)
    assert both[0].outcomes() == {"stored": 60, "duplicate": 60}
    assert len(both[0].archived()) == 60
    for number in range(1, 7):
        study = uid_of("study", number)
        assert state(both[0], study) == "settled"
        assert sum(s["instances"] for s in document(both[0], study)["series"]) == 10


def test_the_same_object_at_two_nodes_is_one_copy(start: Start) -> None:
    one, two = start("one"), start("two")
    one.send(t1_slice(1))
    two.send(t1_slice(1))

    assert one.outcomes() == {"stored": 1, "duplicate": 1}
    assert len(one.archived()) == len(one.recorded()) == 1
    assert [e.name for e in two.events("instance.stored", "instance.duplicate")] == [
        "instance.duplicate"
    ]


def test_a_study_does_not_settle_while_another_node_has_an_association_open(start: Start) -> None:
    one, two = start("one"), start("two")
    one.send(t1_slice(1))
    sending = two.open()
    sending.store(t1_slice(2))
    two.intake.drain()
    settled(one, two)
    assert state(one) == "receiving"

    sending.release()
    two.intake.drain()
    settled(one, two)
    assert state(one) == "settled"


def test_a_study_does_not_settle_before_what_waits_elsewhere_is_recorded(start: Start) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    one.send(t1_slice(1))
    renew(one, two)
    pass_time(61, one, two)
    renew(one)  # the other has not said since that it has recorded everything
    one.intake.settle()
    assert state(one) == "receiving"

    renew(two)
    one.intake.settle()
    assert state(one) == "settled"


def test_nor_by_what_a_node_says_before_it_has_listened_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    one.send(t1_slice(1))
    two.spooled([t1_slice(2)])  # the database was away
    later = time.monotonic() + 61
    monkeypatch.setattr("time.monotonic", lambda: later)
    pass_time(61, one, two)
    two.intake._renew()
    one.intake.drain()
    one.intake.settle()
    assert state(one) == "receiving"

    two.intake.drain()
    settled(one, two)
    assert state(one) == "settled"
    assert one.events("study.reopened") == two.events("study.reopened") == []


def test_nor_by_a_step_that_is_completed(start: Start) -> None:
    """What came to the other node before it may be an image that no step announced."""
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    renew(one, two)
    pass_time(10, one, two)
    announced = (str(MR_IMAGE_STORAGE), uid_of("instance 1 1", 1))
    ends = end_of_step({uid_of("series 1", 1): [announced]})
    for ending, content in (("create", new_step(STUDY)), ("set", ends)):
        receive(one, ending, kept(content, PERFORMED_PROCEDURE_STEP, "1.2.3"), [t1_slice(1)])
    one.intake.drain()
    pass_time(1, one, two)
    one.intake.settle()
    assert state(one) == "receiving"

    renew(two)
    one.intake.settle()
    assert state(one) == "settled"


def test_what_a_dead_node_left_settles_and_comes_back_with_it(start: Start) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    one.send(t1_slice(1))
    sending = two.open()
    sending.store(t1_slice(2))
    two.intake.drain()
    sending.store(t1_slice(3))  # in its spool when it dies
    sending.folder.abandon()
    for _ in range(2):
        pass_time(31, one, two)
        renew(one)
    one.intake.settle()
    assert state(one) == "settled"
    assert sum(s["instances"] for s in document(one)["series"]) == 2
    away = one.events("node.away")
    assert [(e.details["about"], e.details["associations"]) for e in away] == [("two", 1)]
    assert [e.name for e in nodes.away(list(known(one).values()))] == ["two"]
    with one.records.reading() as session:
        ends = {a.node: a.outcome for a in queries.associations(session, STUDY)}
    assert ends == {"one": "released", "two": "lost"}
    renew(one)
    assert len(one.events("node.away")) == 1

    two.restart()
    two.now = one.now
    two.intake.drain()
    assert [e.details["about"] for e in two.events("node.returned")] == ["two"]
    assert state(one) == "receiving"
    with one.records.reading() as session:
        ends = {a.node: a.outcome for a in queries.associations(session, STUDY)}
    assert ends == {"one": "released", "two": None}
    spool.close_orphans(two.spool)
    two.intake.drain()
    settled(one, two)
    assert versions(one) == [(1, True), (2, True)]
    assert sum(s["instances"] for s in document(one)["series"]) == 3
    assert not nodes.away(list(known(one).values()))
    with one.records.reading() as session:
        ends = {a.node: a.outcome for a in queries.associations(session, STUDY)}
    assert ends == {"one": "released", "two": "aborted"}


def test_after_an_outage_nobody_is_given_up_at_once(start: Start) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    pass_time(600, one, two)  # neither could reach the database
    renew(one)
    assert {e.state for e in known(one).values()} == {"running"}
    pass_time(30, one, two)
    renew(two, one)
    pass_time(31, one, two)
    renew(one, two)
    assert {e.state for e in known(one).values()} == {"running"}
    assert one.events("node.away") == []


def test_a_node_given_up_while_it_lives_opens_its_associations_again(start: Start) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    sending = two.open()
    sending.store(t1_slice(1))
    two.intake.drain()
    pass_time(31, one, two)
    renew(one)
    pass_time(31, one, two)
    renew(one)
    assert known(one)["two"].state == "away"

    renew(two)
    two.intake.drain()
    with one.records.reading() as session:
        assert [a.outcome for a in queries.associations(session, STUDY)] == [None]
    assert known(one)["two"].state == "running"


def test_a_name_is_one_nodes(start: Start, tmp_path: Path) -> None:
    one = start("one")
    one.intake.drain()
    other = start("one", data=tmp_path / "elsewhere", identity="another folder")
    with pytest.raises(NodeNameTaken, match=r"another node called one .* node\.name"):
        other.intake.drain()
    one.restart()  # the same folder again, at once
    one.intake.drain()

    pass_time(61, other)
    other.intake.drain()  # it is not there any more
    with pytest.raises(NodeNameTaken, match="the node one is that of a process on"):
        renew(one)


def test_another_archive_is_refused(start: Start, tmp_path: Path) -> None:
    start("one").intake.drain()
    other = start("two", shared_archive=tmp_path / "not mounted")
    with pytest.raises(NodeNameTaken, match=r"node\.archive must name the one folder"):
        other.intake.drain()


def test_after_a_power_cut_the_node_without_its_archive_is_the_one_refused(
    start: Start, tmp_path: Path
) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    pass_time(3600, one, two)  # nobody has a lease any more
    mounted = one.shared_archive
    one.shared_archive = tmp_path / "mount point"
    one.restart()
    with pytest.raises(NodeNameTaken, match=r"is it mounted here.*nodes forget one"):
        one.intake.drain()
    two.restart()
    two.intake.drain()
    one.shared_archive = mounted
    one.restart()
    one.intake.drain()

    assert {e.state for e in known(two).values()} == {"running"}


def test_another_archive_is_taken_once_all_nodes_are_forgotten(
    start: Start, tmp_path: Path
) -> None:
    one = start("one")
    one.intake.drain()
    pass_time(3600, one)
    with one.records.writing() as session:
        nodes.forget(session, "one", one.now)
    one.shared_archive = tmp_path / "larger"
    one.restart()
    one.intake.drain()

    assert known(one)["one"].state == "running"


def test_a_node_forgotten_while_it_was_cut_off_records_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    sending = two.open()
    sending.store(t1_slice(1))
    two.intake.drain()
    for _ in range(2):
        pass_time(31, one, two)
        renew(one)
    with one.records.writing() as session:
        nodes.forget(session, "two", one.now)
    later = time.monotonic() + 40
    monkeypatch.setattr("time.monotonic", lambda: later)
    two.intake._renew()
    with one.records.reading() as session:
        behind = one.now - nodes.recorded_until(session, one.now, apart_from="one")
    assert behind >= timedelta(seconds=40)  # what waits there since then may be of any study
    two.intake.drain()

    assert known(one)["two"].state == "running"
    with one.records.reading() as session:
        assert [a.outcome for a in queries.associations(session, STUDY)] == [None]


def test_a_node_stops_and_says_so_when_its_spool_cannot_be_read(start: Start) -> None:
    one = start("one")
    one.intake.drain()
    one.spool.mkdir(parents=True, exist_ok=True)
    one.spool.rename(one.data / "aside")
    one.spool.touch()  # a file where the folder was: listing it fails
    one.intake._finish()

    assert known(one)["one"].state == "stopped"
    assert [e.name for e in nodes.away(list(known(one).values()))] == ["one"]


def test_an_older_version_writes_no_more_once_the_schema_is_newer(start: Start) -> None:
    one = start("one")
    one.send(t1_slice(1))
    with one.records.writing() as session:
        session.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RecordsError, match="has schema 9999, and this version writes"):
        one.send(t1_slice(2))
    with one.records.reading() as session:
        assert queries.study(session, STUDY).images == 1


def test_a_node_that_stops_is_not_waited_for(start: Start) -> None:
    one, two = start("one"), start("two")
    for node in (one, two):
        node.intake.drain()
    two.intake._finish()
    one.send(t1_slice(1))
    pass_time(61, one)
    renew(one)
    one.intake.settle()
    assert state(one) == "settled"
    assert known(one)["two"].state == "stopped"
    assert not nodes.away(list(known(one).values()))


def test_a_node_that_stopped_with_objects_in_its_spool_is_named(start: Start) -> None:
    two = start("two")
    two.intake.drain()
    two.spooled([t1_slice(1)])
    with two.records.writing() as session:
        nodes.leave(session, _this(two), two.now, waiting=1)

    assert [e.name for e in nodes.away(list(known(two).values()))] == ["two"]


def test_only_a_node_that_is_not_there_is_forgotten(start: Start) -> None:
    one = start("one")
    one.intake.drain()
    with one.records.writing() as session, pytest.raises(NodeNotFound, match="is running"):
        nodes.forget(session, "one", one.now)
    with one.records.writing() as session, pytest.raises(NodeNotFound, match="known are: one"):
        nodes.forget(session, "two", one.now)
    with one.records.writing() as session:
        nodes.forget(session, "one", one.now + timedelta(hours=1))
    assert known(one) == {}


def test_what_is_recorded_after_another_node_has_a_later_time(url: str, start: Start) -> None:
    """An object with an earlier time than the verdict that did not know it would be taken for its."""
    one, other = start("one"), Records(url)
    one.intake.drain()
    one.spooled([t1_slice(1)])
    waiting = threading.Thread(target=one.intake.drain)
    with other.writing() as session:
        locks.lock_studies(session, [STUDY])
        waiting.start()
        while not session.scalar(_WAITS):
            time.sleep(0.01)
        pass_time(5, one)
        at = one.now
    waiting.join(60)
    other.close()

    assert [row.received_at for row in one.recorded()] == [at]
    with one.records.reading() as session:
        assert queries.study(session, STUDY).last_received_at == at


def test_a_broken_copy_here_is_mended_by_a_whole_one_there(start: Start) -> None:
    one, two = start("one"), start("two")
    one.send(t1_slice(1), t1_slice(2)[:400])
    two.send(t1_slice(2))

    problems = two.events("association.verdict")[-1].details["problems"]
    assert not any("unreadable" in problem for problem in problems)


def test_a_transaction_given_up_for_another_is_done_again(url: str, start: Start) -> None:
    node, other = start("one"), Records(url)
    node.send(t1_slice(1), t1_slice(1, study=2))
    studies = [STUDY, uid_of("study", 2)]
    meeting = threading.Barrier(2)
    tries: list[str] = []

    def crosswise(records: Records, order: list[str]) -> None:
        first = True

        def work() -> None:
            nonlocal first
            tries.append(order[0])
            with records.writing() as session:
                _touch(session, order[0])
                if first:
                    first = False
                    meeting.wait(20)
                _touch(session, order[1])

        repeated(work)

    threads = [
        threading.Thread(target=crosswise, args=(node.records, studies)),
        threading.Thread(target=crosswise, args=(other, studies[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    other.close()

    assert len(tries) >= 3  # the database may give up both at once
    with node.records.reading() as session:
        descriptions = [queries.study(session, s).study_description for s in studies]
    assert descriptions == ["BRAIN++", "BRAIN++"]


def test_a_transaction_that_is_always_given_up_ends() -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        raise TransactionLost("deadlock detected")

    with pytest.raises(TransactionLost):
        repeated(work)
    assert 1 < len(tries) < 10


def test_who_drops_a_study_by_hand_waits_for_whoever_works_on_it(start: Start) -> None:
    node = start("one")
    node.send(t1_slice(1))
    settled(node)
    rule, outcomes = Rule("request", timedelta()), list[Outcome]()

    def retention(*, waits: bool) -> Retention:
        return Retention(
            node.records, node.archive, node.name, "M", waits=waits, now=lambda _: node.now
        )

    def drop() -> None:
        by_hand = retention(waits=True)
        outcomes.append(by_hand.drop(by_hand.study(STUDY), rule))

    dropping = threading.Thread(target=drop)
    with node.records.writing() as session:
        lock_studies(session, [STUDY])
        unasked = retention(waits=False)
        assert unasked.drop(unasked.study(STUDY), rule).size == 0
        dropping.start()
        wait_until(lambda: _waiting(session) or not dropping.is_alive())
    dropping.join(60)
    assert [(o.objects, o.holds) for o in outcomes] == [(1, ())]
    assert node.archived() == []


def _waiting(session: Any) -> bool:
    found = session.execute(sqlalchemy.text("SELECT 1 FROM pg_locks WHERE NOT granted"))
    return found.first() is not None


def _touch(session: Any, study: str) -> None:
    session.execute(
        sqlalchemy.text(
            "UPDATE study SET study_description = study_description || '+' "
            "WHERE study_instance_uid = :uid"
        ),
        {"uid": study},
    )


def _this(node: IntakeNode) -> Any:
    held = node.intake._presence._node
    assert held is not None
    return held
