"""Series and examinations in a few words, for tests of the judge."""

from __future__ import annotations

from typing import Any

from ofsep_node.domain.correction import Corrections
from ofsep_node.domain.study import RecognisedSeries, Study
from ofsep_node.domain.verdict import Finding, RequirementStatus, Verdict
from ofsep_node.protocol import judge, load_edition
from ofsep_node.protocol.examples import ExampleSeries, judged_series

EDITION = load_edition("ofsep-2020")

T1 = ExampleSeries()
FLAIR = ExampleSeries(weighting="flair")
DWI = ExampleSeries(
    weighting="dwi", dimension="2D", plane="axial",
    thickness_mm=3.0, spacing_mm=3.0, pixel_mm=(1.0, 1.0), planes=50, announced_planes=50, b_value=1000.0,
)  # fmt: skip
ADC = DWI.model_copy(update={"weighting": "adc", "role": "derived"})
CORD_T2 = ExampleSeries(
    organ="cord", weighting="t2", dimension="2D", plane="sagittal",
    thickness_mm=3.0, spacing_mm=3.3, planes=15, announced_planes=15, acquired_at="10:30",
    matrix=(448, 256), acquired_matrix=(448, 256),
)  # fmt: skip
KNEE = ExampleSeries(organ="other", weighting="pd")

STANDARD = (T1, DWI, ADC, FLAIR)
REDUCED = (DWI, ADC, FLAIR)


def but(series: ExampleSeries, **changes: Any) -> ExampleSeries:
    """The series with something else about it."""
    return ExampleSeries.model_validate({**series.model_dump(), **changes})


def recognised(series: ExampleSeries, number: int) -> RecognisedSeries:
    """A series under the UID 1.2.3.<number>."""
    judged = judged_series(series, f"1.2.3.{number}")
    return RecognisedSeries(judged.facts, judged.identity)


def study_of(*series: ExampleSeries, **others: Any) -> Study:
    """An examination of one patient."""
    found = tuple(recognised(s, n) for n, s in enumerate(series, start=1))
    return Study(**{"study_instance_uid": "1.2.3", "patient_ids": ("P",), "series": found} | others)


def judged(*series: ExampleSeries, state: Any = "settled", indication: str = "unknown") -> Verdict:
    """The verdict on an examination of these series."""
    return judge(
        study_of(*series),
        EDITION,
        corrections=Corrections.of_indication(indication, "test"),
        state=state,
    )


def requirement(verdict: Verdict, name: str) -> RequirementStatus:
    """One requirement of a verdict."""
    return next(r for r in verdict.requirements if r.id == name)


def findings(verdict: Verdict, rule: str, series: str | None = None) -> list[Finding]:
    """What one rule says in a verdict."""
    return [f for f in verdict.findings if f.rule == rule and f.series == series]
