"""Numbers measured on the pixels of archived series, off the live path."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from ofsep_node.domain.study import ImagingMeasurement
from ofsep_node.records.schema import ImagingMeasurementRow, StudyRow


def record(
    session: Session, study: StudyRow, measured: Iterable[ImagingMeasurement], at: datetime
) -> None:
    """Write measurements down, each in the place of an earlier one of the same quantity.

    The study must be locked. It is not judged by this.
    """
    for one in measured:
        session.merge(
            ImagingMeasurementRow(
                study_instance_uid=study.study_instance_uid,
                series_instance_uid=one.series_instance_uid,
                quantity=one.quantity,
                value=one.value,
                unit=one.unit,
                method=one.method,
                reference_series_instance_uid=one.reference_series_instance_uid,
                measured_at=at,
            )
        )
    study.annotated = True
    session.flush()


def measurements_of(session: Session, study_instance_uid: str) -> tuple[ImagingMeasurement, ...]:
    """What was measured on a study's pixels, by series and quantity."""
    rows = session.scalars(
        select(ImagingMeasurementRow)
        .where(ImagingMeasurementRow.study_instance_uid == study_instance_uid)
        .order_by(ImagingMeasurementRow.series_instance_uid, ImagingMeasurementRow.quantity)
    )
    return tuple(
        ImagingMeasurement(
            series_instance_uid=row.series_instance_uid,
            quantity=cast("Any", row.quantity),
            value=row.value,
            unit=row.unit,
            method=row.method,
            reference_series_instance_uid=row.reference_series_instance_uid,
        )
        for row in rows
    )
