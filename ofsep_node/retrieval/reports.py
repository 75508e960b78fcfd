"""The reports of the node among what it holds: a series of a study for each kind.

A report is the very object that is delivered (docs/decisions/0025; of several destinations that had
different earlier versions, to the one that had one last): it is made when it is asked for, from
records and archive, and has the same UIDs each time. Offered is the report on the
newest verdict that was given when the study was over: a provisional one is another object with
every image, and would be gone between a query and the retrieval that follows it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from ofsep_node.delivery.report_objects import ReportObjects
from ofsep_node.domain.routing import OfferedKind
from ofsep_node.errors import OfsepNodeError
from ofsep_node.records import verdicts
from ofsep_node.records.database import DatabaseUnavailable, Records
from ofsep_node.records.documents import UnreadableDocument
from ofsep_node.reporting import Report
from ofsep_node.reporting.composite import FORMATS
from ofsep_node.reporting.gathering import recorded
from ofsep_node.reporting.naming import series_uid

log = structlog.get_logger()

_KEPT = 16
"""Reports that were made last; a viewer asks for the same one at several levels."""


@dataclass(frozen=True, slots=True)
class OfferedReport:
    """A report that can be had: of which study, on which version of its verdict, of which kind."""

    study_instance_uid: str
    version: int
    kind: OfferedKind

    @property
    def series_instance_uid(self) -> str:
        return series_uid(self.study_instance_uid, self.kind)


class Reports:
    """Offers and makes the reports of some kinds; one is made at a time."""

    def __init__(
        self,
        records: Records,
        objects: ReportObjects,
        kinds: Sequence[OfferedKind],
    ) -> None:
        self._records = records
        self._objects = objects
        self.kinds = kinds
        self._made: OrderedDict[OfferedReport, Report] = OrderedDict()
        self._making = threading.Lock()

    def offered(
        self, session: Session, study_instance_uids: Collection[str]
    ) -> dict[str, list[OfferedReport]]:
        """The reports on some studies, by study."""
        if not self.kinds:
            return {}
        versions = verdicts.last_settled(session, study_instance_uids)
        return {
            uid: [OfferedReport(uid, version, kind) for kind in self.kinds]
            for uid, version in versions.items()
        }

    def attributes(self, offered: OfferedReport) -> dict[str, str]:
        """What a query says of the report's series."""
        form = FORMATS[offered.kind]
        return {
            "SeriesInstanceUID": offered.series_instance_uid,
            "Modality": form.modality,
            "SeriesNumber": str(form.series_number),
            "SeriesDescription": form.fr if self._objects.language == "fr" else form.en,
            "NumberOfSeriesRelatedInstances": "1",
        }

    def made(self, offered: OfferedReport) -> Report | None:
        """The report itself; None when it cannot be made, of which the log tells.

        Raises DatabaseUnavailable.
        """
        with self._making:
            report = self._made.get(offered) or self._make(offered)
            if report is not None:
                self._made[offered] = report
                self._made.move_to_end(offered)
                while len(self._made) > _KEPT:
                    self._made.popitem(last=False)
            return report

    def _make(self, offered: OfferedReport) -> Report | None:
        uid, version, kind = offered.study_instance_uid, offered.version, offered.kind
        about = {"study": uid, "version": version, "kind": kind}
        try:
            with self._records.reading() as session:
                study = recorded(session, uid, version)
            return self._objects.report(kind, study)
        except DatabaseUnavailable:
            raise
        except (OfsepNodeError, UnreadableDocument, OSError) as error:
            log.warning("retrieve.unmade", **about, reason=str(error))
        except Exception:  # the images are there all the same
            log.exception("retrieve.unmade", **about)
        return None
