"""The C-STORE sub-operations of a retrieval, and what they come to (PS3.4 sections C.4.2, C.4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from ofsep_node.dicom.store_status import is_stored, is_warning
from ofsep_node.reception.command import Status, SubOperations
from ofsep_node.reception.inquiries import Ending
from ofsep_node.reception.policy import IMPLICIT_VR_LITTLE_ENDIAN

_FAILED_SOP_INSTANCE_UIDS = (0x0008, 0x0058)
_LONGEST_LIST = 0xFFFE
"""Bytes of a value in Explicit VR: of more failed objects than fit, only the number is told."""


class Named(Protocol):
    """An object that is to be sent; `sop_instance_uid` is empty of one that was never made."""

    @property
    def sop_instance_uid(self) -> str: ...


class Tally:
    """Counts what became of each object."""

    def __init__(self, wanted: Iterable[Named]) -> None:
        self._left = dict.fromkeys(wanted)
        self._completed = self._warning = 0
        self._failed: list[Named] = []

    @property
    def counts(self) -> SubOperations:
        failed = len(self._failed)
        return SubOperations(len(self._left), self._completed, failed, self._warning)

    def stored(self, one: Named, status: int) -> None:
        """The other side answered (PS3.4 table B.2-1): Success, a warning, or a failure."""
        if not is_stored(status):
            self.failed(one)
            return
        self._left.pop(one, None)
        self._completed += not is_warning(status)
        self._warning += is_warning(status)

    def failed(self, one: Named) -> None:
        """An object could not be sent."""
        self._left.pop(one, None)
        self._failed.append(one)

    def end(
        self, transfer_syntax_uid: str, told: Mapping[str, Any], *, cancelled: bool = False
    ) -> Ending:
        """The last response: what is left was not tried, as the peer wished."""
        if cancelled:
            status, reason = Status.CANCELLED, ""
        elif self.counts.failed or self._warning:
            status, reason = self._unsuccessful(), self._trouble()
        else:
            status, reason = Status.SUCCESS, ""
        identifier = self._identifier(transfer_syntax_uid)
        return Ending(status, reason, self.counts, identifier, told)

    def impossible(self, transfer_syntax_uid: str, reason: str, told: Mapping[str, Any]) -> Ending:
        """The last response when nothing more can be sent: all that is left has failed."""
        self._failed += self._left
        self._left.clear()
        identifier = self._identifier(transfer_syntax_uid)
        return Ending(self._unsuccessful(), reason, self.counts, identifier, told)

    def _unsuccessful(self) -> Status:
        """A warning where something was stored, a failure where nothing was (C.4.2.3.1, C.4.3.3.1)."""
        stored = self._completed or self._warning
        return Status.SUB_OPERATIONS_FAILED if stored else Status.SUB_OPERATIONS_IMPOSSIBLE

    def _trouble(self) -> str:
        failed = self.counts.failed
        if not failed:
            return f"{self._warning} objects were stored with a warning"
        return f"{failed} objects could not be sent"

    def _identifier(self, transfer_syntax_uid: str) -> bytes:
        """Failed SOP Instance UID List (0008,0058), which is there only if something failed."""
        named = filter(None, (one.sop_instance_uid for one in self._failed))
        value = "\\".join(named).encode("latin-1", "replace")
        if not value or len(value) > _LONGEST_LIST:
            return b""
        padded = value + b"\0" * (len(value) % 2)
        tag = b"".join(part.to_bytes(2, "little") for part in _FAILED_SOP_INSTANCE_UIDS)
        if transfer_syntax_uid == IMPLICIT_VR_LITTLE_ENDIAN:
            return tag + len(padded).to_bytes(4, "little") + padded
        return tag + b"UI" + len(padded).to_bytes(2, "little") + padded
