"""Sends DICOM files as they are (PS3.4 annex B): no decoding, one association where it suffices."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pynetdicom import _config
from pynetdicom.association import Association
from pynetdicom.presentation import build_context

from ofsep_node.delivery.peer import Peer
from ofsep_node.dicom.store_status import is_stored
from ofsep_node.errors import NotDicom, PeerError, UnreadableInput

# Files are streamed as they are, instead of being decoded and encoded anew.
_config.STORE_SEND_CHUNKED_DATASET = True

CONTEXTS_PER_ASSOCIATION = 128
"""Presentation context ids are the odd numbers to 255 (PS3.8 section 9.3.2.2)."""


@dataclass(frozen=True, slots=True, order=True)
class Syntax:
    """What a presentation context is about: a SOP class in a transfer syntax, by UID."""

    sop_class_uid: str
    transfer_syntax_uid: str


Sent = TypeVar("Sent", bound=Hashable)
"""What somebody knows an object by."""

FileOf = Callable[[Sent], AbstractContextManager[Path]]
"""The file of an object, which need not be there before its turn, nor after it. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[Sent]):
    """What became of one object: a status, or why there is none."""

    of: Sent
    status: int | None
    reason: str = ""

    @property
    def stored(self) -> bool:
        """Success, or success with a warning (PS3.4 annex B.2.3)."""
        return self.status is not None and is_stored(self.status)


def syntax_of(path: Path) -> Syntax:
    """What a file's File Meta Information says.

    Raises NotDicom when it has none, and UnreadableInput when the file cannot be opened.
    """
    try:
        meta = read_file_meta_info(path)
        return Syntax(str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID))
    except OSError as error:
        raise UnreadableInput(f"{path}: cannot be read: {error.strerror or error}") from error
    except (InvalidDicomError, AttributeError, EOFError) as error:
        raise NotDicom(f"{path}: no DICOM file with File Meta Information") from error


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked for the files to be sent, by a C-MOVE, and the Message ID of that."""

    ae_title: str
    message_id: int


def send_files(peer: Peer, files: Mapping[Path, Syntax]) -> Iterator[Answer[Path]]:
    """Send files, as `send_each` does."""
    return send_each(peer, files, nullcontext)


def send_each(
    peer: Peer, objects: Mapping[Sent, Syntax], file_of: FileOf[Sent], origin: Origin | None = None
) -> Iterator[Answer[Sent]]:
    """Send each object in its own transfer syntax; yields an answer for each, in order of sending.

    Raises PeerError when the peer cannot be reached, or goes away.
    """
    for chunk in _chunks(sorted(set(objects.values()))):
        wanted = {one: syntax for one, syntax in objects.items() if syntax in chunk}
        contexts = [build_context(s.sop_class_uid, [s.transfer_syntax_uid]) for s in chunk]
        with peer.association(contexts) as association:
            yield from _send(_Association(peer, association, origin), wanted, file_of)


@dataclass(frozen=True, slots=True)
class _Association:
    peer: Peer
    association: Association
    origin: Origin | None

    def store(self, path: Path) -> Dataset:
        by, number = (self.origin.ae_title, self.origin.message_id) if self.origin else (None, None)
        return self.association.send_c_store(path, originator_aet=by, originator_id=number)


def _send(
    to: _Association, objects: Mapping[Sent, Syntax], file_of: FileOf[Sent]
) -> Iterator[Answer[Sent]]:
    accepted = {
        Syntax(str(c.abstract_syntax), str(c.transfer_syntax[0]))
        for c in to.association.accepted_contexts
    }
    for one, syntax in objects.items():
        if syntax not in accepted:
            named = f"{syntax.sop_class_uid} in {syntax.transfer_syntax_uid}"
            yield Answer(one, None, f"{to.peer} does not accept {named}")
        else:
            yield _store(to, one, file_of)


def _store(to: _Association, one: Sent, file_of: FileOf[Sent]) -> Answer[Sent]:
    try:
        with file_of(one) as path:
            answer = to.store(path)
    except (OSError, ValueError, AttributeError, RuntimeError, InvalidDicomError) as error:
        if not to.association.is_established:
            raise PeerError(f"{to.peer} ended the association while {one} was sent") from error
        return Answer(one, None, str(error))
    if "Status" not in answer:
        raise PeerError(f"{to.peer} did not answer for {one}")
    return Answer(one, int(answer.Status), str(answer.get("ErrorComment", "")))


def _chunks(syntaxes: Sequence[Syntax]) -> Iterator[Sequence[Syntax]]:
    for start in range(0, len(syntaxes), CONTEXTS_PER_ASSOCIATION):
        yield syntaxes[start : start + CONTEXTS_PER_ASSOCIATION]
