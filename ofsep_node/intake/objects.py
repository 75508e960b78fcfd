"""One spooled object, read: its facts and digest, or why it has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from ofsep_node.dicom.part10 import announced_sop_instance_uid, data_set_digest
from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.errors import UnreadableObject
from ofsep_node.pulse import Beat
from ofsep_node.records.documents import facts_to_json

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Spooled:
    """An object in the spool: which association brought it, and as which of its objects."""

    association_id: str
    sequence: int
    path: Path


@dataclass(frozen=True, slots=True)
class Readable:
    """An object whose header could be read. `size` is the file's, in bytes.

    `answered_at` is when its sender was told Success, in seconds since the epoch: when it was
    written, just before. A second name in the archive is no reason to take it for younger.
    """

    spooled: Spooled
    facts: InstanceFacts
    facts_json: str
    digest: str
    size: int
    answered_at: float


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object that goes to the quarantine, and the sentence that says why.

    `sop_instance_uid` is what its sender announced it as, if its head can still be read; `read_as`
    what could be read of it, when it could not be recorded.
    """

    spooled: Spooled
    reason: str
    sop_instance_uid: str | None = None
    read_as: Readable | None = None


SpooledObject = Readable | Unreadable

_Item = TypeVar("_Item")


def set_aside(spooled: Spooled, reason: str) -> Unreadable:
    """An object that cannot be used. Raises OSError."""
    with spooled.path.open("rb") as file:
        return Unreadable(spooled, reason, announced_sop_instance_uid(file))


def read_object(spooled: Spooled, beat: Beat = lambda: None) -> SpooledObject | None:
    """Read an object's facts and digest; as `read_or_set_aside`."""
    return read_or_set_aside(spooled, partial(_read, beat=beat), UnreadableObject)


def read_or_set_aside(
    spooled: Spooled, read: Callable[[Spooled], _Item], unfit: type[Exception]
) -> _Item | Unreadable | None:
    """What `read` makes of a file, which raises `unfit` at one that it cannot use.

    None when it is not in the spool any more. A defect of the reader costs the object its
    judgement, never its place on the disk: whatever is raised, the object is unreadable and kept.
    Raises OSError and MemoryError when it is the machine that failed: it may be read later.
    """
    try:
        return read(spooled)
    except FileNotFoundError:
        return None
    except (OSError, MemoryError):
        raise
    except unfit as error:
        return set_aside(spooled, str(error))
    except Exception as error:
        log.exception("instance.unexpected", file=str(spooled.path))
        return set_aside(spooled, unexpected(error))


def unexpected(error: Exception) -> str:
    """The sentence for an error nobody foresaw."""
    kind = type(error).__name__  # its text may quote the header, and with it the patient
    return f"an error in this program ({kind}, with its place in the log); please report it"


def _read(spooled: Spooled, beat: Beat) -> Readable:
    status = spooled.path.stat()
    facts = _facts(spooled.path)
    return Readable(
        spooled=spooled,
        facts=facts,
        facts_json=facts_to_json(facts),
        digest=data_set_digest(spooled.path, beat),
        size=status.st_size,
        answered_at=status.st_mtime,
    )


def _facts(path: Path) -> InstanceFacts:
    """The reader calls unreadable what the machine could not read; the cause tells them apart."""
    try:
        return read_facts(path)
    except UnreadableObject as error:
        cause = error.__cause__
        if isinstance(cause, MemoryError) or (isinstance(cause, OSError) and cause.errno):
            raise cause from error
        raise
