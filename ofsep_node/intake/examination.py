"""The studies being received, held in memory so that one more image costs one image's work."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from ofsep_node.domain.study import StudyFold
from ofsep_node.protocol import SeriesMemory
from ofsep_node.recognition import study_fold
from ofsep_node.records import arrivals

STUDIES_IN_MEMORY = 32
"""More scanners than this seldom send to one node at the same time."""


@dataclass(slots=True)
class Examination:
    """A study folded together as of one revision of its record."""

    fold: StudyFold
    revision: int
    memory: SeriesMemory = field(default_factory=SeriesMemory)  # of its last judging


class Examinations:
    """The examinations used last; any other is made again from the records."""

    def __init__(self, most: int = STUDIES_IN_MEMORY) -> None:
        self._most = most
        self._held: OrderedDict[str, Examination] = OrderedDict()

    def get(self, session: Session, study_instance_uid: str, revision: int) -> Examination:
        """The study as of `revision`: another one means that another node wrote in between."""
        held = self._held.get(study_instance_uid)
        if held is None or held.revision != revision:
            fold = _rebuilt(session, study_instance_uid)
            held = self._held[study_instance_uid] = Examination(fold, revision)
        self._held.move_to_end(study_instance_uid)
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return held

    def forget(self, study_instance_uids: Iterable[str]) -> None:
        """Drop studies whose transaction failed: they hold what was not recorded."""
        for uid in study_instance_uids:
            self._held.pop(uid, None)

    def __len__(self) -> int:
        return len(self._held)


def _rebuilt(session: Session, study_instance_uid: str) -> StudyFold:
    fold = study_fold(study_instance_uid)
    for facts in arrivals.counted_facts(session, study_instance_uid):
        fold.add(facts)
    for conflict in arrivals.conflicts_of(session, study_instance_uid):
        fold.add_conflict(conflict)
    return fold
