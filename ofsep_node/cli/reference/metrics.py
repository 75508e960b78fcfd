"""The page of the metrics: as they are declared."""

from __future__ import annotations

from ofsep_node.metrics.declarations import METRICS, OTHER_PEERS, PEERS_COUNTED, Metric

_WHERE = {
    "receiver": "Counted by the receivers",
    "intake": "Counted by the intake",
    "delivery": "Counted by the delivery",
    "web": "Looked up when it is asked for",
}


def metrics() -> str:
    """Every metric with its kind, its labels and their values."""
    parts = [
        (
            "# Metrics\n\nWhat `/metrics` of the web process answers, for Prometheus. Durations are in\n"
            "seconds. A histogram `NAME` is queried as `NAME_bucket`, `NAME_sum`, `NAME_count`.\n"
            f"`peer` is a calling AE title: the first {PEERS_COUNTED} in each receiver by name, others\n"
            f"as `{OTHER_PEERS}`. Counters start from zero with the node, and survive the death of the\n"
            "part that counts.\n"
        )
    ]
    for by, title in _WHERE.items():
        rows = "\n".join(_row(metric) for metric in METRICS if metric.by == by)
        parts.append(
            f"## {title}\n\n| metric | kind | labels | meaning |\n|---|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def _row(metric: Metric) -> str:
    labels = "; ".join(
        f"`{name}`" + (": " + ", ".join(f"`{v}`" for v in values) if values else "")
        for name, values in metric.labels.items()
    )
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.meaning} |"
