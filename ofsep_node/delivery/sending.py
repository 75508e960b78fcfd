"""Sends DICOM files (PS3.4 annex B): as they are where the peer takes that, one association where it suffices."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pynetdicom import _config
from pynetdicom.association import Association
from pynetdicom.presentation import build_context

from ofsep_node.delivery.memory import file_in_memory
from ofsep_node.delivery.peer import Peer, named
from ofsep_node.dicom.implicit import IMPLICIT_VR_LITTLE_ENDIAN, NATIVE, write_implicit
from ofsep_node.dicom.part10 import file_head
from ofsep_node.dicom.store_status import is_stored
from ofsep_node.errors import NotDicom, PeerError, UnreadableInput, UnreadableObject

# Files are streamed as they are, instead of being decoded and encoded anew.
_config.STORE_SEND_CHUNKED_DATASET = True

SYNTAXES_PER_ASSOCIATION = 64
"""Each in two presentation contexts at most, whose ids are the odd numbers to 255 (PS3.8 9.3.2.2)."""

_CANNOT_BE_SENT = (
    OSError,
    ValueError,
    AttributeError,
    RuntimeError,
    InvalidDicomError,
    UnreadableObject,
)
"""What opening, converting and sending an object raise."""


@dataclass(frozen=True, slots=True, order=True)
class Syntax:
    """What a presentation context is about: a SOP class in a transfer syntax, by UID."""

    sop_class_uid: str
    transfer_syntax_uid: str

    @property
    def offered(self) -> tuple[Syntax, ...]:
        """The object's own syntax, then the default one where its pixels are not compressed.

        A requestor has to offer the default transfer syntax (PS3.5 section 10.1), unless the
        object is compressed and it has nothing else. Each is in a context of its own: of several
        in one context the peer would choose.
        """
        if self.transfer_syntax_uid not in NATIVE:
            return (self,)
        return self, Syntax(self.sop_class_uid, IMPLICIT_VR_LITTLE_ENDIAN)


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
    """Send each object in the first of its syntaxes that the peer accepts; yields an answer for each.

    Raises PeerError when the peer cannot be reached, or goes away.
    """
    for chunk in _chunks(sorted(set(objects.values()))):
        wanted = {one: syntax for one, syntax in objects.items() if syntax in chunk}
        offered = sorted({offer for syntax in chunk for offer in syntax.offered})
        contexts = [build_context(s.sop_class_uid, [s.transfer_syntax_uid]) for s in offered]
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
        fitting = next((offer for offer in syntax.offered if offer in accepted), None)
        if fitting is None:
            offered = named((s.sop_class_uid, s.transfer_syntax_uid) for s in syntax.offered)
            yield Answer(one, None, f"{to.peer} does not accept {offered}")
        else:
            yield _store(to, one, _Form(file_of, syntax, fitting))


@dataclass(frozen=True, slots=True)
class _Form(Generic[Sent]):
    """In which transfer syntax an object is kept, and in which it is to be sent."""

    file_of: FileOf[Sent]
    kept: Syntax
    sent: Syntax

    @contextmanager
    def file(self, one: Sent) -> Iterator[Path]:
        """Raises OSError and UnreadableObject."""
        with self.file_of(one) as path:
            if self.sent == self.kept:
                yield path
            else:
                with file_in_memory(lambda file: self._write(path, file)) as written:
                    yield written

    def _write(self, path: Path, target: BinaryIO) -> None:
        meta = read_file_meta_info(path)
        head = file_head(
            sop_class_uid=str(meta.MediaStorageSOPClassUID),
            sop_instance_uid=str(meta.MediaStorageSOPInstanceUID),
            transfer_syntax_uid=self.sent.transfer_syntax_uid,
            calling_ae_title="",
            called_ae_title="",
        )
        target.write(head)
        with path.open("rb") as source:
            write_implicit(source, self.kept.transfer_syntax_uid, target)


def _store(to: _Association, one: Sent, form: _Form[Sent]) -> Answer[Sent]:
    try:
        with form.file(one) as path:
            answer = to.store(path)
    except _CANNOT_BE_SENT as error:
        if not to.association.is_established:
            raise PeerError(f"{to.peer} ended the association while {one} was sent") from error
        return Answer(one, None, str(error))
    if "Status" not in answer:
        raise PeerError(f"{to.peer} did not answer for {one}")
    return Answer(one, int(answer.Status), str(answer.get("ErrorComment", "")))


def _chunks(syntaxes: Sequence[Syntax]) -> Iterator[Sequence[Syntax]]:
    for start in range(0, len(syntaxes), SYNTAXES_PER_ASSOCIATION):
        yield syntaxes[start : start + SYNTAXES_PER_ASSOCIATION]
