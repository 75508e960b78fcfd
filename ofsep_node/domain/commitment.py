"""Storage commitment: what is asked for, and why it may not be given (PS3.4 annex J)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

CommitmentState = Literal["asked", "verified", "reported", "given_up"]
"""How far a request has come: taken, looked into, told; or its peer never listened."""


class FailureReason(IntEnum):
    """Why there is no commitment for an object: Failure Reason (0008,1197), PS3.3 section C.14."""

    PROCESSING_FAILURE = 0x0110
    NO_SUCH_OBJECT_INSTANCE = 0x0112
    CLASS_INSTANCE_CONFLICT = 0x0119


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that somebody names."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class CommitmentRequest:
    """What a peer asks the node to answer for. The references are in the peer's order."""

    transaction_uid: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An object that the node does not answer for; `dropped` when it was here, and its time over."""

    reference: Reference
    reason: FailureReason
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class CommitmentResult:
    """What the node answers for of a request, and what not; each object is in one of the two."""

    transaction_uid: str
    committed: tuple[Reference, ...]
    failed: tuple[Failure, ...]
