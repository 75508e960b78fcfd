"""`ofsep-node tail --all-nodes`: what each node on a database recorded, told in one stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from ofsep_node.cli.every_node import EventStream
from ofsep_node.domain.events import Event
from ofsep_node.records import Records, events
from ofsep_node.records.migration import upgrade
from tests.intake_node import START
from tests.unit.cli.conftest import Run

VERDICT = Event("study.verdict", study="1.2.3", details={"conclusion": "compliant", "images": 8})
SETTLED = Event("study.settled", study="1.2.3", details={"images": 8})
STORED = Event("instance.stored", level="debug", peer="MRI_1", study="1.2.3", instance="1.2.3.4")
AWAY = Event("node.away", level="warning", details={"about": "three"})

Tell = Callable[..., None]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    upgrade(url)
    found = Records(url)
    yield found
    found.close()


@pytest.fixture
def tell(records: Records) -> Tell:
    """Record events of a node, so many seconds after the start."""

    def append(node: str, seconds: float, *told: Event) -> None:
        with records.writing() as session:
            events.append(session, told, node=node, at=START + timedelta(seconds=seconds))
            events.move_to(session, node, "log", events.newest(session))

    return append


def test_each_nodes_events_are_shown_with_its_name(run: Run, tell: Tell, tmp_path: Path) -> None:
    tell("one", 1, STORED)
    tell("two", 2, STORED, SETTLED)
    tell("one", 3, VERDICT, AWAY)
    shown = run("tail", "--all-nodes", "--no-follow", "--data", tmp_path)
    assert (shown.status, shown.err) == (0, "")
    assert [line.split()[0] for line in shown.out.splitlines() if line] == ["two", "one", "one"]
    assert "COMPLIANT" in shown.out


def test_the_same_lines_as_in_a_log(run: Run, tell: Tell, tmp_path: Path) -> None:
    tell("one", 0, STORED)
    options = ("--level", "debug", "--peer", "MRI_1", "--study", "1.2.3", "--format", "json")
    shown = run("tail", "--all-nodes", "--no-follow", "--data", tmp_path, *options)
    assert json.loads(shown.out) == {
        "at": "2026-11-23T06:00:00.000000Z",
        "level": "debug",
        "event": "instance.stored",
        "node": "one",
        "peer": "MRI_1",
        "study": "1.2.3",
        "instance": "1.2.3.4",
    }


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("-n", "2"), ["study.settled", "study.verdict"]),
        (("-n", "1", "--level", "debug"), ["instance.stored"]),
        (("-n", "0"), []),
        (("--study", "7"), []),
    ],
)
def test_the_last_lines_that_are_asked_for(
    run: Run, tell: Tell, tmp_path: Path, options: tuple[str, ...], wanted: list[str]
) -> None:
    tell("one", 0, SETTLED)
    tell("two", 1, SETTLED, VERDICT, STORED)
    shown = run(
        "tail", "--all-nodes", "--no-follow", "--data", tmp_path, "--format", "json", *options
    )
    assert [json.loads(line)["event"] for line in shown.out.splitlines()] == wanted


def test_what_comes_is_told_once_whichever_node_says_it(records: Records, tell: Tell) -> None:
    tell("one", 0, SETTLED)
    stream = EventStream(records)
    assert [line["event"] for line in stream.written(9, lambda _: True)] == ["study.settled"]

    coming = stream.coming()
    tell("two", 5, AWAY)  # which had said nothing so far
    tell("one", 4, VERDICT)
    assert [(e["node"], e["event"]) for e in islice(coming, 2)] == [
        ("one", "study.verdict"), ("two", "node.away"),
    ]  # fmt: skip
    tell("one", 6, STORED, SETTLED)
    assert [e["event"] for e in islice(coming, 2)] == ["instance.stored", "study.settled"]


def test_a_file_is_one_nodes(run: Run, tmp_path: Path) -> None:
    refused = run("tail", "--all-nodes", "--file", tmp_path / "ofsep-node.jsonl")
    assert refused.status == 2
    assert "a log file is one node's" in refused.err


def test_a_folder_without_records(run: Run, tmp_path: Path) -> None:
    refused = run("tail", "--all-nodes", "--data", tmp_path / "none")
    assert refused.status == 2
    assert "holds no records" in refused.err
