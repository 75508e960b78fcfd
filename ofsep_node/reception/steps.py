"""Performed procedure steps (PS3.4 section F.7): answered by a small index of files.

    steps/<SHA-256 of the SOP Instance UID>.json

An answer depends upon what was told before: a step is created once, and changed until it is over.
The index says so without a database, to all receivers of the node and after a crash. A request is
in the spool before the index knows of it: who is killed in between gets the same request again,
and it says the same.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from ofsep_node.dicom.attributes import NotUnderstood, is_uid
from ofsep_node.dicom.performed_step import read_new_step, read_step_report
from ofsep_node.disk import make_folder, sync_folder
from ofsep_node.domain.performed_step import FINAL, IN_PROGRESS, StepReport
from ofsep_node.reception.command import CommandField, Status
from ofsep_node.reception.requests import Refused, Request

NO_MORE_UPDATES = 0xA710
"""Error ID of a step that is over (PS3.4 table F.7.2-2)."""

_LOCK = ".lock"


class PerformedSteps:
    """What the node's receivers have taken of each step. Its folder is made with the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def examined(self, request: Request) -> Iterator[None]:
        """Note the step's new state once the request is kept. Raises Refused, OSError."""
        uid = request.command.sop_instance_uid
        if not is_uid(uid):
            raise Refused(Status.INVALID_SOP_INSTANCE, "the SOP Instance UID is missing or no UID")
        is_new = request.command.field == CommandField.N_CREATE_RQ
        report = _read(request, is_new=is_new)
        with self._locked():
            status = self._status_of(uid)
            _refuse_out_of_turn(status, is_new=is_new)
            yield
            if report.status not in (None, status):
                self._note(uid, str(report.status))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else looks at a step between our look and our note: neither thread nor process."""
        make_folder(self._folder, 0o700)
        lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _path(self, sop_instance_uid: str) -> Path:
        return self._folder / f"{hashlib.sha256(sop_instance_uid.encode()).hexdigest()}.json"

    def _status_of(self, sop_instance_uid: str) -> str | None:
        """The status noted last; None for a step that was never heard of."""
        try:
            noted = json.loads(self._path(sop_instance_uid).read_text("ascii"))
            return str(noted["status"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):  # damaged: it was heard of, and may go on
            return IN_PROGRESS

    def _note(self, sop_instance_uid: str, status: str) -> None:
        path = self._path(sop_instance_uid)
        draft = path.with_suffix(".new")
        with draft.open("w", encoding="ascii") as file:
            json.dump({"sop_instance_uid": sop_instance_uid, "status": status}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(self._folder)


def _read(request: Request, *, is_new: bool) -> StepReport:
    read = read_new_step if is_new else read_step_report
    try:
        return read(request.data_set, request.transfer_syntax_uid)
    except NotUnderstood as error:
        status = Status.MISSING_ATTRIBUTE if error.absent else Status.INVALID_ATTRIBUTE_VALUE
        raise Refused(status, str(error)) from error


def _refuse_out_of_turn(status: str | None, *, is_new: bool) -> None:
    if is_new and status is not None:
        raise Refused(Status.DUPLICATE_SOP_INSTANCE, f"this step is here already, {status}")
    if not is_new and status is None:
        raise Refused(Status.NO_SUCH_SOP_INSTANCE, "no such step was created")
    if status in FINAL:
        said = "Performed Procedure Step Object may no longer be updated"
        raise Refused(Status.PROCESSING_FAILURE, said, NO_MORE_UPDATES)
