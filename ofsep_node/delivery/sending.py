"""Sends DICOM files as they are (PS3.4 annex B): no decoding, one association where it suffices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one file: a status, or why there is none."""

    path: Path
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


def send_files(
    peer: Peer, files: Mapping[Path, Syntax], origin: Origin | None = None
) -> Iterator[Answer]:
    """Send each file in its own transfer syntax; yields an answer for each, in order of sending.

    Raises PeerError when the peer cannot be reached, or goes away.
    """
    for chunk in _chunks(sorted(set(files.values()))):
        wanted = {path: syntax for path, syntax in files.items() if syntax in chunk}
        contexts = [build_context(s.sop_class_uid, [s.transfer_syntax_uid]) for s in chunk]
        with peer.association(contexts) as association:
            yield from _send(peer, association, wanted, origin)


def _send(
    peer: Peer, association: Association, files: Mapping[Path, Syntax], origin: Origin | None
) -> Iterator[Answer]:
    accepted = {
        Syntax(str(c.abstract_syntax), str(c.transfer_syntax[0]))
        for c in association.accepted_contexts
    }
    for path, syntax in files.items():
        if syntax not in accepted:
            named = f"{syntax.sop_class_uid} in {syntax.transfer_syntax_uid}"
            yield Answer(path, None, f"{peer} does not accept {named}")
        else:
            yield _store(peer, association, path, origin)


def _store(peer: Peer, association: Association, path: Path, origin: Origin | None) -> Answer:
    by, number = (origin.ae_title, origin.message_id) if origin else (None, None)
    try:
        answer = association.send_c_store(path, originator_aet=by, originator_id=number)
    except (OSError, ValueError, AttributeError, RuntimeError, InvalidDicomError) as error:
        if not association.is_established:
            raise PeerError(f"{peer} ended the association while {path} was sent") from error
        return Answer(path, None, str(error))
    if "Status" not in answer:
        raise PeerError(f"{peer} did not answer for {path}")
    return Answer(path, int(answer.Status), str(answer.get("ErrorComment", "")))


def _chunks(syntaxes: Sequence[Syntax]) -> Iterator[Sequence[Syntax]]:
    for start in range(0, len(syntaxes), CONTEXTS_PER_ASSOCIATION):
        yield syntaxes[start : start + CONTEXTS_PER_ASSOCIATION]
