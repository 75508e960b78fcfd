"""Small simulated examinations, written once per test session and only read afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from ofsep_node.simulate import Manifest, SimulatedSeries, simulate

DAY = date(2025, 3, 14)


@dataclass(frozen=True, slots=True)
class Written:
    """An examination on disk."""

    folder: Path
    manifest: Manifest

    def series(self, key: str) -> SimulatedSeries:
        return next(s for s in self.manifest.series if s.key == key and not s.resent)

    @property
    def keys(self) -> list[str]:
        return [s.key for s in self.manifest.series]

    def headers(self, key: str) -> list[Dataset]:
        series = self.series(key)
        return [
            pydicom.dcmread(self.folder / series.folder / name, stop_before_pixels=True)
            for name in series.files
        ]

    def contents(self) -> dict[str, bytes]:
        """The bytes of every file by its path under the folder."""
        return {name: (self.folder / name).read_bytes() for name in self.manifest.files}


Write = Callable[..., Written]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Writes a small examination with these faults, or gives the one that is there already.

    `choices` are fields of `Request`.
    """
    known: dict[tuple[object, ...], Written] = {}

    def write(*faults: str, seed: int = 7, **choices: Any) -> Written:
        wanted = (faults, seed, *sorted(choices.items()))
        if wanted not in known:
            folder = tmp_path_factory.mktemp("examination")
            manifest = simulate(
                folder, faults=faults, seed=seed, study_date=DAY, small=True, **choices
            )
            known[wanted] = Written(folder, manifest)
        return known[wanted]

    return write


@pytest.fixture(scope="session")
def clean(written: Write) -> Written:
    return written()
