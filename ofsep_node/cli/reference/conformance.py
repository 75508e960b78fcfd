"""The DICOM conformance statement: a text in the order of PS3.2, and the tables the code works by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any, get_args

from pydicom.datadict import dictionary_description
from pydicom.uid import UID
from pynetdicom import AE
from pynetdicom.presentation import build_context

from ofsep_node import __version__
from ofsep_node.association_door import ANSWERED_WITHIN_S, SILENT_WITHIN_S
from ofsep_node.delivery.commitment import (
    GIVEN_UP_AFTER,
    RETRIED_FIRST,
    RETRIED_LAST,
    WAITED_FOR,
)
from ofsep_node.delivery.peer import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S
from ofsep_node.delivery.sending import SYNTAXES_PER_ASSOCIATION
from ofsep_node.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from ofsep_node.domain.commitment import FailureReason
from ofsep_node.domain.routing import OfferedKind
from ofsep_node.domain.sop_classes import STORAGE_COMMITMENT
from ofsep_node.reception import pdu, policy
from ofsep_node.reception.command import Status
from ofsep_node.reception.inquiries import MOST_BYTES as MOST_IDENTIFIER_BYTES
from ofsep_node.reception.lingering import LINGERS_AFTER_S
from ofsep_node.reception.negotiation import Rejection
from ofsep_node.reception.pdu import AbortReason
from ofsep_node.reception.requests import MOST_BYTES
from ofsep_node.reporting.composite import FORMATS
from ofsep_node.retrieval.identifier import MOST_VALUES, UNICODE
from ofsep_node.retrieval.keys import KEYS, TAGS
from ofsep_node.settings import ReceptionSection, Section, TLSSection
from ofsep_node.tls import CIPHERS_OF_TLS_1_2

_TEXT = Path(__file__).with_name("conformance-statement.md")

_KINDS = {
    "MR images": policy.MR_IMAGES,
    "Other images": policy.OTHER_IMAGES,
    "Derived objects": policy.DERIVED_OBJECTS,
    "Structured reports": policy.STRUCTURED_REPORTS,
    "Presentation states": policy.PRESENTATION_STATES,
    "Documents": policy.DOCUMENTS,
    "Waveforms": policy.WAVEFORMS,
    "Private objects of vendors": policy.PRIVATE_OBJECTS,
}
_RESULTS = {1: "1 rejected-permanent", 2: "2 rejected-transient"}
_SOURCES = {
    1: "1 service-user",
    2: "2 service-provider (ACSE)",
    3: "3 service-provider (presentation)",
}
_REASONS = {
    (1, 2): "2 application-context-name-not-supported",
    (1, 3): "3 calling-AE-title-not-recognized",
    (1, 7): "7 called-AE-title-not-recognized",
    (2, 2): "2 protocol-version-not-supported",
    (3, 1): "1 temporary-congestion",
    (3, 2): "2 local-limit-exceeded",
}
"""The names of PS3.8 table 9-21, by number; of reasons by source and number."""

_ABORTS = {
    AbortReason.NOT_SPECIFIED: "a time below has run out; the node stops; too many connections wait",
    AbortReason.UNRECOGNIZED_PDU: "a PDU of a type that the standard does not have",
    AbortReason.UNEXPECTED_PDU: "a PDU that has no place at this point",
    AbortReason.UNEXPECTED_PARAMETER: "never",
    AbortReason.INVALID_PARAMETER: "a PDU longer than was agreed, or whose lengths contradict "
    "each other; a message on a context that was not accepted, or a damaged command set",
}
_STATUSES = {
    Status.SUCCESS: (
        "Success",
        "the object, its name and its folder are on stable storage",
        "go on; there is no need to send again",
    ),
    Status.SOP_CLASS_NOT_SUPPORTED: (
        "Refused: SOP Class not supported",
        "a C-STORE came on a context of another service; a C-ECHO from a peer without that role",
        "not send again unchanged: its configuration, or the peer's roles, are wrong",
    ),
    Status.NOT_AUTHORIZED: (
        "Refused: not authorized",
        "the list of peers does not give the peer the role `store`",
        "not send again before the list is changed",
    ),
    Status.UNRECOGNIZED_OPERATION: (
        "Refused: unrecognized operation",
        "any request that has no place on its context",
        "not ask again",
    ),
    Status.OUT_OF_RESOURCES: (
        "Refused: out of resources",
        "the disk is full or cannot be written; the object is larger than `maximum_object_mb`",
        "send again later, by itself; nothing of the object was kept",
    ),
    Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS: (
        "Error: data set does not match SOP Class",
        "the command names another SOP Class than its context",
        "not send again unchanged",
    ),
    Status.CANNOT_UNDERSTAND: (
        "Error: cannot understand",
        "no Affected SOP Instance UID, no data set, or an empty one",
        "not send again unchanged",
    ),
}
"""Of each status of C-STORE and C-ECHO: its name, when RECEIVER answers it, what to do."""

_REQUEST_STATUSES = {
    Status.SUCCESS: (
        "Success",
        "the request is on stable storage",
    ),
    Status.INVALID_ATTRIBUTE_VALUE: (
        "Invalid attribute value",
        "N-CREATE, N-SET: a damaged data set; a status there is not, or not of a new step; no UID",
    ),
    Status.PROCESSING_FAILURE: (
        "Processing failure",
        "N-SET of a step that is COMPLETED or DISCONTINUED, with Error ID A710",
    ),
    Status.DUPLICATE_SOP_INSTANCE: ("Duplicate SOP instance", "N-CREATE of a step that is here"),
    Status.NO_SUCH_SOP_INSTANCE: (
        "No such SOP instance",
        "N-SET of a step that was not created here; N-ACTION of another than the well-known one",
    ),
    Status.INVALID_ARGUMENT_VALUE: (
        "Invalid argument value",
        "N-ACTION: the data set is damaged; no Transaction UID, no references, or UIDs that are none",
    ),
    Status.INVALID_SOP_INSTANCE: (
        "Invalid SOP instance",
        "N-CREATE or N-SET without a SOP Instance UID, or with one that is none",
    ),
    Status.NO_SUCH_SOP_CLASS: (
        "No such SOP Class",
        "the command names another SOP Class than its context",
    ),
    Status.MISSING_ATTRIBUTE: (
        "Missing attribute",
        "N-CREATE without a status, or without a Study Instance UID in its scheduled attributes",
    ),
    Status.NO_SUCH_ACTION_TYPE: ("No such action type", "N-ACTION of an Action Type ID but 1"),
    Status.RESOURCE_LIMITATION: (
        "Resource limitation",
        f"the disk is full or cannot be written; a data set of more than {MOST_BYTES >> 20} MB",
    ),
}
"""Of each status of the N services: its name, and when RECEIVER answers it."""

_QUERY_STATUSES = {
    Status.SUCCESS: ("Success", "all matches were told", "all objects were sent"),
    Status.SOP_CLASS_NOT_SUPPORTED: (
        "Refused: SOP Class not supported",
        "the command names another SOP Class than its context, such as one of the Patient Root",
        "the same",
    ),
    Status.OUT_OF_RESOURCES: (
        "Refused: out of resources",
        "the records cannot be used; the identifier is too large",
        "the same",
    ),
    Status.SUB_OPERATIONS_IMPOSSIBLE: (
        "Refused: unable to perform sub-operations",
        "never",
        "nothing could be sent; C-MOVE: also where the destination went away before it took anything",
    ),
    Status.MOVE_DESTINATION_UNKNOWN: (
        "Refused: move destination unknown",
        "never",
        "C-MOVE: no DICOM destination of the settings has this AE title",
    ),
    Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS: (
        "Error: identifier does not match SOP Class",
        "no level, or one that the Study Root does not have; not one UID for each level above",
        "the same; no unique key of the level",
    ),
    Status.SUB_OPERATIONS_FAILED: (
        "Warning: one or more failures or warnings",
        "never",
        "some objects could not be sent: they are in Failed SOP Instance UID List (0008,0058)",
    ),
    Status.CANNOT_UNDERSTAND: (
        "Failed: unable to process",
        "the identifier is damaged or cut short; a defect of the program",
        "the same",
    ),
    Status.CANCELLED: ("Cancel", "the peer cancelled it", "the peer cancelled it"),
    Status.PENDING: ("Pending", "a match", "what was sent so far"),
    Status.PENDING_WITHOUT_SOME_KEYS: (
        "Pending",
        "a match; the node does not know some of the keys, which are left out",
        "never",
    ),
}
"""Of each status of Query/Retrieve: its name, and when RECEIVER answers it."""

_REASONS_OF_FAILURE = {
    FailureReason.PROCESSING_FAILURE: "the copy here is not what was received, cannot be read, or "
    "holds a link in the place of its pixels",
    FailureReason.NO_SUCH_OBJECT_INSTANCE: "nothing of this SOP Instance UID is in the archive",
    FailureReason.CLASS_INSTANCE_CONFLICT: "what is here under this UID is of another SOP Class",
}

_TIMEOUTS: tuple[tuple[str, type[Section], str], ...] = (
    ("the TLS handshake as a whole", TLSSection, "handshake_timeout_s"),
    ("the association request", ReceptionSection, "negotiation_timeout_s"),
    ("the next message", ReceptionSection, "idle_timeout_s"),
    ("the rest of a message, or the peer to read", ReceptionSection, "stall_timeout_s"),
    ("the end of the association, when the node stops", ReceptionSection, "drain_timeout_s"),
)


def conformance_statement() -> str:
    """The whole statement; a table or number that the text asks for and nobody has is an error."""
    return Template(_TEXT.read_text(encoding="utf-8")).substitute(
        _numbers(),
        overview=_rows(_overview()),
        sop_classes=_rows(
            (name, uid, "no", "yes") for uid, name in policy.STORAGE_SOP_CLASSES.items()
        ),
        rejections=_rows(map(_rejection, Rejection)),
        aborts=_rows((f"{reason:d}", _ABORTS[reason]) for reason in AbortReason),
        timeouts=_rows(
            (what, f"{_default(section, key):g}", f"`{key}`") for what, section, key in _TIMEOUTS
        ),
        transfer_syntaxes=_named(policy.TRANSFER_SYNTAXES),
        referenced_transfer_syntaxes=_named(policy.REFERENCED_TRANSFER_SYNTAXES),
        statuses=_statuses(_STATUSES),
        request_statuses=_statuses(_REQUEST_STATUSES),
        failure_reasons=_rows((f"{r:04X}", said) for r, said in _REASONS_OF_FAILURE.items()),
        request_syntaxes=_rows(
            (policy.TRANSFER_SYNTAXES[uid], uid) for uid in policy.REQUEST_TRANSFER_SYNTAXES
        ),
        services=_rows((name, uid, "no", "yes") for uid, name in policy.REQUEST_SERVICES.items()),
        queries=_rows((name, uid, "no", "yes") for uid, name in policy.QUERY_SERVICES.items()),
        query_statuses=_statuses(_QUERY_STATUSES),
        keys=_rows(map(_key, KEYS)),
        ciphers="\n".join(f"- `{name}`" for name in CIPHERS_OF_TLS_1_2),
    )


def _numbers() -> dict[str, object]:
    lengths = ReceptionSection.model_json_schema()["properties"]["maximum_pdu_length"]
    keys = ("ae_title", "port", "maximum_pdu_length", "maximum_associations",
            "maximum_associations_per_peer")  # fmt: skip
    return {
        **{key: _default(ReceptionSection, key) for key in keys},
        "version": __version__,
        "verification": policy.VERIFICATION,
        "commitment": STORAGE_COMMITMENT,
        "report_answered_within": f"{ANSWERED_WITHIN_S:g}",
        "lingers_after": f"{LINGERS_AFTER_S:g}",
        "silent_within": f"{SILENT_WITHIN_S:g}",
        "retried_first": RETRIED_FIRST.seconds,
        "retried_last": RETRIED_LAST.seconds // 60,
        "given_up_after": GIVEN_UP_AFTER.days,
        "waited_for": WAITED_FOR.seconds // 60,
        "unicode": UNICODE,
        "most_identifier": MOST_IDENTIFIER_BYTES,
        "most_values": MOST_VALUES,
        "report_kinds": ", ".join(get_args(OfferedKind)),
        "application_context": pdu.APPLICATION_CONTEXT,
        "maximum_pdu_length_from": lengths["minimum"],
        "maximum_pdu_length_to": lengths["maximum"],
        "implementation_class_uid": IMPLEMENTATION_CLASS_UID,
        "implementation_version_name": IMPLEMENTATION_VERSION_NAME,
        "most_contexts": pdu.MOST_CONTEXTS,
        "identities": ", ".join(pdu.IDENTITY_KINDS.values()),
        "tls_port": _default(TLSSection, "port"),
        "tls_versions": _choices("minimum_version", " and "),
        "client_certificate": _choices("client_certificate", ", "),
        "roles": ", ".join(f"`{role}`" for role in policy.Role),
        "syntaxes_per_association": SYNTAXES_PER_ASSOCIATION,
        "answer_timeout": ANSWER_TIMEOUT_S,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "report_classes": "\n".join(
            f"| {UID(one.sop_class_uid).name} | {one.sop_class_uid} | yes | no |"
            for one in FORMATS.values()
        ),
        "sender_maximum_length": AE().maximum_pdu_size,
        "echo_syntaxes": ", ".join(
            policy.TRANSFER_SYNTAXES[syntax]
            for syntax in build_context(policy.VERIFICATION).transfer_syntax or ()
        ),
    }


def _default(section: type[Section], key: str) -> Any:
    return section.model_fields[key].default


def _choices(key: str, between: str) -> str:
    choices = TLSSection.model_json_schema()["properties"][key]["enum"]
    return between.join(map(str, choices))


def _overview() -> Iterable[tuple[str, ...]]:
    for kind, table in _KINDS.items():
        yield f"**{kind}**", "", ""
        yield from ((name, "yes", "yes") for name in table.values())
    yield "**Workflow management**", "", ""
    yield from ((name, "no", "yes") for name in policy.REQUEST_SERVICES.values())
    yield "**Query/Retrieve**", "", ""
    yield from ((name, "no", "yes") for name in policy.QUERY_SERVICES.values())


def _statuses(told: Mapping[Status, tuple[str, ...]]) -> str:
    return _rows((f"{status:04X}", *words) for status, words in sorted(told.items()))


def _key(keyword: str) -> tuple[str, ...]:
    key, tag = KEYS[keyword], TAGS[keyword]
    name = dictionary_description(tag)
    numbers = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return name, numbers, key.level, key.of, key.matching.value


def _rejection(rejection: Rejection) -> tuple[str, ...]:
    result, source, reason = rejection.codes
    return _RESULTS[result], _SOURCES[source], _REASONS[source, reason], rejection.words


def _named(table: Mapping[str, str]) -> str:
    return _rows((name, uid) for uid, name in table.items())


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
