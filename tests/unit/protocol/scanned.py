"""Simulated examinations as data sets of a vendor, changed in place, judged, and put back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from ofsep_node.dicom.reading import facts_of
from ofsep_node.domain.correction import Corrections
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.series_fold import SeriesFold
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol import judge
from ofsep_node.recognition import compare_series, recognise_series
from ofsep_node.simulate import FAULTS, Request, headers, planned
from tests.unit.protocol.made import EDITION

VENDORS = ("siemens", "ge", "philips")
DAY = date(2025, 3, 14)
OPTIONAL = ("t2", "t2star", "swi", "dir", "cord-stir", "cord-t2star", "cord-t1-gd")

Chosen = Callable[[int, int], bool]
"""Whether the n-th image of so many is one of those to change."""


def every(_: int, __: int) -> bool:
    return True


@dataclass
class Scan:
    """Headers by the key of their series, and what was read of them as they are."""

    request: Request
    headers: dict[str, list[Dataset]]
    known: dict[str, tuple[tuple[InstanceFacts, ...], RecognisedSeries]] = field(
        default_factory=dict
    )

    def verdict(self, changed: Collection[str] = ()) -> Verdict:
        """Judged with the headers of the `changed` series read again."""
        read = {key: self._read(key, key in changed) for key in self.headers}
        ids = [facts.patient_id for images, _ in read.values() for facts in images]
        study = Study(
            study_instance_uid="1.2.3",
            patient_ids=tuple(sorted({i for i in ids if i})),
            unidentified=sum(not i for i in ids),
            study_date="20250314",
            series=compare_series([series for _, series in read.values()]),
        )
        said = Corrections.of_indication(self.request.indication, "test")
        return judge(study, EDITION, corrections=said, state="settled")

    def key(self, series_instance_uid: str | None) -> str | None:
        """Which series a finding speaks of; None for the study."""
        found = {str(images[0].SeriesInstanceUID): key for key, images in self.headers.items()}
        return found.get(series_instance_uid or "")

    def _read(self, key: str, anew: bool) -> tuple[tuple[InstanceFacts, ...], RecognisedSeries]:
        if anew:
            return _look(self.headers[key])
        if key not in self.known:
            self.known[key] = _look(self.headers[key])
        return self.known[key]


def _look(images: list[Dataset]) -> tuple[tuple[InstanceFacts, ...], RecognisedSeries]:
    read = tuple(facts_of(header) for header in images)
    fold = SeriesFold("1.2.3", read[0].series_instance_uid)
    for facts in read:
        fold.add(facts)
    series = fold.facts()
    return read, recognise_series(series)


def _scan(request: Request, *faults: str) -> Scan:
    found: dict[str, list[Dataset]] = {}
    for sequence, header in headers(planned(request, faults)):
        found.setdefault(sequence.key, []).append(deepcopy(header))
    return Scan(request, found)


@cache
def clean(vendor: str) -> Scan:
    """Brain and cord, gadolinium, and what is optional but the DTI."""
    return _scan(
        Request(
            programme="brain-cord", optional=OPTIONAL, gadolinium="Dotarem", vendor=vendor,
            indication="first-diagnosis", small=True, study_date=DAY,
        )
    )  # fmt: skip


@cache
def tensor(vendor: str) -> Scan:
    """The DTI alone."""
    whole = _scan(Request(optional=("dti",), vendor=vendor, small=True, study_date=DAY))
    return Scan(whole.request, {"dti": whole.headers["dti"]})


@cache
def faulty(name: str) -> Scan:
    """The smallest examination that a fault is shown in, with the fault."""
    return _scan(replace(FAULTS[name].shown_in, small=True, study_date=DAY), name)


def tag_of(attribute: str) -> BaseTag:
    """Of a keyword, or of a private attribute written as eight digits."""
    found = tag_for_keyword(attribute)
    return Tag(int(attribute, 16) if found is None else found)


@contextmanager
def changed(
    scan: Scan,
    values: Mapping[str, bytes | None],
    keys: Collection[str] | None = None,
    chosen: Chosen = every,
) -> Iterator[None]:
    """Attributes with other bytes (None: without them) in some images, until it is left.

    Only what an image has is deleted or written over.
    """
    kept = []
    for key in scan.headers if keys is None else keys:
        images = scan.headers[key]
        for n, header in enumerate(images):
            for attribute, value in values.items() if chosen(n, len(images)) else ():
                tag = tag_of(attribute)
                if tag in header:
                    kept.append((header, header[tag]))
                    _write(header, tag, value)
    try:
        yield
    finally:
        for header, element in reversed(kept):
            header[element.tag] = element


def _write(header: Dataset, tag: BaseTag, value: bytes | None) -> None:
    vr = header[tag].VR if tag.is_private else dictionary_VR(tag)
    del header[tag]
    if value is not None:
        header[tag] = RawDataElement(tag, vr, len(value), value or None, 0, False, True)
