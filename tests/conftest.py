"""What several folders of tests share."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.databases import PostgresServer, new_database, postgresql_server
from tests.intake_node import IntakeNode
from tests.published import archives, published
from tests.reception_node import RunningReceiver


def pytest_configure() -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C.

    So would every program that a test starts, and one that interrupts it would wait for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_dicom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Published headers of real scanners, unpacked: folder/series-N/NNNN.dcm. Read only.

    They are looked for in the folder named by OFSEP_REAL_DICOM (relative to the project) and are
    no part of the project: without them the test is skipped.
    """
    # Under xdist the parent belongs to all workers of the session.
    root = published(tmp_path_factory.getbasetemp().parent / "real-dicom")
    if root is None:
        pytest.skip(f"no real DICOM headers in {archives()}: set OFSEP_REAL_DICOM to their folder")
    return root


@pytest.fixture(scope="session")
def peer() -> Callable[[str], str]:
    """The path of a DICOM program of the system, as `peer("dcmsend")`.

    Programs of the environment that the tests run in are none: pynetdicom brings an `echoscu` and a
    `storescu` of its own. The test is skipped when the program is missing, unless
    OFSEP_REQUIRE_PEERS=1.
    """
    folders = os.get_exec_path()
    if sys.prefix != sys.base_prefix:
        folders = [folder for folder in folders if not Path(folder).is_relative_to(sys.prefix)]

    def find(program: str) -> str:
        return shutil.which(program, path=os.pathsep.join(folders)) or _missing(
            f"{program} is not installed (its Debian package is listed in .ci/run)"
        )

    return find


@pytest.fixture(scope="session")
def dcmjs() -> Path:
    """The modules of dcmjs-dimse, a sender in JavaScript, as .ci/run installs them.

    The test is skipped when they or Node.js are missing, unless OFSEP_REQUIRE_PEERS=1.
    """
    modules = Path(__file__).parents[1] / ".cache" / "dcmjs" / "node_modules"
    if shutil.which("node") is None or not (modules / "dcmjs-dimse").is_dir():
        _missing("dcmjs-dimse is not installed (Node.js, then .ci/run)")
    return modules


def _missing(message: str) -> NoReturn:
    if os.environ.get("OFSEP_REQUIRE_PEERS") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def receiving(tmp_path: Path) -> Iterator[Callable[..., RunningReceiver]]:
    """Starts receivers that are stopped after the test: `receiving(maximum_associations=2)`."""
    running: list[RunningReceiver] = []

    def start(**settings: Any) -> RunningReceiver:
        spool = settings.pop("spool", tmp_path / f"spool-{len(running)}")
        running.append(RunningReceiver(spool, **settings))
        return running[-1]

    yield start
    for receiver in running:
        if receiver.is_running():
            receiver.stop()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests of this process; each takes a database of its own."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'records.sqlite'}"
        return
    with new_database(request.getfixturevalue("postgresql")) as url:
        yield url


@pytest.fixture
def node(tmp_path: Path, database_url: str) -> Iterator[IntakeNode]:
    """An intake on each kind of database, with a clock that the test holds."""
    intake_node = IntakeNode(tmp_path / "data", database_url)
    yield intake_node
    intake_node.records.close()
