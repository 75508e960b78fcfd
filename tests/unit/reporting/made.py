"""A verdict with something of everything in it, and the context of a report on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, get_args

import numpy as np
from pydicom.dataset import Dataset

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import (
    AppliedCorrection,
    Cause,
    Finding,
    Measured,
    Message,
    ProtocolReference,
    RequirementStatus,
    SeriesVerdict,
    StudySummary,
    Verdict,
)
from ofsep_node.reporting import ImageReference, ReportContext, ReportedSeries
from ofsep_node.reporting.composite import FORMATS
from ofsep_node.reporting.context import Kind

FLAIR, T1, NOTES = "1.2.3.5", "1.2.3.2", "1.2.3.99"
"""The series: one that fails, one that does not, one without an image."""

JUDGED_AT = datetime(2026, 11, 27, 16, 5, 9, tzinfo=timezone(timedelta(hours=1)))
MR, RAW = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.66"
KINDS: tuple[Kind, ...] = get_args(Kind)
DICOM_KINDS = tuple(FORMATS)
SHOWN: tuple[Kind, ...] = ("sr", "pdf", "sc", "ko", "html")

TOO_THICK = Finding(
    rule="voxel-3d",
    sentence="AQ-1",
    scope="series",
    series=FLAIR,
    outcome="fail",
    severity="error",
    measured=1.5,
    expected=1.0,
    unit="mm",
    message=Message("Voxel de 1 x 1 x 1,5 mm, attendu 1 mm au plus", "Voxel 1 x 1 x 1.5 mm"),
    quote="Séquences 3D : **résolution** minimale = 1 mm³",
)
FIELD = replace(
    TOO_THICK,
    rule="field-strength",
    sentence="MR-1",
    scope="study",
    series=None,
    outcome="pass",
    measured=3.0,
    expected="1.5 / 3",
    unit="T",
    message=Message("Champ de 3 T", "Field of 3 T"),
)
MISSING = replace(
    FIELD,
    rule="brain-required-sequences",
    outcome="undetermined",
    severity="warning",
    measured="missing",
    expected="brain.dwi",
    unit=None,
    message=Message("DWI axiale : élément absent à l'arrivée", "axial DWI: not there yet"),
    pending=True,
    adapted="Le site l'accepte à 1,5 T",
)
BURNED = replace(TOO_THICK, rule="burned-in-annotation", measured=True, expected=None, unit=None)
COUNTED = replace(TOO_THICK, rule="series-complete", severity="info", unit="slices")


def verdict(**changes: Any) -> Verdict:
    """A brain examination whose FLAIR is too thick."""
    whole = Verdict(
        protocol=ProtocolReference("ofsep", "2020", "09835c03" * 8, "CHU de Besançon"),
        study=StudySummary(
            study_instance_uid="1.2.3",
            patient_id="P-1",
            study_date="20261127",
            parts=("brain", "cord"),
            programme="standard",
            indication="relapse",
            indication_source="operator",
            indication_label=Message("poussée", "relapse"),
        ),
        state="settled",
        version=2,
        verdict="non_compliant",
        requirements=_requirements(),
        series=_series(),
        findings=(FIELD, MISSING, TOO_THICK, BURNED, COUNTED),
        software="0.1.0",
        corrections=(
            AppliedCorrection(FLAIR, {"weighting": "flair"}, "operator", "Zoé", "vu à l'écran"),
        ),
        cause=Cause("pin", "Zoé", "vu à l'écran"),
    )
    return replace(whole, **changes)


def _requirements() -> tuple[RequirementStatus, ...]:
    label = Message("3D FLAIR", "3D FLAIR")
    return (
        RequirementStatus("brain.t1-3d", "brain", "required", "met", (T1,), None, label),
        RequirementStatus(
            *("brain.flair-3d", "brain", "required", "not_met", (FLAIR,), FLAIR, label),
            Message("trop épaisse", "too thick"),
        ),
        RequirementStatus("brain.dti", "brain", "optional", "missing", (), FLAIR, label),
    )


def _series() -> tuple[SeriesVerdict, ...]:
    flair = SeriesIdentity(
        "brain", "flair", "3D", "sagittal", "no", "original", 0.7, ("TI ≥ 1600",)
    )
    t1 = replace(flair, weighting="t1", gadolinium="unknown", evidence=())
    measured = Measured(
        field_t=2.8936,
        slice_thickness_mm=1.5,
        pixel_mm=(0.5, 0.25),
        acquired_pixel_mm=(1.0, 0.9),
        b_values=(0.0, 1000.0),
        directions=15,
    )
    return (
        SeriesVerdict(T1, 2, "3D T1 «é»", 3, None, t1, Measured()),
        SeriesVerdict(FLAIR, 5, "3D FLAIR SAG", 3, True, flair, measured),
        SeriesVerdict(NOTES, None, None, 1, False, SeriesIdentity(), Measured()),
    )


def header(**changes: Any) -> Dataset:
    """Patient and study of an image."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName = "LEFÈVRE^Élodie"
    dataset.PatientID = "P-1"
    dataset.PatientBirthDate = "20010516"
    dataset.PatientSex = "F"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.StudyDate, dataset.StudyTime = "20261127", "093000"
    dataset.StudyDescription = "IRM cérébrale"
    dataset.StudyID, dataset.AccessionNumber = "7", "A-7"
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    return dataset


def context(language: Any = "fr", **changes: Any) -> ReportContext:
    """Three objects in each series, the picture of the FLAIR a ramp; none of the series of notes."""
    made = ReportContext(
        judged_at=JUDGED_AT,
        header=header(),
        series={T1: _objects(T1), FLAIR: _objects(FLAIR, np.arange(6000) % 251)},
        language=language,
        software="0.1.0",
    )
    return replace(made, **changes)


def _objects(series: str, ramp: Any = None) -> ReportedSeries:
    objects = tuple(ImageReference(MR, f"{series}.{number}") for number in (1, 2, 3))
    picture = None if ramp is None else ramp.reshape(60, 100).astype(np.uint8)
    return ReportedSeries(
        (*objects, ImageReference(RAW, f"{series}.4", False)), objects[1], picture
    )
