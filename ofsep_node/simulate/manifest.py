"""What was written, and what it truly is: the answer sheet beside the files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class SimulatedSeries:
    """One folder of files; a series that is sent twice has two folders of the same UID."""

    folder: str  # under the destination
    key: str
    series_instance_uid: str
    number: int
    description: str
    identity: SeriesIdentity
    images_made: int  # as announced by the header
    files: tuple[str, ...]  # under the folder, in the order of acquisition
    resent: bool = False


@dataclass(frozen=True, slots=True)
class AppliedFault:
    """A fault, with the rules that must fail or be undetermined because of it."""

    name: str
    label: Message
    fails: tuple[str, ...]
    undetermined: tuple[str, ...]


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

    @property
    def files(self) -> tuple[str, ...]:
        """Every file under the destination, in the order in which a scanner would send them."""
        return tuple(f"{s.folder}/{name}" for s in self.series for name in s.files)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    def write(self, destination: Path) -> None:
        (destination / MANIFEST_NAME).write_text(self.to_json(), encoding="utf-8")
