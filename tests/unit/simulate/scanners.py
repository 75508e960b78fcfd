"""One examination per classic vendor with every key it can make, as headers, facts or files."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ofsep_node.dicom.reading import facts_of
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.series import SeriesFacts
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.simulate.examination import Examination, Injection, Sequence, core_of
from ofsep_node.simulate.identity import UidPlan, fictitious_patient
from ofsep_node.simulate.image import Image
from ofsep_node.simulate.part10 import encoded
from ofsep_node.simulate.programmes import NEEDS_GADOLINIUM, VENDORS

DAY = date(2025, 3, 14)
CLASSIC = ("siemens", "siemens-xa-classic", "ge", "philips", "canon")
INJECTION = Injection("Dotarem", 14.0, 279.32, 5000.0, 5010.0)


@dataclass(frozen=True)
class Scanned:
    """A vendor's examination; series after the injection are those that need it."""

    vendor: str
    examination: Examination
    uids: UidPlan

    def sequence(self, key: str) -> Sequence:
        found = self.examination.sequence(key)
        assert found is not None
        return found

    def headers(self, key: str) -> list[Dataset]:
        """Of every image, in the order of sending, without pixels."""
        image_files = VENDORS[self.vendor].image_files
        files = image_files(self.examination, self.sequence(key), self.uids, None)
        return [deepcopy(dataset) for _, dataset in files]

    def facts(self, key: str) -> tuple[InstanceFacts, ...]:
        return _facts(self.vendor, key)

    def folded(self, key: str) -> SeriesFacts:
        fold = SeriesFold("", "")
        for facts in self.facts(key):
            fold.add(facts)
        return fold.facts()

    def contents(self, key: str) -> dict[str, bytes]:
        """The files of a series, pixels included."""
        image_files = VENDORS[self.vendor].image_files
        files = image_files(self.examination, self.sequence(key), self.uids, _grey)
        return {name: encoded(dataset) for name, dataset in files}

    def written(self, key: str, folder: Path) -> Path:
        """The last image of a series, as a file."""
        name, content = list(self.contents(key).items())[-1]
        path = folder / f"{key}-{name}"
        path.write_bytes(content)
        return path


@cache
def _facts(vendor: str, key: str) -> tuple[InstanceFacts, ...]:
    scan = scanned(vendor)
    files = VENDORS[vendor].image_files(scan.examination, scan.sequence(key), scan.uids, None)
    return tuple(facts_of(dataset) for _, dataset in files)


def _grey(image: Image) -> NDArray[np.uint16]:
    return np.full((image.slab.rows, image.slab.columns), 100 + image.index % 9, dtype="<u2")


@cache
def scanned(vendor: str) -> Scanned:
    """Every key of a vendor in one examination, a minute and forty seconds apart."""
    offered = VENDORS[vendor]
    alternatives = {f"other {k}": replace(s, key=f"other {k}") for k, s in _others(vendor).items()}
    programmed = [*offered.sequences.values(), *alternatives.values()]
    sequences = tuple(
        _scheduled(core_of(s), number) for number, s in enumerate(programmed, start=1)
    )
    examination = Examination(
        vendor=vendor,
        scanner=offered.scanner,
        patient=fictitious_patient(3, DAY),
        study_date=DAY,
        start_s=9 * 3600.0,
        description="IRM cérébrale et médullaire SEP",
        sequences=sequences,
        injection=INJECTION,
    )
    return Scanned(vendor, examination, UidPlan(vendor))


def _others(vendor: str) -> dict[str, Sequence]:
    kept = VENDORS[vendor].alternatives
    return {key: s for key, s in kept.items() if key != "t2-3d"}


def _scheduled(sequence: Sequence, number: int) -> Sequence:
    late = 5100.0 if sequence.key in NEEDS_GADOLINIUM else 0.0
    return replace(sequence, number=number, start_s=late + 100.0 * number)


def keys(vendor: str) -> list[str]:
    return [s.key for s in scanned(vendor).examination.sequences]
