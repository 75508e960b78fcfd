"""Every metric of the node: its name, what it means, and which labels it can have.

Names follow Prometheus' conventions: base units, `_total` for what is counted. The number of
series is bounded: labels are closed lists, rules of the edition, or AE titles up to PEERS_COUNTED
in each receiver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ofsep_node.domain.commitment import CommitmentState
from ofsep_node.domain.retention import Cause, Hold
from ofsep_node.domain.routing import DeliveryState
from ofsep_node.domain.verdict import Conclusion, Severity, State

PEERS_COUNTED = 32
OTHER_PEERS = "(other)"
"""What peers beyond the first PEERS_COUNTED are counted as; no AE title has parentheses by custom."""

_RESPONSE_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_WAITING_BUCKETS_S = (0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)

ANY = ()
"""A label's values, where they are not known beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. `labels` gives each label's values; `by` is the part of the node that counts it.

    What is counted by the web process is looked up when it is asked for.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    by: Literal["receiver", "intake", "delivery", "retention", "web"]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()

    @property
    def samples(self) -> frozenset[str]:
        """The names under which it can be queried."""
        if self.kind != "histogram":
            return frozenset({self.name})
        return frozenset(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))


# --- reception

ASSOCIATIONS_ACCEPTED = Metric(
    name="ofsep_node_associations_accepted_total",
    kind="counter",
    meaning="Associations that were accepted",
    by="receiver",
    labels={"peer": ANY},
)
ASSOCIATIONS_REJECTED = Metric(
    name="ofsep_node_associations_rejected_total",
    kind="counter",
    meaning="Associations that were not accepted",
    by="receiver",
    labels={"reason": ANY},
)
ASSOCIATIONS_ENDED = Metric(
    name="ofsep_node_associations_ended_total",
    kind="counter",
    meaning="Accepted associations that are over",
    by="receiver",
    labels={"outcome": ("released", "aborted")},
)
ASSOCIATIONS_RUNNING = Metric(
    name="ofsep_node_associations_running",
    kind="gauge",
    meaning="Associations that are open now",
    by="receiver",
)
OBJECTS_RECEIVED = Metric(
    name="ofsep_node_objects_received_total",
    kind="counter",
    meaning="Objects safe in the spool and answered Success",
    by="receiver",
    labels={"peer": ANY},
)
RECEIVED_BYTES = Metric(
    name="ofsep_node_received_bytes_total",
    kind="counter",
    meaning="Bytes of the data sets of these objects",
    by="receiver",
    labels={"peer": ANY},
)
OBJECTS_REFUSED = Metric(
    name="ofsep_node_objects_refused_total",
    kind="counter",
    meaning="Objects answered with an error, by DIMSE status",
    by="receiver",
    labels={"status": ("0122", "0124", "A700", "A900", "C000")},
)
RESPONSE_SECONDS = Metric(
    name="ofsep_node_object_response_seconds",
    kind="histogram",
    meaning="From an object's last byte to its response",
    by="receiver",
    buckets=_RESPONSE_BUCKETS_S,
)

QUERIES = Metric(
    name="ofsep_node_queries_total",
    kind="counter",
    meaning="Queries (find) and retrievals (move, get), by what came of them",
    by="receiver",
    labels={
        "operation": ("find", "move", "get"),
        "outcome": ("answered", "cancelled", "failed", "refused"),
    },
)
OBJECTS_GIVEN = Metric(
    name="ofsep_node_objects_retrieved_total",
    kind="counter",
    meaning="Objects of retrievals (C-STORE sub-operations), by what became of them",
    by="receiver",
    labels={"operation": ("move", "get"), "outcome": ("sent", "failed")},
)

# --- intake

OBJECTS_RECORDED = Metric(
    name="ofsep_node_objects_recorded_total",
    kind="counter",
    meaning="Objects taken from the spool, by what became of them",
    by="intake",
    labels={"outcome": ("stored", "duplicate", "conflict", "unreadable")},
)
RECORDING_SECONDS = Metric(
    name="ofsep_node_object_recording_seconds",
    kind="histogram",
    meaning="From an object's response to its place in the records, findings included",
    by="intake",
    buckets=_WAITING_BUCKETS_S,
)
VERDICT_SECONDS = Metric(
    name="ofsep_node_verdict_seconds",
    kind="histogram",
    meaning="From an association's end to the verdicts on its studies",
    by="intake",
    buckets=_WAITING_BUCKETS_S,
)
VERDICTS = Metric(
    name="ofsep_node_verdicts_total",
    kind="counter",
    meaning="Verdicts on settled studies",
    by="intake",
    labels={"conclusion": get_args(Conclusion)},
)
FINDINGS_RAISED = Metric(
    name="ofsep_node_findings_raised_total",
    kind="counter",
    meaning="Findings raised, by rule",
    by="intake",
    labels={"rule": ANY, "severity": get_args(Severity), "outcome": ANY},
)
STUDIES_REOPENED = Metric(
    name="ofsep_node_studies_reopened_total",
    kind="counter",
    meaning="Settled studies that a late image opened again",
    by="intake",
)
STEPS_TOLD = Metric(
    name="ofsep_node_performed_steps_told_total",
    kind="counter",
    meaning="What scanners told of performed procedure steps, by the status they have then",
    by="intake",
    labels={"status": ("in_progress", "completed", "discontinued")},
)
INTAKE_HINDRANCES = Metric(
    name="ofsep_node_records_errors_total",
    kind="counter",
    meaning="Attempts of the intake that database, archive or spool made fail; all are tried again",
    by="intake",
)

