"""Storage commitment's N-ACTION (PS3.4 section J.3.2): whether it can be answered for at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ofsep_node.dicom.attributes import NotUnderstood
from ofsep_node.dicom.commitment import REQUEST_COMMITMENT, read_commitment_request
from ofsep_node.domain.sop_classes import STORAGE_COMMITMENT_INSTANCE
from ofsep_node.reception.command import Status
from ofsep_node.reception.requests import Refused, Request


class StorageCommitment:
    """Takes every request that says what it is about; the objects are looked for afterwards."""

    @contextlib.contextmanager
    def examined(self, request: Request) -> Iterator[None]:
        """Raises Refused."""
        if request.command.sop_instance_uid != STORAGE_COMMITMENT_INSTANCE:
            reason = f"the one instance is {STORAGE_COMMITMENT_INSTANCE}"
            raise Refused(Status.NO_SUCH_SOP_INSTANCE, reason)
        if request.command.action_type != REQUEST_COMMITMENT:
            reason = f"action type {request.command.action_type}: the one there is, is 1"
            raise Refused(Status.NO_SUCH_ACTION_TYPE, reason)
        try:
            read_commitment_request(request.data_set, request.transfer_syntax_uid)
        except NotUnderstood as error:
            raise Refused(Status.INVALID_ARGUMENT_VALUE, str(error)) from error
        yield
