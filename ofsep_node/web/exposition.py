"""`/metrics`: what the parts counted, and what is looked up, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ofsep_node.metrics import declarations as known
from ofsep_node.metrics.counting import counted
from ofsep_node.metrics.declarations import Metric
from ofsep_node.web.facts import Facts, Outbox

Family = CounterMetricFamily | GaugeMetricFamily
Sample = tuple[tuple[str, ...], float]
NO_LABELS: tuple[str, ...] = ()


def exposition(facts: Facts, accept: str) -> tuple[bytes, str]:
    """All metrics in the format that suits an Accept header, and its media type."""
    registry = counted(facts.place.metrics)
    registry.register(LookedUp(facts))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


class LookedUp(Collector):
    """The metrics that no part counts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def describe(self) -> Iterable[Family]:
        """Nothing: a registry would otherwise look everything up once to learn the names."""
        return ()

    def collect(self) -> Iterator[Family]:
        """Look everything up."""
        for metric, samples in self._samples():
            yield _family(metric, samples)

    def _samples(self) -> Iterator[tuple[Metric, Iterable[Sample]]]:
        yield from self._of_the_disk()
        yield from self._of_the_records()
        yield from self._of_the_parts()
        ends = self._facts.certificate_ends()
        yield known.CERTIFICATE_ENDS, [] if ends is None else [(NO_LABELS, ends)]
        yield known.BUILD_INFO, [(self._facts.build, 1)]

    def _of_the_disk(self) -> Iterator[tuple[Metric, Iterable[Sample]]]:
        waiting = self._facts.waiting()
        yield known.SPOOL_OBJECTS, [] if waiting is None else [(NO_LABELS, waiting.objects)]
        yield known.SPOOL_OLDEST_SECONDS, [] if waiting is None else [(NO_LABELS, waiting.age_s)]
        disks = list(self._facts.disks())
        yield known.DISK_FREE_BYTES, [((name,), free) for name, free, _ in disks]
        yield known.DISK_SIZE_BYTES, [((name,), size) for name, _, size in disks]

    def _of_the_records(self) -> Iterator[tuple[Metric, Iterable[Sample]]]:
        checks = list(self._facts.checks())
        yield known.READY, [((c.name,), bool(c.ok)) for c in checks]
        up = any(c.ok for c in checks if c.name == "database")
        yield known.DATABASE_UP, [(NO_LABELS, up)]
        outbox = self._facts.outbox() if up else Outbox()
        yield known.REPORTS, list(outbox.reports.items())
        yield known.REPORTS_OLDEST_SECONDS, [(NO_LABELS, outbox.oldest_s)]
        yield known.STUDIES, list((self._facts.studies() if up else {}).items())
        asked = self._facts.commitments() if up else {}
        archived = self._facts.archived_bytes() if up else None
        yield known.ARCHIVED_BYTES, [] if archived is None else [(NO_LABELS, archived)]
        yield known.COMMITMENTS, [((state,), count) for state, count in asked.items()]

    def _of_the_parts(self) -> Iterator[tuple[Metric, Iterable[Sample]]]:
        signs = self._facts.signs()
        yield known.PROCESS_UP, [((s.part,), s.condition == "well") for s in signs]
        yield known.PROCESS_RESTARTS, [((s.part,), s.deaths) for s in signs]
        yield known.ORPHANS, [(NO_LABELS, self._facts.pulses.orphans)]


def _family(metric: Metric, samples: Iterable[Sample]) -> Family:
    make: Callable[..., Family] = (
        CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    )
    family = make(metric.name, metric.meaning, labels=tuple(metric.labels))
    for labels, value in samples:
        family.add_metric(labels, value)
    return family
