"""The associations of several receiver processes, counted together."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from ofsep_node.reception.negotiation import Rejection
from ofsep_node.reception.places import Places

FORK = multiprocessing.get_context("fork")


def take(places: Places, peer: str, count: int) -> list[int]:
    """Take places until `count` were asked for; the numbers of those that were got."""
    asked = [places.take(peer) for _ in range(count)]
    return [place for place in asked if not isinstance(place, Rejection)]


def test_all_places_and_no_more() -> None:
    places = Places(3, 3)
    got = take(places, "a", 5)
    assert sorted(got) == [0, 1, 2]
    assert places.take("b") is Rejection.TOO_MANY
    places.free(got[1])
    assert places.take("b") == got[1]
    assert places.taken == 3


def test_one_peer_leaves_room_for_another() -> None:
    places = Places(4, 2)
    assert len(take(places, "a", 4)) == 2
    assert places.take("a") is Rejection.TOO_MANY_OF_PEER
    assert len(take(places, "b", 4)) == 2
    assert places.take("c") is Rejection.TOO_MANY


def _hold(places: Places, peer: str, answer: Connection) -> None:
    answer.send(len(take(places, peer, 50)))
    signal.pause()


def test_receivers_count_together_and_a_killed_one_shrinks_nothing() -> None:
    places = Places(60, 30)
    answers, processes = [], []
    for name in ("a", "b"):
        here, there = FORK.Pipe()
        processes.append(FORK.Process(target=_hold, args=(places, name, there)))
        processes[-1].start()
        answers.append(here)
    assert [answer.recv() for answer in answers] == [30, 30]
    assert places.take("c") is Rejection.TOO_MANY
    for process in processes:
        assert process.pid is not None
        process.kill()
        process.join()
        places.clear(process.pid)
    assert places.taken == 0
    assert places.take("a") == 0


def _compete(places: Places, answer: Connection) -> None:
    with ThreadPoolExecutor(8) as pool:
        answer.send([place for got in pool.map(lambda _: take(places, "a", 40), range(8))
                     for place in got])  # fmt: skip


def test_no_place_is_given_twice() -> None:
    places = Places(200, 150)
    ends = [FORK.Pipe() for _ in range(3)]
    competing = [FORK.Process(target=_compete, args=(places, there)) for _, there in ends]
    for process in competing:
        process.start()
    got = [place for here, _ in ends for place in here.recv()]
    for process in competing:
        process.join()
    assert len(got) == len(set(got)) == 150


def test_a_lock_dies_with_its_process() -> None:
    places = Places(1, 1)
    holding = FORK.Process(target=_die_within, args=(places,))
    holding.start()
    holding.join(30)
    assert holding.exitcode == -signal.SIGKILL
    assert places.take("a") == 0


def _die_within(places: Places) -> None:
    with places._alone():
        os.kill(os.getpid(), signal.SIGKILL)
