"""Simulated examinations, read and judged without a file where their headers say everything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from collections.abc import Sequence as Listed
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ofsep_node.audit import Audit, files_below
from ofsep_node.dicom.reading import facts_of
from ofsep_node.domain.correction import Corrections
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.study import Study
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol import judge, load_edition
from ofsep_node.recognition import study_fold
from ofsep_node.simulate import FAULTS, PROGRAMMES, VENDORS, Planned, Request, planned, simulate
from ofsep_node.simulate.examination import Examination, Sequence
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.plan import CLASSIC_OF
from ofsep_node.simulate.simulation import objects

DAY = date(2025, 3, 14)
EDITION = load_edition("ofsep-2020")
UIDS = UidPlan("scorecard")
"""One plan for all: a series that two examinations share is read once."""

IN_FILES = ("duplicated-series", "shuffled-images", "conflicting-objects", "no-dicomdir",
            "named-dummy-run")  # fmt: skip
"""Faults that lie in how files are sent or gathered, which headers alone do not show."""

CLEAN: dict[str, Request] = {
    **{name: Request(programme=name) for name in PROGRAMMES},
    "reduced": Request(programme="reduced", indication="pml-follow-up"),
    "with gadolinium": Request(gadolinium="Dotarem", indication="first-diagnosis"),
    "with all options": Request(programme="brain-cord", optional=("all",), gadolinium="Dotarem",
                                around=True, stations=3, composed=True),
    "enhanced and classic": Request(programme="brain-cord", optional=("dti",), mixed=True),
}  # fmt: skip
"""Examinations in which nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An examination as the node sees it, beside what it truly is."""

    study: Study
    verdict: Verdict
    truth: dict[str, Sequence]  # by Series Instance UID


@dataclass(frozen=True)
class Silenced:
    """What a header without a word says: nothing but physics and geometry."""

    acquisition: tuple[tuple[str, Any], ...] = (
        ("series_description", None),
        ("protocol_name", None),
        ("sequence_name", None),
        ("technique", None),
        ("body_part_examined", None),
        ("acquisition_contrast", None),
        ("scan_options", ()),
    )

    def of(self, facts: InstanceFacts) -> InstanceFacts:
        """The same image with nothing written on it."""
        acquisition = replace(facts.acquisition, **dict(self.acquisition))
        return replace(
            facts, acquisition=acquisition, study_description=None, request_descriptions=()
        )


SILENCED = Silenced()


def clean_requests(vendor: str) -> dict[str, Request]:
    """The examinations without a fault that a vendor's scanner can make."""
    mixes = vendor in CLASSIC_OF
    composes = "cord-t2-composed" in VENDORS[vendor].sequences
    return {
        name: replace(r, vendor=vendor, study_date=DAY, composed=r.composed and composes)
        for name, r in CLEAN.items()
        if mixes or not r.mixed
    }


def faults_of(vendor: str) -> list[str]:
    """The faults that objects of a vendor can have."""
    return [name for name, fault in FAULTS.items() if fault.fits(vendor)]


@cache
def clean(vendor: str, name: str) -> Seen:
    """One of the vendor's examinations without a fault."""
    return seen(planned(clean_requests(vendor)[name]))


def faulty(vendor: str, name: str) -> Seen:
    """The examination that a fault is shown in, with the fault."""
    request = replace(FAULTS[name].shown_in, vendor=vendor, study_date=DAY)
    return _in_files(request, name) if name in IN_FILES else seen(planned(request, [name]))


def everything(vendor: str, *, silenced: bool = False) -> Seen:
    """Every series that a vendor's scanner is programmed with, alternatives too."""
    ready = planned(clean_requests(vendor)["with all options"])
    have = [s.key for s in ready.examination.sequences]
    kept = VENDORS[vendor].alternatives
    others = [replace(s, key=key) for key, s in kept.items() if key not in have]
    last = ready.examination.sequences[-1]
    added = (
        replace(
            s, number=last.number + n, start_s=last.start_s + 600.0 * n, gadolinium="yes"
        )  # the injection is long over
        for n, s in enumerate(others, start=1)
    )
    examination = replace(ready.examination, sequences=(*ready.examination.sequences, *added))
    return seen(replace(ready, examination=examination), silenced=silenced)


def seen(ready: Planned, *, silenced: bool = False) -> Seen:
    """An examination read from its headers, recognised and judged."""
    fold = study_fold(UIDS.study)
    for sequence in ready.examination.sequences:
        for facts in _read(ready.examination, sequence):
            fold.add(SILENCED.of(facts) if silenced else facts)
    truth = {UIDS.series(s.key): s for s in ready.examination.sequences}
    return _judged(fold.study(), ready.request, truth)


def _judged(study: Study, request: Request, truth: dict[str, Sequence]) -> Seen:
    said = Corrections.of_indication(request.indication, "scorecard")
    return Seen(study, judge(study, EDITION, corrections=said, state="settled"), truth)


_KEPT: dict[tuple[Any, ...], tuple[InstanceFacts, ...]] = {}


def _read(examination: Examination, sequence: Sequence) -> tuple[InstanceFacts, ...]:
    """Facts of a series, read once for all examinations that would write it alike."""
    key = (sequence, *_written_from(examination, sequence))
    if key not in _KEPT:
        written = objects(examination, sequence, UIDS, None)
        _KEPT[key] = tuple(facts_of(dataset) for _, dataset in written)
    return _KEPT[key]


def _written_from(examination: Examination, sequence: Sequence) -> Iterator[Any]:
    """All that a header of a series is made of, beside the series itself."""
    apart = ("sequences", "alternatives", "dicomdir")
    yield from (getattr(examination, f.name) for f in fields(examination) if f.name not in apart)
    for key in ("localizer", "cord-localizer", sequence.derived_from or ""):
        yield examination.sequence(key)


def _in_files(request: Request, name: str) -> Seen:
    small = replace(request, small=True)
    choices = {f.name: getattr(small, f.name) for f in fields(small)}
    with tempfile.TemporaryDirectory() as folder:
        examination = Path(folder) / "examination"
        manifest = simulate(examination, faults=[name], **choices)
        study = _audited([examination / file for file in manifest.files])
    sequences = {s.key: s for s in planned(small, [name]).examination.sequences}
    truth = {s.series_instance_uid: sequences[s.key] for s in manifest.series}
    return _judged(study, small, truth)


def _audited(paths: Listed[Path]) -> Study:
    audit = Audit()
    for path in files_below(paths):
        audit.add(path)
    (study,) = audit.studies()
    return study
