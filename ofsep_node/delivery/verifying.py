"""Whether the archive still holds what somebody wants to be sure of."""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ofsep_node.dicom.part10 import data_set_digest
from ofsep_node.domain.commitment import Failure, FailureReason, Reference
from ofsep_node.domain.transfer_syntaxes import PIXELS_ELSEWHERE
from ofsep_node.errors import UnreadableObject
from ofsep_node.records.archived import KnownArchive
from ofsep_node.records.commitments import Copy

_OF_ONE_FILE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EACCES, errno.EIO)
"""What is wrong with a file while those beside it can be read: missing, no file, closed, damaged."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the records know of the objects that were asked for.

    `unreadable` are the SOP Instance UIDs under which only something came that cannot be read.
    """

    copies: list[Copy]
    unreadable: set[str]

    @property
    def archived(self) -> list[Copy]:
        """The copies that are in the archive still."""
        return [copy for copy in self.copies if copy.dropped_at is None]


def failures(
    asked: Sequence[Reference],
    known: Known,
    archive: KnownArchive,
    beat: Callable[[], None] = lambda: None,
) -> Iterator[Failure]:
    """The objects that the node cannot answer for. Every file is read, to its end.

    `beat` is called before each, and with every megabyte of it. Raises OSError when it is the
    archive that cannot be read, and not one file in it.
    """
    copies = defaultdict(list)
    for copy in known.copies:
        copies[copy.reference.sop_instance_uid].append(copy)
    for reference in asked:
        beat()
        found = copies[reference.sop_instance_uid]
        meant = _meant(reference, found)
        reason = _objection(reference, found, known) or next(
            filter(None, (_damage(copy, archive, beat) for copy in meant)), None
        )
        if reason is not None:
            dropped = any(copy.dropped_at is not None for copy in meant)
            yield Failure(reference, reason, dropped=dropped)


def _meant(reference: Reference, copies: Sequence[Copy]) -> list[Copy]:
    """The copies that whoever asks may mean: under one UID several contents may have come.

    Of a content in several transfer syntaxes, those that are here: when it comes again after it was
    dropped, it comes in one of them.
    """
    of_class = [copy for copy in copies if copy.reference == reference]
    here = [copy for copy in of_class if not (copy.re_encoded and copy.dropped_at is not None)]
    return here or of_class


def _objection(reference: Reference, copies: Sequence[Copy], known: Known) -> FailureReason | None:
    """Why nothing that was recorded is what is asked for."""
    if not copies:
        came = reference.sop_instance_uid in known.unreadable
        return FailureReason.PROCESSING_FAILURE if came else FailureReason.NO_SUCH_OBJECT_INSTANCE
    if all(copy.reference != reference for copy in copies):
        return FailureReason.CLASS_INSTANCE_CONFLICT
    return None


def _damage(copy: Copy, archive: KnownArchive, beat: Callable[[], None]) -> FailureReason | None:
    if copy.dropped_at is not None:
        return FailureReason.NO_SUCH_OBJECT_INSTANCE
    if copy.transfer_syntax_uid in PIXELS_ELSEWHERE:  # a link is no copy (PS3.4 section J.1.1)
        return FailureReason.PROCESSING_FAILURE
    try:
        intact = data_set_digest(archive.path / copy.archived_as, beat) == copy.digest
    except UnreadableObject:
        return FailureReason.PROCESSING_FAILURE
    except OSError as error:
        return _loss(error, archive)
    return None if intact else FailureReason.PROCESSING_FAILURE


def _loss(error: OSError, archive: KnownArchive) -> FailureReason:
    """What it means that one file cannot be read. Raises OSError when none can."""
    if error.errno not in _OF_ONE_FILE:
        raise error
    archive.require()  # it was there when the first file was read, and may be lost since
    if isinstance(error, FileNotFoundError):
        return FailureReason.NO_SUCH_OBJECT_INSTANCE
    return FailureReason.PROCESSING_FAILURE
