"""A scraper of a node's pages, with Prometheus' own parser."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.node import RunningNode

Series = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: str

    @property
    def document(self) -> Any:
        return json.loads(self.body)


def get(port: int | None, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """One request to a node's web process; an error status is an answer like another."""
    url = f"http://127.0.0.1:{port}{path}"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=dict(headers or {})),
            timeout=30,
        ) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read().decode())


class Scrape:
    """Every sample of one look at /metrics."""

    def __init__(self, node: RunningNode) -> None:
        answer = get(node.web_port, "/metrics")
        assert answer.status == 200, answer.body
        self.families = list(text_string_to_metric_families(answer.body))
        self._samples: dict[Series, float] = {
            (s.name, frozenset(s.labels.items())): s.value for f in self.families for s in f.samples
        }

    def __call__(self, name: str, **labels: str) -> float | None:
        """The value of one series, `ofsep_node_` left out of its name; None when there is none."""
        return self._samples.get((f"ofsep_node_{name}", frozenset(labels.items())))

    def total(self, name: str, **labels: str) -> float:
        """The sum of all series of a name that have these labels, among others."""
        wanted = frozenset(labels.items())
        return sum(
            value
            for (sample, found), value in self._samples.items()
            if sample == f"ofsep_node_{name}" and wanted <= found
        )

    def labelled(self, name: str, label: str) -> dict[str, float]:
        """The values of a metric by one of its labels."""
        return {
            dict(found)[label]: value
            for (sample, found), value in self._samples.items()
            if sample == f"ofsep_node_{name}"
        }
