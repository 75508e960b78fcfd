"""The UIDs of reports: the same report has the same ones, and no other report has them.

A UID is made of a UUID (PS3.5 section B.2), and the UUID of a name (RFC 9562, version 5).
"""

from __future__ import annotations

import hashlib
import json
import uuid

from ofsep_node.domain.verdict import Verdict
from ofsep_node.records.documents import to_json
from ofsep_node.reporting.context import Kind, ReportContext

_NAMESPACE = uuid.UUID("1cd2132d-b1a1-456d-ba35-02d425e22e37")


def derived_uid(*names: str) -> str:
    """The UID of these words, 44 characters at most."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, json.dumps(names)).int}"


def series_uid(study_instance_uid: str, kind: Kind) -> str:
    """The series that every report of one kind on a study is in."""
    return derived_uid("series", study_instance_uid, kind)


def report_uid(
    verdict: Verdict, kind: Kind, context: ReportContext, identity: str, rendering: bytes = b""
) -> str:
    """The UID of a report.

    The version's number is not enough: an open version is written again as images arrive. So the
    verdict itself is part of the name, of kinds that are a rendering, that, and of the structured
    report, its predecessor: of two destinations, only one may have had a report before. `identity`
    is what it says of patient and study, which are another image's where the first cannot be read.
    """
    before = context.predecessor if kind == "sr" else None
    said = json.dumps(to_json(verdict), sort_keys=True, ensure_ascii=True)
    return derived_uid(
        "report",
        verdict.study.study_instance_uid,
        str(verdict.version),
        kind,
        context.language,
        context.software,
        context.judged_at.isoformat(),
        hashlib.sha256(said.encode()).hexdigest(),
        hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest(),
        hashlib.sha256(rendering).hexdigest(),
        before.sop_instance_uid if before else "",
    )
