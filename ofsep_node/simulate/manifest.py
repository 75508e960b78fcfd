"""What was written, and what it truly is: the answer sheet beside the files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message
from ofsep_node.simulate.examination import Examination, Injection, Sequence
from ofsep_node.simulate.request import Request


@dataclass(frozen=True, slots=True)
class SimulatedSeries:
    """One folder of files; a series that is sent twice has two folders of the same UID."""

    folder: str  # under the destination
    key: str
    series_instance_uid: str
    number: int
    description: str
    identity: SeriesIdentity
    images_made: int  # as announced by the header; frames of an enhanced series
    files: tuple[str, ...]  # under the folder, in the order of sending
    resent: bool = False
    images_sent: int = 0
    b_values: tuple[float, ...] = ()  # s/mm2
    directions: int = 0  # distinct ones; a line counts once
    echo_times_ms: tuple[float, ...] = ()
    station: int | None = None  # of a cord, from 1, head to foot
    derived_from: str | None = None  # key
    composed_of: tuple[str, ...] = ()  # keys


@dataclass(frozen=True, slots=True)
class AppliedFault:
    """A fault, with the rules that must fail or be undetermined because of it."""

    name: str
    label: Message
    fails: tuple[str, ...]
    undetermined: tuple[str, ...]
    entails: tuple[str, ...] = ()  # rules that may follow


@dataclass(frozen=True, slots=True)
class Manifest:
    """One simulated examination."""

    vendor: str
    programme: str
    seed: int
    small: bool
    study_instance_uid: str
    patient_id: str
    study_date: str  # YYYYMMDD
    series: tuple[SimulatedSeries, ...]
    faults: tuple[AppliedFault, ...]
    indication: str = "unknown"
    injections: tuple[Injection, ...] = ()
    dummy_run: bool = False
    dicomdir: bool = False
    mixed: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """Every file under the destination, in the order in which a scanner would send them."""
        return tuple(f"{s.folder}/{name}" for s in self.series for name in s.files)

    @property
    def expected(self) -> dict[str, tuple[str, ...]]:
        """What each rule that a fault names must come to; every other rule must raise nothing."""
        outcomes: dict[str, set[str]] = {}
        for fault in self.faults:
            for rule in fault.fails:
                outcomes.setdefault(rule, set()).add("fail")
            for rule in fault.undetermined:
                outcomes.setdefault(rule, set()).add("undetermined")
        return {rule: tuple(sorted(of)) for rule, of in sorted(outcomes.items())}

    def to_json(self) -> str:
        content: dict[str, Any] = {**asdict(self), "expected": self.expected}
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

    def write(self, path: Path) -> None:
        path.write_text(self.to_json(), encoding="utf-8")


def study_truth(request: Request, examination: Examination) -> dict[str, Any]:
    """What the manifest says of the whole study, by the names of its fields."""
    given = (examination.injection, examination.second_injection)
    return {
        "vendor": request.vendor,
        "programme": request.programme,
        "seed": request.seed,
        "small": request.small,
        "indication": request.indication,
        "dummy_run": request.dummy_run,
        "mixed": request.mixed,
        "patient_id": examination.patient.patient_id,
        "study_date": f"{examination.study_date:%Y%m%d}",
        "injections": tuple(i for i in given if i is not None),
        "dicomdir": examination.dicomdir,
    }


def series_truth(sequence: Sequence) -> dict[str, Any]:
    """What the manifest says of a series, by the names of its fields."""
    volumes = [d for d in sequence.diffusion if d.b_value is not None]
    return {
        "key": sequence.key,
        "number": sequence.number,
        "description": sequence.description,
        "identity": sequence.identity,
        "images_made": sequence.images,
        "images_sent": sequence.images - len(sequence.lost),
        "b_values": tuple(sorted({d.b_value for d in volumes if d.b_value is not None})),
        "directions": len({_line(d.direction) for d in volumes if d.direction is not None}),
        "echo_times_ms": sequence.echoes_ms,
        "station": _station(sequence.key),
        "derived_from": sequence.derived_from,
        "composed_of": sequence.composed_of,
    }


def _line(direction: tuple[float, float, float]) -> tuple[float, ...]:
    """The same for a direction and its antipode."""
    rounded = tuple(round(c, 4) + 0.0 for c in direction)
    return max(rounded, tuple(-c + 0.0 for c in rounded))


def _station(key: str) -> int | None:
    last = key.removeprefix("cord-t2-")
    return int(last) if last != key and last.isdigit() else None
