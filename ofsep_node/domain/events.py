"""What happens in a node, as the log, the tail and the event table name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

EventName = Literal[
    "association.verdict",
    "instance.stored", "instance.duplicate", "instance.conflict", "instance.unreadable",
    "series.recognised",
    "finding.raised", "finding.cleared",
    "study.settled", "study.verdict", "study.reopened", "study.corrected", "study.rejudged",
    "study.images_dropped",
    "report.queued", "report.sent", "report.failed", "report.cancelled", "report.retried",
    "node.away", "node.returned",
    "mpps.in_progress", "mpps.completed", "mpps.discontinued",
    "commitment.requested", "commitment.reported", "commitment.unreported", "commitment.given_up",
]  # fmt: skip
"""What the event table holds: what the intake makes of what it takes from the spool, and what
people say of a study afterwards.
"""

MEANINGS: Mapping[str, str] = {
    "node.started": "the node listens; `port`, `tls_port`, `web_port` are those it got",
    "node.draining": "asked to stop: running associations may end, new ones are rejected",
    "node.stopped": "every part has ended",
    "node.process_died": "a receiver, the intake or the web process ended by itself, and is started again",
    "node.process_stuck": "a part hung for `silent_s`; it is ended, and started again by itself",
    "node.process_failed": "a part cannot work; `reason` says what to mend",
    "node.process_killed": "a part did not stop within its time",
    "web.unavailable": "no page, probe or metric is served; images are received all the same",
    "metrics.unavailable": "a part counts nothing; `reason` says why",
    "node.away": "a node on the same database is silent; its open associations are closed as lost",
    "node.returned": "a node that was away is there again; what its spool holds is recorded now",
    "node.reloaded": "a part works by what its files say now",
    "node.reload_refused": "a file to be read anew is of no use; everything stays as it was",
    "reception.open": "no peers are listed: whoever reaches the port may send",
    "tls.expires": "our own certificate expires in so many `days`",
    "tls.expired": "our own certificate has expired; peers may refuse it",
    "association.opened": "a peer was accepted; over TLS with version, cipher, its certificate",
    "association.rejected": "a peer was refused, with the reason; `user` is who uses it, if it says. A "
    "stranger's address is told once a minute, with how often it was `untold`",
    "association.released": "a peer ended its association; `objects` were answered Success",
    "association.aborted": "an association broke; what was answered Success is kept",
    "association.verdict": "what is said of each study that an association brought, as it ends",
    "association.unknown": "a folder of the spool does not say who sent its objects",
    "connection.closed": "a connection ended before it asked for an association",
    "reception.accept_failed": "no connection can be taken at the moment",
    "reception.failed": "an association ended by a defect of this program",
    "instance.stored": "an object is in the archive and in the records; again, where `dropped_before`",
    "instance.duplicate": "an object that was there already came again",
    "instance.conflict": "other content came under a known SOP Instance UID; both are kept",
    "instance.refused": "an object was answered with an error; `status` says which",
    "instance.unreadable": "an object went to the quarantine; `reason` says why",
    "instance.unexpected": "an object met a defect of this program, and went to the quarantine",
    "series.recognised": "what a series is, with evidence, and what is still missing",
    "finding.raised": "a rule failed, or cannot be decided",
    "finding.cleared": "a finding no longer stands",
    "study.settled": "a study is over; `because` says why: procedure_completed, quiet, or capped "
    "(received for longer than any examination takes)",
    "study.verdict": "the verdict of a settled study",
    "study.reopened": "an image came after a study had settled",
    "study.corrected": "a person said what a series is, or why the examination was asked for",
    "study.rejudged": "the verdict that follows from a correction, or from judging again",
    "study.images_dropped": "`objects` of a study are gone from the archive, and `bytes`; `because` says "
    "why: age, watermark, or request. Verdict and facts are kept",
    "report.queued": "a report is due to a destination; `report` is its number in the outbox",
    "report.sent": "a destination has taken a report; `warning` is what it remarked",
    "report.failed": "a report could not be delivered; tried again, unless `given_up`",
    "report.cancelled": "a person had a report tried no more; `by` says who, `reason` why",
    "report.retried": "a person had a report tried again, as if it were new; `by` says who",
    "report.unmade": "a report met a defect of this program; it is tried again",
    "delivery.waiting": "the records cannot be used; reports wait in the outbox",
    "mpps.in_progress": "a scanner told that it performs a step; `instance` is the step's UID",
    "mpps.completed": "a scanner told that a step is done; `missing` of the `announced` objects "
    "have not come",
    "mpps.discontinued": "a scanner told that a step was broken off, with the reason if it gave one",
    "mpps.refused": "what a scanner told of a step was answered with an error",
    "commitment.requested": "a peer asked whether its objects are safe here",
    "commitment.reported": "it was told: `committed` objects are, `failed` are not, of which `dropped` "
    "were here once; `where_asked` says that the peer was told on the association that it asked on",
    "commitment.unreported": "it could not be told, and is tried again",
    "commitment.given_up": "it could not be told for a week",
    "commitment.refused": "a request for storage commitment was answered with an error",
    "commitment.waiting": "database or archive cannot be used; requests wait",
    "commitment.unexpected": "a request for storage commitment met a defect of this program",
    "query.answered": "a peer asked what is held here, `of` a level, and was told of so many `matches`",
    "query.refused": "a query or a retrieval was answered with an error; `status` says which",
    "query.unavailable": "the records cannot be used, and whoever asks is told so (A700)",
    "query.unexpected": "a query or a retrieval met a defect of this program",
    "retrieve.started": "a peer fetches so many `objects`, for itself or for a `destination`",
    "retrieve.done": "they were `sent`, as far as the peer did not cancel it",
    "retrieve.failed": "some could not be sent",
    "retrieve.object_failed": "one of them could not be sent; `reason` says why",
    "retrieve.unmade": "a report that a peer asked for cannot be made",
    "retrieve.unrecorded": "who fetched a study could not be recorded, and `show` does not say it",
    "verdict.unreadable": "a recorded verdict is of another version; the study is judged afresh",
    "study.unjudged": "a study met a defect of this program; its last verdict stands",
    "intake.waiting": "database or archive cannot be written; objects wait in the spool",
    "intake.resumed": "they can be written again",
    "intake.one_by_one": "a batch failed, and its objects are tried one at a time",
    "records.unavailable": "the database cannot be reached; objects wait in the spool",
    "archive.unavailable": "the archive cannot be reached; objects wait in the spool",
    "archive.unlocked": "the archive's file system has no locks: that no node with other records "
    "uses it is yours to see to",
    "archive.full": "the archive's disk is above `high_percent`, and nothing more may be dropped; "
    "`kept` counts the studies by what keeps them",
    "retention.waiting": "database or archive cannot be used; what is to be dropped is tried again",
    "retention.refused": "files of a study are not removed; `reason` says what is wrong with their place",
    "retention.unexpected": "dropping a study met a defect of this program",
    "spool.unwritable": "the spool cannot be written; senders are told so (A700)",
    "spool.low": "less of the disk is free than `minimum_free_mb`; new associations are rejected",
    "spool.roomy": "there is room on the disk again; new associations are accepted",
    "spool.nudge_failed": "the intake was not told of an object, and will find it by itself",
    "library.warning": "a library warned of something",
}
"""Every name the log can hold, and what it means to the person who reads it."""

_ABOUT = ("association", "peer", "address", "study", "series", "instance")

EventLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `details` holds JSON values only, and no patient name."""

    name: EventName
    level: EventLevel = "info"
    association: str | None = None
    peer: str | None = None
    address: str | None = None
    study: str | None = None
    series: str | None = None
    instance: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Any]:
        """What a line of the log says beside name and level; nothing of what is not known."""
        about = {key: getattr(self, key) for key in _ABOUT}
        return {key: value for key, value in about.items() if value is not None} | dict(
            self.details
        )


def written_at(at: datetime) -> str:
    """A moment as every line of the log writes it: in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
