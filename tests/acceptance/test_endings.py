"""Commands that are stopped, that nobody reads, or whose files and database are of no use."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from ofsep_node.simulate import simulate
from tests.node import CLEAN, PROGRAM, run


@pytest.fixture(scope="module")
def examination(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ending") / "examination"
    simulate(folder, small=True)
    return folder


def started(*arguments: object, **streams: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        env=CLEAN,
        text=True,
        stdout=streams.get("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
    )


def ended(program: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = program.communicate(timeout=120)
    return program.returncode, out or "", err


UNREAD = {
    "check": ("check", "{examination}", "--all"),
    "check json": ("check", "{examination}", "--format", "json"),
    "protocol show": ("protocol", "show"),
    "protocol coverage": ("protocol", "coverage"),
    "simulate": ("simulate", "--list-faults"),
    "version": ("--version",),
}


def words(name: str, examination: Path) -> list[str]:
    return [word.format(examination=examination) for word in UNREAD[name]]


@pytest.mark.parametrize("name", UNREAD)
def test_who_reads_no_further_gets_no_traceback(name: str, examination: Path) -> None:
    """As `ofsep-node check … | head`: no status that says something of the examination."""
    reading, writing = os.pipe()
    os.close(reading)
    program = started(*words(name, examination), stdout=writing)
    os.close(writing)
    status, _, err = ended(program)
    assert (status, err) == (141, "")


@pytest.mark.parametrize("name", UNREAD)
def test_where_the_output_has_no_room_it_is_said(name: str, examination: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        status, _, err = ended(started(*words(name, examination), stdout=full.fileno()))
    assert status == 2
    assert err == "ofsep-node: the output cannot be written: No space left on device\n"


def test_ctrl_c_ends_check_in_one_line(examination: Path) -> None:
    program = started("check", *[examination] * 40)  # long enough to be caught at it
    wait_until_it_reads(program, examination)
    program.send_signal(signal.SIGINT)
    assert ended(program) == (130, "", "ofsep-node: interrupted\n")


def test_ctrl_c_ends_send_and_says_what_was_stored(examination: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        program = started("send", examination, "--port", silent.getsockname()[1], "--quiet")
        connection, _ = silent.accept()
        with connection:
            program.send_signal(signal.SIGINT)
            status, out, err = ended(program)
    files = len(list(examination.rglob("*.dcm")))
    assert (status, err.splitlines()[-1]) == (130, "ofsep-node: interrupted")
    assert f"0 of {files} files stored" in out
    assert "Traceback" not in err


def wait_until_it_reads(program: subprocess.Popen[str], folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not reads(program, folder):
        assert time.monotonic() < deadline
        assert program.poll() is None


def reads(program: subprocess.Popen[str], folder: Path) -> bool:
    """Whether it has a file of the folder open at this moment."""
    with contextlib.suppress(FileNotFoundError):
        opened = Path(f"/proc/{program.pid}/fd").iterdir()
        return any(folder in descriptor.readlink().parents for descriptor in opened)
    return False


ASKING = {
    "studies": (),
    "show": ("1.2",),
    "indicate": ("1.2", "relapse"),
    "pin": ("1.2/3", "weighting=t1", "--reason", "r"),
    "rejudge": ("--all",),
    "db check": (),
}
"""Commands that ask the records."""


@pytest.mark.parametrize("command", ASKING)
def test_a_database_that_is_down_is_said_in_one_line(command: str, tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    asked = run(*command.split(), *ASKING[command], NODE__DATA=str(tmp_path), RECORDS__URL=url)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.startswith(f"ofsep-node: the database {url} cannot be used: ")
    assert "Traceback" not in asked.stderr


@pytest.mark.parametrize("command", ["studies", "show"])
def test_records_that_are_no_database_are_said_in_one_line(command: str, tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").write_bytes(b"not a database" * 100)
    asked = run(command, *ASKING[command], "--data", tmp_path)
    assert (asked.returncode, asked.stderr.count("\n")) == (2, 1)
    assert "records.sqlite cannot be used: file is not a database" in asked.stderr


NO_CONFIGURATION = {
    "no text": (b"\x17\xff\x00", "not a text file in UTF-8 (byte 2)"),
    "no TOML": (b"[node\nname = 1", "not TOML: "),
    "a folder": (None, "cannot read the configuration: Is a directory"),
}


@pytest.mark.parametrize("command", ["check", "send", "studies", "show", "protocol show"])
@pytest.mark.parametrize("what", NO_CONFIGURATION)
def test_a_configuration_that_cannot_be_read_is_named(
    command: str, what: str, examination: Path, tmp_path: Path
) -> None:
    file, (content, said) = tmp_path / "node.toml", NO_CONFIGURATION[what]
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    about = {"check": (examination,), "send": (examination,), "show": ("1.2",)}.get(command, ())
    asked = run(*command.split(), *about, "--config", file)
    assert (asked.returncode, asked.stderr.count("\n")) == (2, 1)
    assert asked.stderr.startswith(f"ofsep-node: {file}: {said}")


NO_EDITION = {
    "show": ("protocol", "show", "--edition"),
    "coverage": ("protocol", "coverage", "--edition"),
    "compare": ("protocol", "compare"),
    "lint": ("protocol", "lint"),
}


@pytest.mark.parametrize("command", NO_EDITION)
@pytest.mark.parametrize("content", [b"\x17\xff\x00", b"x: [1\n", b"words\n", None])
def test_an_edition_that_cannot_be_read_is_named(
    command: str, content: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "edition.yaml"
    if content is not None:
        file.write_bytes(content)
    asked = run(*NO_EDITION[command], file)
    assert asked.returncode in (1, 2)
    assert (asked.stdout + asked.stderr).removeprefix("ofsep-node: ").startswith(str(file))
    assert "Traceback" not in asked.stderr


@pytest.mark.parametrize("command", ["check", "send"])
def test_a_truncated_file_is_told_of(command: str, examination: Path, tmp_path: Path) -> None:
    whole = min(examination.rglob("*.dcm"))
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(whole.read_bytes()[:2000])
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    to = ("--port", str(port)) if command == "send" else ()
    asked = run(command, cut, *to)
    assert asked.returncode in (1, 2)
    assert asked.stderr.startswith("ofsep-node: ")
    assert "Traceback" not in asked.stderr
