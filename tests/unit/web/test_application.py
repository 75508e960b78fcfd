"""The pages by themselves: a web server in a thread, on facts that the test makes."""

from __future__ import annotations

import errno
import http.client
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.pool import QueuePool

from ofsep_node.metrics.declarations import METRICS
from ofsep_node.protocol import load_edition
from ofsep_node.pulse import STUCK_AFTER_S, SUPERVISOR, WEB_STUCK_AFTER_S, Phase, Pulses
from ofsep_node.reception.listening import listening_socket
from ofsep_node.records import Records, nodes
from ofsep_node.records.migration import upgrade
from ofsep_node.records.nodes import ThisNode
from ofsep_node.web import Facts, Place, application, serve
from ofsep_node.web.application import SECURITY_HEADERS
from tests.node import fall_silent
from tests.scrape import Answer, get

PARTS = (SUPERVISOR, "receiver-1", "receiver-2", "intake", "web")


@dataclass
class Pages:
    port: int
    pulses: Pulses
    place: Place
    facts: Facts
    records: Records

    def get(self, path: str, **headers: str) -> Answer:
        return get(self.port, path, headers)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    upgrade(url)
    (tmp_path / "metrics").mkdir()
    place = Place(
        spool=tmp_path / "spool",
        archive=tmp_path / "archive",
        metrics=tmp_path / "metrics",
        minimum_free_bytes=1,
    )
    pulses, records, stop = Pulses(PARTS), Records(url), threading.Event()
    for number, part in enumerate(PARTS, start=1):
        pulses.born(part, number)
    pulses.phase = Phase.RUNNING
    listener = listening_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    facts = Facts(place, pulses, records, load_edition("ofsep-2020"))
    ends = (application(facts), listener, stop, lambda: None)
    thread = threading.Thread(target=serve, args=ends)
    thread.start()
    yield Pages(port, pulses, place, facts, records)
    stop.set()
    thread.join(30)
    records.close()


def conditions(answer: Answer) -> dict[str, str]:
    return {name: part["condition"] for name, part in answer.document["parts"].items()}


def test_all_is_well(pages: Pages) -> None:
    health, ready = pages.get("/healthz"), pages.get("/readyz")
    assert (health.status, ready.status) == (200, 200)
    assert conditions(health) == dict.fromkeys(PARTS, "well")
    assert list(ready.document["checks"]) == ["listening", "spool", "disk", "intake", "database"]


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/nothing", "/readyz?exclude=x"]
)
def test_every_answer_has_the_security_headers(pages: Pages, path: str) -> None:
    headers = pages.get(path).headers
    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "server" not in headers


def test_a_dead_receiver_is_unhealthy_and_the_other_one_still_listens(pages: Pages) -> None:
    pages.pulses.died("receiver-1")
    assert pages.get("/healthz").status == 503
    assert conditions(pages.get("/healthz"))["receiver-1"] == "dead"
    assert pages.get("/readyz").status == 200
    pages.pulses.died("receiver-2")
    listening = pages.get("/readyz").document["checks"]["listening"]
    assert listening == {"ok": False, "found": "0 receivers", "excluded": False}


def test_an_intake_that_hangs_is_no_reason_to_end_the_receivers(pages: Pages) -> None:
    fall_silent(pages.pulses, "intake", STUCK_AFTER_S)
    health, ready = pages.get("/healthz"), pages.get("/readyz")
    assert (health.status, conditions(health)["intake"]) == (200, "stuck")
    assert (ready.status, ready.document["checks"]["intake"]["found"]) == (503, "stuck")


@pytest.mark.parametrize("part", ["receiver-1", SUPERVISOR])
def test_what_nobody_else_starts_again_is_unhealthy_when_it_hangs(pages: Pages, part: str) -> None:
    fall_silent(pages.pulses, part, STUCK_AFTER_S)
    health = pages.get("/healthz")
    assert (health.status, conditions(health)[part]) == (503, "stuck")


def test_a_web_process_that_hangs_is_known_before_a_probe_gives_the_node_up(pages: Pages) -> None:
    fall_silent(pages.pulses, "web", WEB_STUCK_AFTER_S)
    assert conditions(pages.get("/healthz"))["web"] == "stuck"


def test_a_node_that_stops_is_not_ready(pages: Pages) -> None:
    pages.pulses.phase = Phase.DRAINING
    ready = pages.get("/readyz")
    assert (ready.status, ready.document["checks"]["listening"]["found"]) == (503, "draining")
    assert pages.get("/healthz").status == 200


def test_a_disk_that_is_nearly_full_is_told(pages: Pages) -> None:
    pages.facts.place = replace(pages.place, minimum_free_bytes=1 << 60)
    ready = pages.get("/readyz")
    assert ready.status == 503
    assert not ready.document["checks"]["disk"]["ok"]
    assert "MB wanted" in ready.document["checks"]["disk"]["found"]


def test_a_check_can_be_left_out_by_its_name(pages: Pages) -> None:
    pages.pulses.died("intake")
    assert pages.get("/readyz").status == 503
    excluded = pages.get("/readyz?exclude=database&exclude=intake")
    assert excluded.status == 200
    assert excluded.document["checks"]["intake"] == {
        "ok": None, "found": "not looked at", "excluded": True,
    }  # fmt: skip
    unknown = pages.get("/readyz?exclude=luck")
    assert unknown.status == 400
    assert "listening, spool, disk, intake, database" in unknown.document["error"]


