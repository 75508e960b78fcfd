"""The commands on the outbox, and the reports of a study below its verdict."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from ofsep_node.records import Records, outbox
from ofsep_node.records.outbox import Target
from tests.destinations import HttpDestination, delivered, routing, told
from tests.intake_node import START, IntakeNode, t1_slice, uid_of
from tests.unit.cli.conftest import Run

STUDY = uid_of("study", 1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A node's folder with one report that was sent, and one to nobody who listens."""
    folder = tmp_path / "data"
    node = IntakeNode(folder, f"sqlite:///{folder / 'records.sqlite'}")
    told(node, routing("dashboard", "gone"))
    node.send(t1_slice(1))
    node.wait(61)
    with HttpDestination() as away:
        nobody = away.webhook()
    with HttpDestination() as dashboard:
        delivered(node, {"dashboard": dashboard.webhook(), "gone": nobody})
    node.records.close()
    return folder


def test_what_waits_is_listed_with_the_reason(run: Run, data: Path) -> None:
    (line,) = run("outbox", "list", "--data", data).out.splitlines()
    assert line.split()[:2] == ["2", "waiting"]
    assert "json → gone" in line
    assert f"{STUDY}, version 1: http://127.0.0.1:" in line
    assert line.endswith("Connection refused")
    french = run("outbox", "list", "--data", data, "--language", "fr").out
    assert "en attente" in french


def test_what_is_under_way_is_listed_as_that(run: Run, data: Path) -> None:
    records = Records(f"sqlite:///{data / 'records.sqlite'}")
    with contextlib.closing(records), records.writing() as session:
        lease = timedelta(minutes=15)
        taken = outbox.take(session, Target("gone", ""), "n", START + timedelta(hours=1), lease)
    assert taken is not None
    (line,) = run("outbox", "list", "--data", data).out.splitlines()
    assert line.startswith("    2  being sent ")
    assert f"{taken.due_at.astimezone():%H:%M}" not in line, "nobody is to wait for that"


def test_everything_is_listed_on_demand_and_as_json(run: Run, data: Path) -> None:
    words = [
        line.split()[1] for line in run("outbox", "list", "--all", "--data", data).out.splitlines()
    ]
    assert words == ["sent", "waiting"]
    lines = run("outbox", "list", "-a", "--study", STUDY, "--format", "json", "--data", data).out
    found = [json.loads(line) for line in lines.splitlines()]
    assert [(e["entry_id"], e["destination"], e["state"], e["attempts"]) for e in found] == [
        (1, "dashboard", "sent", 1), (2, "gone", "waiting", 1),
    ]  # fmt: skip
    assert found[1]["sender"] == {"ae_title": "SIEMENS_MR", "address": "192.0.2.7"}


def test_a_report_is_cancelled_with_who_and_why_and_retried(run: Run, data: Path) -> None:
    told = run("outbox", "cancel", 2, "--by", "Marie", "--reason", "it was sold", "--data", data)
    assert (told.status, told.err) == (0, "")
    assert "cancelled" in told.out
    assert "Marie: it was sold" in told.out
    assert run("outbox", "list", "--data", data).out == "No report waits or failed.\n"
    assert "reported, version 1" in run("show", STUDY, "--data", data).out
    retried = run("outbox", "retry", 2, "--by", "Luc", "--data", data)
    assert retried.out.split()[:2] == ["2", "waiting"]
    read = run("tail", "--all-nodes", "--no-follow", "--data", data).out.splitlines()
    assert read[-2].endswith("report cancelled json → gone: Marie, it was sold")
    assert read[-1].endswith("report to be tried again json → gone: Luc")


def test_what_cannot_be_cancelled_or_retried_is_told(run: Run, data: Path) -> None:
    for arguments, says in (
        (("cancel", 1), "report 1 is sent: there is nothing to cancel"),
        (("retry", 1), "report 1 is sent: there is nothing to retry"),
        (("retry", 7), "no report has the number 7: `ofsep-node outbox list --all` shows them"),
        (("retry", 10**20), f"no report has the number {10**20}: "),
        (("cancel", 0), "no report has the number 0: "),
    ):
        refused = run("outbox", *arguments, "--data", data)
        assert refused.status == 2
        assert says in refused.err


def test_the_reports_of_a_study_are_shown_below_its_verdict(run: Run, data: Path) -> None:
    shown = run("show", STUDY, "--data", data, "--language", "fr").out
    assert "json → dashboard" in shown
    assert "json → gone" in shown
    assert "envoyé" in shown
