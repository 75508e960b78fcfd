"""A viewer that queries and retrieves, by pynetdicom."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filebase import DicomIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.presentation import build_context, build_role

from ofsep_node.domain.sop_classes import STUDY_ROOT_FIND, STUDY_ROOT_GET, STUDY_ROOT_MOVE

TITLE = "VIEWER"
MR = "1.2.840.10008.5.1.4.1.1.4"
SR, PDF = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.104.1"


def identifier(**keys: object) -> Dataset:
    """An identifier with these keys."""
    asked = Dataset()
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    return asked


def identifier_bytes(syntax: str, **keys: object) -> bytes:
    """The same, as it goes over the network."""
    content = io.BytesIO()
    written = DicomIO(content)
    written.is_implicit_VR = syntax == ImplicitVRLittleEndian
    written.is_little_endian = True
    write_dataset(written, identifier(**keys))
    return content.getvalue()


@dataclass
class Answer:
    """What an inquiry came to: the statuses of all responses, and their data sets."""

    statuses: list[int] = field(default_factory=list)
    found: list[Dataset] = field(default_factory=list)
    last: Dataset = field(default_factory=Dataset)
    failed: list[str] = field(default_factory=list)
    stored: list[Dataset] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.statuses[-1]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Completed, failed and warning sub-operations of the last response."""
        last = self.last
        return (
            last.NumberOfCompletedSuboperations,
            last.NumberOfFailedSuboperations,
            last.NumberOfWarningSuboperations,
        )

    def values(self, keyword: str) -> list[str]:
        return [str(one.get(keyword, "")) for one in self.found]


def peers_file(path: Any, title: str = TITLE, roles: str = '"query"', more: str = "") -> Any:
    """A peers file whose peer may query."""
    path.write_text(
        f'[[peer]]\nae_title = "{title}"\naddresses = ["127.0.0.1"]\nroles = [{roles}]\n{more}',
        encoding="utf-8",
    )
    return path


@contextlib.contextmanager
def association(
    port: int, *storage: str, syntaxes: tuple[str, ...] = (ExplicitVRLittleEndian,), **more: Any
) -> Iterator[Association]:
    """One that is accepted, and takes objects of storage classes."""
    ae = AE(ae_title=TITLE)
    contexts = [build_context(uid) for uid in (STUDY_ROOT_FIND, STUDY_ROOT_MOVE, STUDY_ROOT_GET)]
    contexts += [build_context(uid, list(syntaxes)) for uid in storage]
    roles: list[Any] = [build_role(uid, scp_role=True) for uid in storage]
    opened = ae.associate(
        "127.0.0.1", port, contexts=contexts, ae_title="OFSEP_NODE", ext_neg=roles, **more
    )
    assert opened.is_established
    try:
        yield opened
    finally:
        if opened.is_established:
            opened.release()


def find(port: int, level: str, **keys: object) -> Answer:
    """A C-FIND to its end."""
    with association(port) as opened:
        return find_on(opened, level, **keys)


def find_on(opened: Association, level: str, **keys: object) -> Answer:
    answer = Answer()
    asked = identifier(QueryRetrieveLevel=level, **keys)
    for status, found in opened.send_c_find(asked, STUDY_ROOT_FIND):
        answer.statuses.append(int(status.get("Status", -1)))
        answer.last = status
        if found is not None:
            answer.found.append(found)
    return answer


def get(
    port: int,
    level: str,
    *,
    storage: tuple[str, ...] = (MR, SR, PDF),
    syntaxes: tuple[str, ...] = (ExplicitVRLittleEndian,),
    status: int = 0x0000,
    meanwhile: Callable[[], None] = lambda: None,
    **keys: object,
) -> Answer:
    """A C-GET to its end; each object is answered a status, after a call of `meanwhile`."""
    answer = Answer()

    def store(event: evt.Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        answer.stored.append(dataset)
        meanwhile()
        return status

    handlers: list[Any] = [(evt.EVT_C_STORE, store)]
    with association(port, *storage, syntaxes=syntaxes, evt_handlers=handlers) as opened:
        asked = identifier(QueryRetrieveLevel=level, **keys)
        for told, failed in opened.send_c_get(asked, STUDY_ROOT_GET):
            _note(answer, told, failed)
    return answer


def move(port: int, destination: str, level: str, **keys: object) -> Answer:
    """A C-MOVE to its end."""
    answer = Answer()
    with association(port) as opened:
        asked = identifier(QueryRetrieveLevel=level, **keys)
        for told, failed in opened.send_c_move(asked, destination, STUDY_ROOT_MOVE):
            _note(answer, told, failed)
    return answer


def _note(answer: Answer, told: Dataset, failed: Dataset | None) -> None:
    answer.statuses.append(int(told.get("Status", -1)))
    answer.last = told
    if failed is not None and "FailedSOPInstanceUIDList" in failed:
        uids = failed.FailedSOPInstanceUIDList
        answer.failed = [uids] if isinstance(uids, str) else list(uids)
