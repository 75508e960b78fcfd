"""An examination: its series, recognised, as far as they have arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.performed_step import PerformedStep
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity, ranked
from ofsep_node.domain.series_fold import SeriesFold


@dataclass(frozen=True, slots=True)
class RecognisedSeries:
    """A series with what it was recognised as.

    `parts` are the things that it holds, where they are several: what gives the series its
    identity, then the others, each with its own volumes.
    """

    facts: SeriesFacts
    identity: SeriesIdentity
    parts: tuple[RecognisedSeries, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two different objects that claim the same SOP Instance UID."""

    sop_instance_uid: str
    series_instance_uid: str


@dataclass(frozen=True, slots=True)
class PreviousExamination:
    """An earlier examination of the same patient that the records know of."""

    study_instance_uid: str
    study_date: str  # YYYYMMDD
    parts: tuple[Literal["brain", "cord"], ...]
    whole_cord: bool = False  # its cord was imaged from end to end


@dataclass(frozen=True, slots=True)
class ImagingMeasurement:
    """A number measured on the pixels of one series, off the live path."""

    series_instance_uid: str
    quantity: Literal["bicallosal-angle", "signal-to-noise"]
    value: float
    unit: str  # UCUM: deg, 1
    method: str  # named, so that two figures are compared only when made alike
    reference_series_instance_uid: str | None = None  # the 3D T1 that was registered


@dataclass(frozen=True, slots=True)
class Study:
    """What the judge judges."""

    study_instance_uid: str
    patient_ids: tuple[str, ...] = ()  # more than one: images of two patients in one study
    unidentified: int = 0  # instances that carry no PatientID
    study_date: str | None = None
    study_description: str | None = None
    series: tuple[RecognisedSeries, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unreadable: int = 0  # objects that came with this study and could not be read
    request_descriptions: tuple[str, ...] = ()  # distinct, most frequent first
    identifying: tuple[str, ...] = ()  # keywords of identifying attributes with a value, sorted
    dicomdir: bool | None = (
        None  # whether its export has a DICOMDIR; None for what the network brought
    )
    previous: tuple[PreviousExamination, ...] = ()  # the newest first
    imaging: tuple[ImagingMeasurement, ...] = ()
    steps: tuple[PerformedStep, ...] = ()  # as their scanners told of them

    def performed_in(self, steps: tuple[PerformedStep, ...]) -> Study:
        """The examination with what was told of its steps, whose words are those of the request."""
        texts = (text for step in steps for text in step.texts)
        requests = tuple(dict.fromkeys((*self.request_descriptions, *texts)))
        return replace(self, steps=steps, request_descriptions=requests)


Recognise = Callable[[SeriesFacts], RecognisedSeries]
"""Says what a series is, looked at alone."""

Compare = Callable[[Sequence[RecognisedSeries]], tuple[RecognisedSeries, ...]]
"""Says what only the other series of the examination tell of each."""


class StudyFold:
    """Takes the instances of one study in any order, series by series.

    A series is recognised again only after it grew, so that an arriving image costs what its own
    series costs, not what the examination does.
    """

    def __init__(self, study_instance_uid: str, recognise: Recognise, compare: Compare) -> None:
        self.study_instance_uid = study_instance_uid
        self._recognise = recognise
        self._compare = compare
        self._series: dict[str, SeriesFold] = {}
        self._recognised: dict[str, RecognisedSeries] = {}
        self._patient_ids: Counter[str] = Counter()
        self._dates: Counter[str] = Counter()
        self._descriptions: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._identifying: set[str] = set()
        self._conflicts: dict[str, Conflict] = {}

    def add(self, instance: InstanceFacts) -> None:
        """Fold one more instance in."""
        uid = instance.series_instance_uid
        if uid not in self._series:
            self._series[uid] = SeriesFold(self.study_instance_uid, uid)
        self._series[uid].add(instance)
        self._recognised.pop(uid, None)
        for counter, value in (
            (self._patient_ids, instance.patient_id),
            (self._dates, instance.study_date),
            (self._descriptions, instance.study_description),
        ):
            if value:
                counter[value] += 1
        self._requests.update(instance.request_descriptions)
        self._identifying.update(instance.identifying)

    def add_conflict(self, conflict: Conflict) -> None:
        """Note that a SOP Instance UID came with two contents; the first one is judged."""
        self._conflicts[conflict.sop_instance_uid] = conflict

    @property
    def images(self) -> int:
        """Instances folded in so far."""
        return sum(fold.instances for fold in self._series.values())

    def study(self, unreadable: int = 0) -> Study:
        """The examination as it stands now, its series in the order of their numbers.

        `unreadable` objects came with it that could not be folded in.
        """
        for uid, fold in self._series.items():
            if uid not in self._recognised:
                self._recognised[uid] = self._recognise(fold.facts())
        return Study(
            study_instance_uid=self.study_instance_uid,
            patient_ids=tuple(ranked(self._patient_ids)),
            unidentified=self.images - self._patient_ids.total(),
            study_date=_most_common(self._dates),
            study_description=_most_common(self._descriptions),
            series=self._compare(sorted(self._recognised.values(), key=_by_number)),
            conflicts=tuple(self._conflicts.values()),
            unreadable=unreadable,
            request_descriptions=tuple(ranked(self._requests)),
            identifying=tuple(sorted(self._identifying)),
        )


def _most_common(counter: Counter[str]) -> str | None:
    return next(iter(ranked(counter)), None)


def _by_number(series: RecognisedSeries) -> tuple[bool, int, str]:
    number = series.facts.acquisition.series_number
    return (number is None, number or 0, series.facts.series_instance_uid)
