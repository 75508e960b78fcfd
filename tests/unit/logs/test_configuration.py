"""What a process writes to its log: JSON lines, at a level, without patients."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import structlog

from ofsep_node.logs.configuration import configure_logs
from ofsep_node.settings import Settings, load_settings

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """What is configured here is configured for the whole process: undo it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def settings_of(tmp_path: Path, **log: object) -> Settings:
    return load_settings(None, {}, {"node": {"data": tmp_path, "name": "here"}, "log": log})


def lines_of(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(t) for t in settings.log_file.read_text(encoding="utf-8").splitlines()]


def test_a_line_is_json_and_says_when_who_and_what(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    configure_logs(settings, "receiver-1")
    structlog.contextvars.bind_contextvars(association="a1")
    structlog.get_logger().info("association.opened", peer="SCANNER", path=Path("/x"), text="é\n")
    (line,) = lines_of(settings)
    assert list(line)[:3] == ["at", "level", "event"]
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "info", "event": "association.opened", "node": "here", "process": "receiver-1",
        "association": "a1", "peer": "SCANNER", "path": "/x", "text": "é\n",
    }  # fmt: skip


def test_a_moment_is_written_in_one_way_whoever_says_it(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    configure_logs(settings, "intake")
    event = datetime(2026, 11, 24, 10, 5, tzinfo=timezone(timedelta(hours=1)))
    structlog.get_logger().info("study.verdict", at=event)
    structlog.get_logger().info("intake.resumed")
    told, now = (line["at"] for line in lines_of(settings))
    assert told == "2026-11-24T09:05:00.000000Z"
    assert re.sub(r"\d", "0", now) == re.sub(r"\d", "0", told)


def test_standard_error_has_the_same_lines_when_it_is_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(tmp_path)
    configure_logs(settings, "intake")
    structlog.get_logger().debug("instance.stored")
    assert json.loads(capsys.readouterr().err) == lines_of(settings)[0]


def test_levels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_of(tmp_path, file_level="warning", console_level="error")
    configure_logs(settings, "intake")
    log = structlog.get_logger()
    for level in ("debug", "info", "warning", "error"):
        getattr(log, level)("event", said=level)
    assert [line["said"] for line in lines_of(settings)] == ["warning", "error"]
    assert capsys.readouterr().err.count("\n") == 1


PATIENT = {
    "patient_name": "DUPONT^JEAN",
    "PatientName": "DUPONT^JEAN",
    "patient_birth_date": "19700101",
    "patient_id": "IPP-42",
    "details": {"patient_name": "DUPONT^JEAN", "header": [{"PatientID": "IPP-42", "kept": 1}]},
}


@pytest.mark.parametrize("allowed", [False, True])
def test_patients_are_kept_out(tmp_path: Path, allowed: bool) -> None:
    settings = settings_of(tmp_path, patient_id=allowed)
    configure_logs(settings, "intake")
    structlog.contextvars.bind_contextvars(patient_name="DUPONT^JEAN", patient_id="IPP-42")
    structlog.get_logger().info("study.verdict", **PATIENT)
    text = settings.log_file.read_text(encoding="utf-8")
    assert "DUPONT" not in text
    assert "19700101" not in text
    assert ("IPP-42" in text) is allowed
    assert lines_of(settings)[0]["details"]["header"][0]["kept"] == 1


def test_an_exception_is_one_line(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    configure_logs(settings, "intake")
    try:
        int("odd")
    except ValueError:
        structlog.get_logger().exception("study.unjudged")
    (line,) = lines_of(settings)
    assert line["level"] == "error"
    assert "ValueError: invalid literal" in line["exception"]


def test_warnings_of_libraries_come_in_our_form(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    configure_logs(settings, "intake")
    logging.getLogger("sqlalchemy").warning("odd %s", "value")
    logging.getLogger("sqlalchemy").info("chatter")
    logging.getLogger("pydicom").warning("Invalid value for VR PN: %s", "DUPONT^Jeanne")
    logging.getLogger("pynetdicom.transport").error("TCP Initialisation Error")
    (line,) = lines_of(settings)
    assert (line["event"], line["library"], line["message"]) == (
        "library.warning", "sqlalchemy", "odd value",
    )  # fmt: skip


def test_a_log_that_cannot_be_written_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").touch()
    configure_logs(settings_of(tmp_path), "intake")
    structlog.get_logger().info("node.started")
    structlog.get_logger().info("node.stopped")
    said = capsys.readouterr().err
    assert said.count("cannot write the log") == 1
    assert "node.started" in said
    assert "node.stopped" in said


def test_a_reader_of_standard_error_that_has_gone_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = (tmp_path / "closed").open("w")
    gone.close()
    monkeypatch.setattr(sys, "stderr", gone)
    settings = settings_of(tmp_path, console_level="debug")
    monkeypatch.setattr(gone, "isatty", lambda: False, raising=False)
    configure_logs(settings, "intake")
    structlog.get_logger().info("node.started")
    assert lines_of(settings)[0]["event"] == "node.started"
