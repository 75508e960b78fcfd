"""The pages by themselves: a web server in a thread, on facts that the test makes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ofsep_node.metrics.declarations import METRICS
from ofsep_node.protocol import load_edition
from ofsep_node.pulse import Phase, Pulses
from ofsep_node.reception.listening import listening_socket
from ofsep_node.records import Records, nodes
from ofsep_node.records.migration import upgrade
from ofsep_node.records.nodes import ThisNode
from ofsep_node.web import Facts, Place, application, serve
from ofsep_node.web.application import SECURITY_HEADERS
from tests.scrape import Answer, get

PARTS = ("receiver-1", "receiver-2", "intake", "web")


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


def test_an_intake_that_hangs_is_unhealthy_and_not_ready(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ofsep_node.pulse.STUCK_AFTER_S", -1.0)
    assert conditions(pages.get("/healthz"))["intake"] == "stuck"
    ready = pages.get("/readyz")
    assert (ready.status, ready.document["checks"]["intake"]["found"]) == (503, "stuck")


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
    assert excluded.document["checks"]["intake"] == {"ok": False, "found": "dead", "excluded": True}
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
