"""What a C-MOVE or a C-GET asks for, as objects that can be sent."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.errors import UnreadableObject
from ofsep_node.reception.policy import EXPLICIT_VR_LITTLE_ENDIAN
from ofsep_node.records import holdings
from ofsep_node.records.database import Records
from ofsep_node.records.holdings import HeldObject
from ofsep_node.reporting import Report
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

    @classmethod
    def of(cls, held: HeldObject, archive: Path) -> Archived:
        return cls(
            held.sop_class_uid,
            held.sop_instance_uid,
            held.transfer_syntax_uid,
            archive / held.archived_as,
        )

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


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report of the node, in memory."""

    report: Report
    transfer_syntax_uid: str = EXPLICIT_VR_LITTLE_ENDIAN

    @property
    def sop_class_uid(self) -> str:
        return self.report.sop_class_uid or ""

    @property
    def sop_instance_uid(self) -> str:
        return self.report.sop_instance_uid or ""

    def open(self) -> tuple[BinaryIO, int]:
        stream = io.BytesIO(self.report.content)
        offset = data_set_offset(stream)
        stream.seek(offset)
        return stream, len(self.report.content) - offset


Wanted = Archived | MadeReport


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was found; `unmade` counts reports that are offered and cannot be made."""

    objects: Sequence[Wanted]
    unmade: int = 0


@dataclass(frozen=True, slots=True)
class Fetching:
    """Looks up what is to be sent."""

    records: Records
    reports: Reports
    archive: Path

    def fetched(self, identifier: Identifier) -> Fetched:
        """The objects that unique keys name. Raises DatabaseUnavailable."""
        studies, series, objects = (identifier.uids(level) for level in Level)
        with self.records.reading() as session:
            held = holdings.objects_of(session, studies, series, objects)
            offered = self.reports.offered(session, studies)
        wanted = [one for uid in studies for one in offered.get(uid, ()) if _is_in(one, series)]
        made = list(self._made(wanted))
        named = [one for one in made if not objects or one.sop_instance_uid in objects]
        archived = [Archived.of(one, self.archive) for one in held]
        return Fetched([*archived, *named], unmade=len(wanted) - len(made))

    def _made(self, offered: Sequence[OfferedReport]) -> Iterator[MadeReport]:
        for one in offered:
            report = self.reports.made(one)
            if report is not None:
                yield MadeReport(report)


def _is_in(offered: OfferedReport, series: Sequence[str]) -> bool:
    return not series or offered.series_instance_uid in series
