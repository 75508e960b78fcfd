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
    """A study folded together as of one revision of its record.

    `recorded` is the number of the last object in it: what other nodes record has higher ones.
    """

    fold: StudyFold
    revision: int = -1
    recorded: int = 0
    memory: SeriesMemory = field(default_factory=SeriesMemory)  # of its last judging


class Examinations:
    """The examinations used last; any other is made again from the records."""

    def __init__(self, most: int = STUDIES_IN_MEMORY) -> None:
        self._most = most
        self._held: OrderedDict[str, Examination] = OrderedDict()

    def get(self, session: Session, study_instance_uid: str, revision: int) -> Examination:
        """The study as of `revision`: another one means that another node wrote in between."""
        held = self._held.get(study_instance_uid)
        if held is None:
            held = Examination(study_fold(study_instance_uid))
        if held.revision != revision:
            self._held.pop(study_instance_uid, None)  # while it is neither the one nor the other
            _catch_up(session, study_instance_uid, held)
            held.revision = revision
        self._held[study_instance_uid] = held
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


def _catch_up(session: Session, study_instance_uid: str, held: Examination) -> None:
    """Add what is recorded and not held; objects are only ever added, with growing numbers."""
    last = held.recorded
    for number, facts in arrivals.counted_facts(session, study_instance_uid, last):
        held.fold.add(facts)
        held.recorded = max(held.recorded, number)
    for number, conflict in arrivals.conflicts_of(session, study_instance_uid, last):
        held.fold.add_conflict(conflict)
        held.recorded = max(held.recorded, number)