def test_a_node_that_is_away_is_told_and_this_one_stays_ready(pages: Pages) -> None:
    assert pages.get("/readyz").document["away"] == []
    other = ThisNode(
        name="two",
        identity="i",
        incarnation="1",
        archive="a",
        host="h",
        version="1",
        lease=timedelta(seconds=60),
    )
    with pages.records.writing() as session:
        nodes.claim(session, other, datetime(2026, 11, 27, 12, 40, tzinfo=UTC))
        nodes.leave(session, other, datetime(2026, 11, 27, 12, 50, tzinfo=UTC), waiting=3)
    ready = pages.get("/readyz")
    assert ready.status == 200
    assert ready.document["away"] == [
        {"node": "two", "state": "stopped", "seen_at": "2026-11-27T12:50:00+00:00", "waiting": 3}
    ]


def test_who_is_away_is_not_known_without_the_records(tmp_path: Path) -> None:
    """Nothing is said rather than that nobody is away."""
    records = Records(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    place = Place(tmp_path, tmp_path, tmp_path, 1)
    assert Facts(place, Pulses(PARTS), records, load_edition("ofsep-2020")).away() is None
    records.close()


def all_connections(records: Records) -> ExitStack:
    """Takes every connection to the database that the web process may have."""
    taken, pool = ExitStack(), records.engine.pool
    assert isinstance(pool, QueuePool)
    for _ in range(pool.size() + pool._max_overflow):
        taken.enter_context(records.reading()).connection()
    return taken


def test_an_excluded_database_is_not_waited_for(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(pages.facts._records, "reading", asked)
    assert pages.get("/readyz?exclude=database").status == 200


def test_no_connection_left_is_a_database_that_does_not_answer(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages.facts._records.engine.pool, "_timeout", 0.1)
    with all_connections(pages.facts._records):
        ready = pages.get("/readyz")
        assert ready.document["checks"]["database"]["found"] == "does not answer"
        assert ready.status == 503
        assert "\nofsep_node_database_up 0.0\n" in pages.get("/metrics").body
    assert pages.get("/readyz").status == 200


def test_health_is_told_while_every_thread_waits(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, asked = threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        asked.release()
        answered.wait(60)

    monkeypatch.setattr(pages.facts._records, "ping", hang)
    with ThreadPoolExecutor(50) as askers:
        asking = [askers.submit(pages.get, "/readyz") for _ in range(50)]
        assert all(asked.acquire(timeout=30) for _ in range(40))  # as many threads as there are
        assert pages.get("/healthz").status == 200
        answered.set()
    assert {answer.result().status for answer in asking} == {200}


def test_silent_connections_keep_no_probe_from_its_answer(pages: Pages) -> None:
    with ExitStack() as silent:
        for _ in range(100):
            silent.enter_context(socket.create_connection(("127.0.0.1", pages.port)))
        assert pages.get("/healthz").status == 200
        assert pages.get("/readyz").status == 200


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"])
def test_a_request_that_never_comes_whole_is_not_waited_for(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("ofsep_node.web.server._IDLE_S", 0.2)
    with socket.create_connection(("127.0.0.1", pages.port), timeout=30) as slow:
        slow.sendall(sent)
        assert slow.recv(100) == b""


def test_one_connection_may_ask_again_and_again(pages: Pages) -> None:
    asking = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=30)
    for path in ("/healthz", "/readyz", "/healthz"):
        asking.request("GET", path)
        answer = asking.getresponse()
        assert (answer.status, bool(answer.read())) == (200, True)
    asking.close()


def test_a_disk_that_is_down_leaves_probes_and_metrics_their_answers(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(_path: object) -> NoReturn:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(shutil, "disk_usage", stale)
    pages.place.spool.touch()  # a file where the folder should be: listing it fails
    ready, metrics = pages.get("/readyz"), pages.get("/metrics")
    assert ready.status == 503
    assert ready.document["checks"]["disk"]["found"].endswith("Stale file handle")
    assert metrics.status == 200
    assert '\nofsep_node_ready{check="disk"} 0.0\n' in metrics.body
    assert "\nofsep_node_disk_free_bytes{" not in metrics.body
    assert "\nofsep_node_spool_objects " not in metrics.body


def test_what_waits_in_the_spool_is_counted_and_its_age_told(pages: Pages) -> None:
    folder = pages.place.spool / "20261127T124003.899Z-c5d7ecc2"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number:06d}.dcm").touch()
    (folder / "000004.part").touch()
    samples = {
        s.name: s.value
        for f in text_string_to_metric_families(pages.get("/metrics").body)
        for s in f.samples
    }
    assert samples["ofsep_node_spool_objects"] == 3
    assert 0 <= samples["ofsep_node_spool_oldest_object_age_seconds"] < 60


def test_the_end_of_a_certificate_is_told_where_there_is_one(pages: Pages) -> None:
    name = "ofsep_node_certificate_expiry_timestamp_seconds"
    assert f"\n{name} " not in pages.get("/metrics").body
    pages.facts.certificate_ends = lambda: 1795000000.0
    assert f"\n{name} 1.795e+09\n" in pages.get("/metrics").body


def test_what_is_looked_up_is_what_is_declared(pages: Pages) -> None:
    families = {f.name: f for f in text_string_to_metric_families(pages.get("/metrics").body)}
    looked_up = [m for m in METRICS if m.by == "web"]
    assert set(families) == {m.name.removesuffix("_total") for m in looked_up}
    for metric in looked_up:
        family = families[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.meaning)
        for sample in family.samples:
            assert set(sample.labels) == set(metric.labels)


def test_a_scraper_that_asks_for_openmetrics_gets_it(pages: Pages) -> None:
    answer = pages.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.body.endswith("# EOF\n")
