"""Which nodes share the database, and which are missing, as `nodes`, `studies` and `show` say it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ofsep_node.cli import app
from ofsep_node.records import Records, nodes
from ofsep_node.records.migration import upgrade
from ofsep_node.records.nodes import ThisNode
from tests.intake_node import START


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Records of two nodes: one stopped with nothing in its spool, one with something."""
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    upgrade(url)
    records = Records(url)
    with records.writing() as session:
        for name, waiting in (("empty", 0), ("full", 3)):
            node = ThisNode(
                name=name,
                identity=name,
                incarnation="1",
                archive="a",
                host="host",
                version="1",
                lease=timedelta(seconds=60),
            )
            nodes.claim(session, node, START)
            nodes.leave(session, node, START, waiting=waiting)
    records.close()
    return tmp_path


def test_nodes_are_listed_and_forgotten(data: Path) -> None:
    runner = CliRunner()
    where = ["--data", str(data)]
    listed = runner.invoke(app, ["nodes", "list", "--format", "json", *where])
    assert [json.loads(line)["waiting"] for line in listed.stdout.splitlines()] == [0, 3]
    spoken = runner.invoke(app, ["nodes", "list", "--language", "fr", *where]).stdout
    assert "3 associations dans son tampon" in spoken

    assert runner.invoke(app, ["nodes", "forget", "full", *where]).exit_code == 0
    listed = runner.invoke(app, ["nodes", "list", "--format", "json", *where])
    assert [json.loads(line)["name"] for line in listed.stdout.splitlines()] == ["empty"]


def test_studies_names_the_node_whose_objects_are_missing(data: Path) -> None:
    asked = CliRunner().invoke(app, ["studies", "--data", str(data)])
    assert "the node full stopped" in asked.stderr
    assert "empty" not in asked.stderr
