"""Performed procedure steps: what a scanner says of the work it has done (PS3.4 annex F)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

StepStatus = Literal["IN PROGRESS", "COMPLETED", "DISCONTINUED"]

IN_PROGRESS: StepStatus = "IN PROGRESS"
FINAL: frozenset[StepStatus] = frozenset({"COMPLETED", "DISCONTINUED"})
"""A step in one of these states is never changed again (PS3.4 section F.1.5)."""


@dataclass(frozen=True, slots=True)
class PerformedSeries:
    """A series as the scanner announces it, with the SOP Instance UIDs of all its objects."""

    series_instance_uid: str
    description: str | None = None
    instances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one N-CREATE or N-SET says of a step; None and empty where it says nothing.

    `texts` are the words of the request and of the person at the scanner, `reason` why the step
    was discontinued.
    """

    status: StepStatus | None = None
    study_instance_uid: str | None = None
    reason: str | None = None
    texts: tuple[str, ...] = ()
    series: tuple[PerformedSeries, ...] = ()

    def followed_by(self, later: StepReport) -> StepReport:
        """What is known after a later report: it replaces what it speaks of, but no final state."""
        return StepReport(
            status=self.status if self.status in FINAL else later.status or self.status,
            study_instance_uid=later.study_instance_uid or self.study_instance_uid,
            reason=later.reason or self.reason,
            texts=tuple(dict.fromkeys((*self.texts, *later.texts))),
            series=later.series or self.series,
        )


@dataclass(frozen=True, slots=True)
class AnnouncedSeries:
    """How many objects of a series were announced, and how many of those have come.

    `carried_through` is False when a step of it was broken off: all that was made may be here, and
    the series not be whole.
    """

    series_instance_uid: str
    description: str | None
    announced: int
    arrived: int
    carried_through: bool = True

    def with_more(self, other: AnnouncedSeries) -> AnnouncedSeries:
        """What two steps, or two items of one, announce of the same series."""
        return replace(
            self,
            announced=self.announced + other.announced,
            arrived=self.arrived + other.arrived,
            carried_through=self.carried_through and other.carried_through,
        )

    @property
    def missing(self) -> int:
        return self.announced - self.arrived


@dataclass(frozen=True, slots=True)
class PerformedStep:
    """A step of a study, held against what has come of it."""

    sop_instance_uid: str
    status: StepStatus
    reason: str | None = None
    texts: tuple[str, ...] = ()
    series: tuple[AnnouncedSeries, ...] = ()

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def missing(self) -> int:
        """Announced objects that have not come."""
        return sum(one.missing for one in self.series)


def held_against(step: StepReport, sop_instance_uid: str, arrived: frozenset[str]) -> PerformedStep:
    """A step as a study has it, of whose objects those with the UIDs `arrived` are here."""
    return PerformedStep(
        sop_instance_uid=sop_instance_uid,
        status=step.status or IN_PROGRESS,
        reason=step.reason,
        texts=step.texts,
        series=tuple(
            AnnouncedSeries(
                one.series_instance_uid,
                one.description,
                announced=len(one.instances),
                arrived=sum(uid in arrived for uid in one.instances),
                carried_through=step.status != "DISCONTINUED",
            )
            for one in step.series
        ),
    )


def all_is_here(steps: tuple[PerformedStep, ...]) -> bool:
    """Whether every step is over, one was completed, and all that was announced has come."""
    return (
        all(step.is_final and not step.missing for step in steps)
        and any(step.status == "COMPLETED" for step in steps)
        and any(one.announced for step in steps for one in step.series)
    )


def announced_series(steps: tuple[PerformedStep, ...]) -> dict[str, AnnouncedSeries]:
    """What scanners announced when they were done, by Series Instance UID.

    A step in progress may yet announce more.
    """
    found: dict[str, AnnouncedSeries] = {}
    for one in (one for step in steps if step.is_final for one in step.series):
        known = found.get(one.series_instance_uid)
        found[one.series_instance_uid] = one if known is None else known.with_more(one)
    return found
