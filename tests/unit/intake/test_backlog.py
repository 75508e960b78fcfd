"""What is taken from the spool, in what order, and when an association counts as ended."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ofsep_node import spool
from ofsep_node.intake.backlog import UNKNOWN_PEER, Backlog


def association(folder: Path, objects: int, *, closed: bool = False) -> str:
    opened = spool.AssociationOpened(
        association_id=spool.new_association_id(),
        node="n",
        calling_ae_title="A",
        called_ae_title="B",
        address="192.0.2.1",
        port=1,
        implementation_class_uid="",
        implementation_version_name="",
        opened_at=spool.timestamp(),
    )
    writing = spool.AssociationFolder.open(folder, opened)
    for _ in range(objects):
        writing.store(writing.begin_object())
    end = spool.AssociationClosed(
        outcome="released", closed_at=spool.timestamp(), objects=objects, reason=""
    )
    writing.close(end) if closed else writing.abandon()
    return opened.association_id


def heard_until_5(folder: Path) -> Backlog:
    backlog = Backlog(folder, "n")
    backlog.add([], until=5.0)
    return backlog


def test_objects_come_in_their_order_and_in_bounded_number(tmp_path: Path) -> None:
    name = association(tmp_path, 12, closed=True)
    backlog = Backlog(tmp_path, "n")
    backlog.add([name], until=6.0)
    (waiting,) = backlog.take(10)

    assert [s.sequence for s in waiting.objects] == list(range(1, 11))
    assert waiting.closed is None  # two are left
    assert backlog


def test_an_association_has_ended_when_all_its_objects_are_taken(tmp_path: Path) -> None:
    name = association(tmp_path, 2, closed=True)
    backlog = Backlog(tmp_path, "n")
    backlog.add([name], until=6.0)
    (waiting,) = backlog.take(10)

    assert waiting.closed is not None
    assert len(waiting.objects) == 2
    assert not backlog


def test_a_folder_is_listed_once_for_many_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = association(tmp_path, 40, closed=True)
    listed = []
    stored_objects = spool.stored_objects

    def listing(folder: Path, association_id: str) -> list[Path]:
        listed.append(association_id)
        return stored_objects(folder, association_id)

    monkeypatch.setattr(spool, "stored_objects", listing)
    backlog = Backlog(tmp_path, "n")
    backlog.add([name], until=6.0)
    taken = []
    while backlog:
        for waiting in backlog.take(10):
            taken += [s.sequence for s in waiting.objects]
            assert waiting.closed is None or not waiting.objects
            for spooled in waiting.objects:
                spooled.path.unlink()

    assert taken == list(range(1, 41))
    assert listed == [name, name]  # the second time nothing is left
    assert waiting.closed is not None


def test_what_is_given_back_comes_first(tmp_path: Path) -> None:
    name = association(tmp_path, 8)
    backlog = Backlog(tmp_path, "n")
    backlog.add([name], until=6.0)
    (waiting,) = backlog.take(4)
    backlog.give_back(waiting.objects[2:])
    (again,) = backlog.take(4)

    assert [s.sequence for s in again.objects] == [3, 4, 5, 6]


def test_what_waits_is_as_old_as_when_it_was_queued_first(tmp_path: Path) -> None:
    name = association(tmp_path, 12)
    backlog = heard_until_5(tmp_path)
    backlog.add([name], until=6.0)
    (waiting,) = backlog.take(4)
    assert backlog.waiting_since() == 5.0  # there is more

    (waiting,) = backlog.take(100)
    backlog.give_back(waiting.objects[2:])
    assert backlog.waiting_since() == 5.0  # no time to read the rest

    (waiting,) = backlog.take(100)
    backlog.give_all_back([waiting])
    assert backlog.waiting_since() == 5.0  # the database was down
    (again,) = backlog.take(100)
    assert again.objects == waiting.objects


def test_what_is_heard_of_may_have_come_since_it_was_listened_last(tmp_path: Path) -> None:
    backlog = heard_until_5(tmp_path)
    assert backlog.waiting_since() == 5.0  # nothing waits that is known, and nobody has listened
    backlog.add([association(tmp_path, 1)], until=600.0)
    assert backlog.waiting_since() == 5.0
    list(backlog.take(10))

    assert backlog.waiting_since() == 600.0


def test_from_a_start_nothing_is_known_until_what_was_found_is_recorded(tmp_path: Path) -> None:
    name = association(tmp_path, 1)
    backlog = Backlog(tmp_path, "n")
    for listen in (backlog.add_all, backlog.begin_again):
        listen()
        backlog.add([name], until=6.0)
        assert backlog.waiting_since() == -math.inf
        list(backlog.take(10))
        assert backlog.waiting_since() > 0


def test_a_sender_that_is_never_caught_up_keeps_no_study_from_settling(tmp_path: Path) -> None:
    name = association(tmp_path, 12)
    backlog = heard_until_5(tmp_path)
    backlog.add([name], until=6.0)
    for _ in range(2):
        list(backlog.take(6))

    assert backlog.waiting_since() == 6.0  # whatever is left came after these were heard of


def test_names_that_were_too_many_to_keep_wait_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ofsep_node.intake.backlog.NAMES_KEPT", 2)
    backlog = heard_until_5(tmp_path)
    backlog.add([association(tmp_path, 12)], until=6.0)
    for _ in range(2):
        list(backlog.take(6))

    assert backlog.waiting_since() == 5.0


def test_what_could_not_be_listed_waits_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [association(tmp_path, 1), association(tmp_path, 1)]
    backlog = heard_until_5(tmp_path)
    backlog.add(names, until=6.0)

    def failing(_folder: Path, association_id: str) -> list[Path]:
        if association_id == max(names):
            raise OSError(5, "Input/output error")
        return []

    with monkeypatch.context() as patch:
        patch.setattr(spool, "stored_objects", failing)
        with pytest.raises(OSError, match="Input/output"):
            list(backlog.take(10))
    backlog.give_all_back([])

    assert backlog.waiting_since() == 5.0
    assert sorted(w.association_id for w in backlog.take(10)) == sorted(names)


def test_an_association_has_not_ended_while_an_object_is_held_back(tmp_path: Path) -> None:
    name = association(tmp_path, 2, closed=True)
    backlog = Backlog(tmp_path, "n")
    backlog.add([name], until=6.0)
    (waiting,) = backlog.take(4)
    assert backlog.hold_back(waiting.objects[0])
    backlog.add([name], until=6.0)
    (again,) = backlog.take(4)

    assert [s.sequence for s in again.objects] == [2]
    assert again.closed is None
    assert not backlog


def test_no_sender_waits_for_anothers_backlog(tmp_path: Path) -> None:
    long = association(tmp_path, 50)
    short = association(tmp_path, 1)
    backlog = Backlog(tmp_path, "n")
    backlog.add_all()
    first = [w.association_id for w in backlog.take(10)]
    second = [w.association_id for w in backlog.take(10)]

    assert (first, second[0]) == ([long], short)


def test_a_nudge_for_an_association_already_removed_is_nothing(tmp_path: Path) -> None:
    name = association(tmp_path, 0, closed=True)
    backlog = Backlog(tmp_path, "n")
    backlog.done(name)
    backlog.add([name], until=6.0)

    assert list(backlog.take(10)) == []
    assert not backlog


@pytest.mark.parametrize("name", ["..", ".", "", "../x", "a/b", ".hidden.opening"])
def test_a_nudge_leads_nowhere_but_into_the_spool(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "spool" / "a" / "b").mkdir(parents=True)
    (tmp_path / "spool" / ".hidden.opening").mkdir()
    backlog = Backlog(tmp_path / "spool", "n")
    backlog.add([name], until=6.0)

    assert list(backlog.take(10)) == []


def test_without_its_record_an_association_has_an_unknown_peer(tmp_path: Path) -> None:
    name = association(tmp_path, 1)
    (tmp_path / name / "association.json").unlink()

    assert Backlog(tmp_path, "n").opened(name).calling_ae_title == UNKNOWN_PEER


def test_a_damaged_end_is_an_abort(tmp_path: Path) -> None:
    name = association(tmp_path, 1, closed=True)
    (tmp_path / name / "closed.json").write_text("")
    backlog = Backlog(tmp_path, "n")
    backlog.add([name], until=6.0)
    (waiting,) = backlog.take(10)

    assert waiting.closed is not None
    assert waiting.closed.outcome == "aborted"
