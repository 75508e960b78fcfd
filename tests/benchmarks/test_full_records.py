"""Whether a million instances in the records make the intake or an answer slower.

`--instances` sets another number of them. The full databases are kept in .cache/, and copied for
each run. Nothing is asserted of speed.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import psutil
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from ofsep_node.cli import app
from ofsep_node.records import Records, arrivals, events, queries
from ofsep_node.records.schema import NodeRow
from tests.benchmarks.figures import Figures, Table
from tests.benchmarks.full_records import FullRecords
from tests.benchmarks.kept_records import postgresql_records, sqlite_records
from tests.benchmarks.study import write_study
from tests.databases import new_database
from tests.intake_node import NODE, START, IntakeNode

ROUNDS = 9
ASKED = 20
LISTED = 50
EVENTS_AT_A_TIME = 500

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Databases:
    """The full database of a kind, how to get an empty one, and the processes that serve both."""

    kind: str
    full: FullRecords
    empty: Callable[[], contextlib.AbstractContextManager[str]]
    server: psutil.Process | None


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    instances = request.config.getoption("--instances")
    if request.param == "SQLite":
        folder = tmp_path_factory.mktemp("full")
        with sqlite_records(folder, instances) as full:
            yield Databases("SQLite", full, lambda: _new_file(folder), None)
        return
    with postgresql_records(instances) as (full, server):
        pid = server.get_pid()
        assert pid is not None
        yield Databases("PostgreSQL", full, lambda: new_database(server), psutil.Process(pid))


@contextlib.contextmanager
def _new_file(folder: Path) -> Iterator[str]:
    path = folder / "empty.sqlite"
    yield f"sqlite:///{path}"
    path.unlink()


@dataclass(frozen=True, slots=True)
class Intake:
    """What an examination took."""

    images: int
    seconds: float
    processor_s: float


def test_intake(databases: Databases, tmp_path: Path, figures: Figures) -> None:
    taken: dict[str, list[Intake]] = {"empty": [], "full": []}
    for number in range(ROUNDS):
        (tmp_path / str(number)).mkdir()
        study = write_study(tmp_path / str(number), seed=number + 1)
        for name in sorted(taken, reverse=bool(number % 2)):
            with contextlib.ExitStack() as stack:
                full = name == "full"
                url = databases.full.url if full else stack.enter_context(databases.empty())
                data = tmp_path / f"{name}-{number}"
                taken[name].append(_take_in(url, data, study, databases.server))
    figures.add(_intake_table(databases, taken))


def _take_in(url: str, data: Path, study: Sequence[Path], server: psutil.Process | None) -> Intake:
    node = IntakeNode(data, url)
    with node.records.writing() as session:
        session.execute(delete(NodeRow))  # the one of before filed in another archive
    node.intake.drain()  # what a node does when it starts
    sent = node.spooled(path.read_bytes() for path in study)
    before, started = _processor_s(server), time.perf_counter()
    node.intake.drain()
    taken = Intake(len(study), time.perf_counter() - started, _processor_s(server) - before)
    with node.records.reading() as session:
        (visit,) = arrivals.visits_of(session, {sent})
        assert visit.stored == len(study)
    node.records.close()
    return taken


def _processor_s(server: psutil.Process | None) -> float:
    times = [one.cpu_times() for one in server.children()] if server else []
    return time.process_time() + sum(t.user + t.system for t in times)


def _intake_table(databases: Databases, taken: dict[str, list[Intake]]) -> Table:
    work = {name: median(one.processor_s for one in some) for name, some in taken.items()}
    rounds = {name: list(zip(taken["empty"], some, strict=True)) for name, some in taken.items()}
    speeds = {name: [one.images / one.seconds for one in some] for name, some in taken.items()}
    counted = {"empty": "none", "full": f"{databases.full.instances:,}".replace(",", " ")}
    lines = [
        (
            counted[name],
            f"{median(speeds[name]):.0f}",
            f"{median(empty.seconds / one.seconds for empty, one in rounds[name]):.2f}",
            f"{1000 * work[name] / taken[name][0].images:.2f}",
            f"{median(empty.processor_s / one.processor_s for empty, one in rounds[name]):.2f}",
        )
        for name in taken
    ]
    heading = ("instances before", "images/s", "ratio", "processor, ms/image", "ratio of it")
    plotted = {f"{counted[name]}": some for name, some in speeds.items()}
    return Table(f"Intake, {databases.kind}", heading, tuple(lines), plotted)


def test_answers(
    databases: Databases, tmp_path: Path, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFSEP_NODE_RECORDS__URL", databases.full.url)
    full, where = databases.full, ["--data", str(tmp_path)]
    records = Records(full.url)

    def told(command: str, *arguments: str) -> None:
        answer = CliRunner().invoke(app, [command, *arguments, *where])
        assert answer.exit_code == 0, answer.output

    def asked(query: Callable[[Session], object]) -> None:
        with records.reading() as session:
            query(session)

    with records.reading() as session:
        newest = events.newest(session)
        assert queries.find_study(session, full.patient) == full.study
    over = {
        "quiet_since": START - timedelta(seconds=60),
        "capped_since": START - timedelta(hours=4),
    }
    gc.freeze()  # what the tests have loaded is no part of a command
    measured: dict[str, Callable[[], object]] = {
        "`studies`": lambda: told("studies"),
        "`show UID`": lambda: told("show", full.study),
        "`show PATIENT`": lambda: told("show", full.patient),
        "what `studies` asks": lambda: asked(lambda s: queries.studies(s, limit=LISTED)),
        "what `show UID` asks": lambda: asked(lambda s: _shown(s, full.study)),
        "what `show PATIENT` asks": lambda: asked(lambda s: _shown(s, full.patient)),
        "which studies may be over": lambda: asked(lambda s: arrivals.ending_studies(s, **over)),
        f"{EVENTS_AT_A_TIME} events from the middle on": lambda: asked(
            lambda s: events.after(s, NODE, newest // 2, EVENTS_AT_A_TIME)
        ),
        "events from the end on": lambda: asked(
            lambda s: events.after(s, NODE, newest, EVENTS_AT_A_TIME)
        ),
        "studies by state and conclusion": lambda: asked(queries.study_counts),
    }
    lines = tuple((name, *_spread(ask)) for name, ask in measured.items())
    gc.unfreeze()
    records.close()
    figures.add(
        Table(
            f"Answers, {databases.kind}", ("what is asked", "fastest", "median", "slowest"), lines
        )
    )


def _shown(session: Session, name: str) -> None:
    study = queries.find_study(session, name)
    assert queries.verdict_history(session, study)
    assert queries.associations(session, study)
    queries.conflicts(session, study)


def _spread(ask: Callable[[], object]) -> tuple[str, str, str]:
    runs = []
    for _ in range(ASKED):
        started = time.perf_counter()
        ask()
        runs.append(1000 * (time.perf_counter() - started))
    return f"{min(runs):.1f}", f"{median(runs):.1f}", f"{max(runs):.1f}"
