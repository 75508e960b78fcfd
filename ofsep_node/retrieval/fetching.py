"""What a C-MOVE or a C-GET asks for, as objects that can be sent."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ofsep_node.delivery.memory import file_in_memory
from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.errors import UnreadableObject
from ofsep_node.reception.policy import EXPLICIT_VR_LITTLE_ENDIAN
from ofsep_node.records import holdings
from ofsep_node.records.database import DatabaseUnavailable, Records
from ofsep_node.records.holdings import HeldObject
from ofsep_node.reporting.composite import FORMATS
from ofsep_node.retrieval.identifier import Identifier
from ofsep_node.retrieval.keys import Level
from ofsep_node.retrieval.reports import OfferedReport, Reports


@dataclass(frozen=True, slots=True)
class Archived:
    """An object as it lies in the archive."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @classmethod
    def of(cls, held: HeldObject, archive: Path) -> Archived:
        return cls(
            held.sop_class_uid,
            held.sop_instance_uid,
            held.transfer_syntax_uid,
            archive / held.archived_as,
        )

    def file(self) -> AbstractContextManager[Path]:
        return nullcontext(self.path)

    def open(self) -> tuple[BinaryIO, int]:
        """Raises OSError, also of what is there and no DICOM file."""
        file = self.path.open("rb")
        try:
            size = file.seek(0, io.SEEK_END)
            offset = data_set_offset(file)
            file.seek(offset)
        except UnreadableObject as error:
            file.close()
            raise OSError(str(error)) from error
        except OSError:
            file.close()
            raise
        return file, size - offset


class AwaitedReport:
    """A report of the node, made when its turn comes: of many studies they would fill the memory.

    `sop_instance_uid` is empty until then, and for good when it cannot be made.
    """

    transfer_syntax_uid = EXPLICIT_VR_LITTLE_ENDIAN

    def __init__(self, offered: OfferedReport, reports: Reports) -> None:
        self.sop_instance_uid = ""
        self.sop_class_uid = FORMATS[offered.kind].sop_class_uid
        self._offered = offered
        self._reports = reports

    def __str__(self) -> str:
        return f"the report ({self._offered.kind}) on {self._offered.study_instance_uid}"

    def is_among(self, sop_instance_uids: Collection[str]) -> bool:
        """Whether it has one of these UIDs; also one that cannot be made may have."""
        with contextlib.suppress(OSError):
            self._content()
        return not self.sop_instance_uid or self.sop_instance_uid in sop_instance_uids

    def open(self) -> tuple[BinaryIO, int]:
        """Raises OSError when it cannot be made."""
        content = self._content()
        stream = io.BytesIO(content)
        offset = data_set_offset(stream)
        stream.seek(offset)
        return stream, len(content) - offset

    def file(self) -> AbstractContextManager[Path]:
        """Raises OSError when it cannot be made."""
        content = self._content()
        return file_in_memory(lambda file: file.write(content))

    def _content(self) -> bytes:
        try:
            report = self._reports.made(self._offered)
        except DatabaseUnavailable as error:
            raise OSError(str(error)) from error
        if report is None:
            raise OSError("the report cannot be made")
        self.sop_instance_uid = report.sop_instance_uid or ""
        return report.content


Wanted = Archived | AwaitedReport


@dataclass(frozen=True, slots=True)
class Fetching:
    """Looks up what is to be sent."""

    records: Records
    reports: Reports
    archive: Path

    def fetched(self, identifier: Identifier) -> list[Wanted]:
        """The objects that unique keys name. Raises DatabaseUnavailable."""
        studies, series, objects = (identifier.uids(level) for level in Level)
        with self.records.reading() as session:
            held = holdings.objects_of(session, studies, series, objects)
            offered = self.reports.offered(session, studies)
        wanted = [one for uid in studies for one in offered.get(uid, ()) if _is_in(one, series)]
        awaited = [AwaitedReport(one, self.reports) for one in wanted]
        named = [one for one in awaited if not objects or one.is_among(objects)]
        return [*(Archived.of(one, self.archive) for one in held), *named]


def _is_in(offered: OfferedReport, series: Sequence[str]) -> bool:
    return not series or offered.series_instance_uid in series