# --- delivery

REPORTS_SENT = Metric(
    name="ofsep_node_reports_sent_total",
    kind="counter",
    meaning="Reports that a destination has taken",
    by="delivery",
    labels={"destination": ANY},
)
REPORT_ATTEMPTS_FAILED = Metric(
    name="ofsep_node_report_attempts_failed_total",
    kind="counter",
    meaning="Attempts to deliver a report that failed; all are tried again until they are given up",
    by="delivery",
    labels={"destination": ANY},
)
REPORT_SECONDS = Metric(
    name="ofsep_node_report_seconds",
    kind="histogram",
    meaning="From a report's being due to its being taken",
    by="delivery",
    buckets=_WAITING_BUCKETS_S,
)

# --- retention

DROPPED_OBJECTS = Metric(
    name="ofsep_node_dropped_objects_total",
    kind="counter",
    meaning="Objects that the node dropped from the archive unasked",
    by="retention",
    labels={"because": get_args(Cause)},
)
DROPPED_BYTES = Metric(
    name="ofsep_node_dropped_bytes_total",
    kind="counter",
    meaning="Size of the files that the node dropped from the archive unasked",
    by="retention",
    labels={"because": get_args(Cause)},
)
STUDIES_HELD = Metric(
    name="ofsep_node_retention_held_studies",
    kind="gauge",
    meaning="Studies that are over their time, and whose images are kept, by what keeps them",
    by="retention",
    labels={"by": tuple(Hold)},
)
ARCHIVE_ABOVE_WATERMARK = Metric(
    name="ofsep_node_archive_above_watermark",
    kind="gauge",
    meaning="Whether the archive's disk is too full, and nothing more may be dropped",
    by="retention",
)
RETENTION_LAST_RUN = Metric(
    name="ofsep_node_retention_last_run_timestamp_seconds",
    kind="gauge",
    meaning="When the archive was last looked through to its end, since the epoch",
    by="retention",
)

# --- looked up when they are asked for

REPORTS = Metric(
    name="ofsep_node_reports",
    kind="gauge",
    meaning="Reports in the outbox, which several nodes may share, by what became of them",
    by="web",
    labels={"destination": ANY, "state": get_args(DeliveryState)},
)
REPORTS_OLDEST_SECONDS = Metric(
    name="ofsep_node_reports_oldest_waiting_age_seconds",
    kind="gauge",
    meaning="How long the report that has waited longest is in the outbox, 0 when none waits",
    by="web",
)

SPOOL_OBJECTS = Metric(
    name="ofsep_node_spool_objects",
    kind="gauge",
    meaning="Objects that wait in the spool",
    by="web",
)
SPOOL_OLDEST_SECONDS = Metric(
    name="ofsep_node_spool_oldest_object_age_seconds",
    kind="gauge",
    meaning="Age of the object that has waited longest, 0 when none waits",
    by="web",
)
DISK_FREE_BYTES = Metric(
    name="ofsep_node_disk_free_bytes",
    kind="gauge",
    meaning="Space that the node may still fill",
    by="web",
    labels={"folder": ("spool", "archive")},
)
DISK_SIZE_BYTES = Metric(
    name="ofsep_node_disk_size_bytes",
    kind="gauge",
    meaning="Size of the file system",
    by="web",
    labels={"folder": ("spool", "archive")},
)
STUDIES = Metric(
    name="ofsep_node_studies",
    kind="gauge",
    meaning="Studies in the records, which several nodes may share",
    by="web",
    labels={"state": get_args(State), "conclusion": ANY},
)
COMMITMENTS = Metric(
    name="ofsep_node_commitments",
    kind="gauge",
    meaning="Requests for storage commitment in the records, by how far they have come",
    by="web",
    labels={"state": get_args(CommitmentState)},
)
ARCHIVED_BYTES = Metric(
    name="ofsep_node_archived_bytes",
    kind="gauge",
    meaning="Size of all objects in the archive, which several nodes may share",
    by="web",
)
DATABASE_UP = Metric(
    name="ofsep_node_database_up",
    kind="gauge",
    meaning="Whether the database answers",
    by="web",
)
READY = Metric(
    name="ofsep_node_ready",
    kind="gauge",
    meaning="Outcome of each check of /readyz",
    by="web",
    labels={"check": ANY},
)
PROCESS_UP = Metric(
    name="ofsep_node_process_up",
    kind="gauge",
    meaning="Whether a part of the node lives and does not hang",
    by="web",
    labels={"part": ANY},
)
PROCESS_RESTARTS = Metric(
    name="ofsep_node_process_restarts_total",
    kind="counter",
    meaning="Deaths of a part that was then started again",
    by="web",
    labels={"part": ANY},
)
ORPHANS = Metric(
    name="ofsep_node_associations_orphaned_total",
    kind="counter",
    meaning="Associations closed for a receiver that died or had a full disk",
    by="web",
)
CERTIFICATE_ENDS = Metric(
    name="ofsep_node_certificate_expiry_timestamp_seconds",
    kind="gauge",
    meaning="When our own certificate ends, since the epoch; absent without TLS",
    by="web",
)
BUILD_INFO = Metric(
    name="ofsep_node_build_info",
    kind="gauge",
    meaning="Always 1; what runs, and by which rules",
    by="web",
    labels={"version": ANY, "edition": ANY, "digest": ANY},
)

METRICS = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
"""All of them, in the order of this page."""
