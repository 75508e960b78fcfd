"""Corrections, measurements on pixels, and what a patient's earlier examinations showed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NAMED = sa.text("sop_instance_uid IS NOT NULL")
_STUDIES_AT_A_TIME = 200


def upgrade() -> None:
    """Add the tables and columns, and fill the columns from the verdicts that are there."""
    _add_corrections()
    _add_measurements()
    _add_columns_of_arrivals()
    _add_columns_of_studies()
    _remember_parts(op.get_bind())


def _add_corrections() -> None:
    op.create_table(
        "correction",
        sa.Column("correction_id", _IDENTIFIER, nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("series_instance_uid", sa.Text(), nullable=True),
        sa.Column("attribute", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"],
            ["study.study_instance_uid"],
            name=op.f("fk_correction_study_instance_uid_study"),
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_study_instance_uid"), "correction", ["study_instance_uid"])


def _add_measurements() -> None:
    op.create_table(
        "imaging_measurement",
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("series_instance_uid", sa.Text(), nullable=False),
        sa.Column("quantity", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("reference_series_instance_uid", sa.Text(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"],
            ["study.study_instance_uid"],
            name=op.f("fk_imaging_measurement_study_instance_uid_study"),
        ),
        sa.PrimaryKeyConstraint(
            "study_instance_uid",
            "series_instance_uid",
            "quantity",
            name=op.f("pk_imaging_measurement"),
        ),
    )


def _add_columns_of_arrivals() -> None:
    op.add_column("arrival", sa.Column("sop_instance_uid", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_arrival_sop_instance_uid"),
        "arrival",
        ["sop_instance_uid"],
        sqlite_where=_NAMED,
        postgresql_where=_NAMED,
    )


def _add_columns_of_studies() -> None:
    """The defaults are for the rows that are there; the program always gives a value."""
    no = sa.false()
    op.add_column("study", sa.Column("parts", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("study", sa.Column("whole_cord", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("study", sa.Column("annotated", sa.Boolean(), nullable=False, server_default=no))
    op.drop_index(op.f("ix_study_patient_id"), "study")
    op.create_index(op.f("ix_study_patient_id_study_date"), "study", ["patient_id", "study_date"])


def _remember_parts(connection: sa.Connection) -> None:
    """What each study's newest verdict says was imaged; verdicts of then know no whole cord."""
    study = sa.table(
        "study",
        sa.column("study_instance_uid", sa.Text),
        sa.column("version", sa.Integer),
        sa.column("parts", sa.JSON(none_as_null=True)),
    )
    verdict = sa.table(
        "verdict",
        sa.column("study_instance_uid", sa.Text),
        sa.column("version", sa.Integer),
        sa.column("document", sa.JSON),
    )
    uids = connection.scalars(sa.select(study.c.study_instance_uid)).all()
    for start in range(0, len(uids), _STUDIES_AT_A_TIME):
        newest = connection.execute(
            sa.select(study.c.study_instance_uid, verdict.c.document)
            .join(
                verdict,
                (verdict.c.study_instance_uid == study.c.study_instance_uid)
                & (verdict.c.version == study.c.version),
            )
            .where(study.c.study_instance_uid.in_(uids[start : start + _STUDIES_AT_A_TIME]))
        ).all()
        for uid, document in newest:
            connection.execute(
                sa.update(study)
                .where(study.c.study_instance_uid == uid)
                .values(parts=_parts(document))
            )


def _parts(document: Any) -> list[str]:
    """None of a document that is not as this version knows it: the next judging mends it."""
    said = document.get("study", {}) if isinstance(document, dict) else {}
    parts = said.get("parts") if isinstance(said, dict) else None
    return [p for p in parts if p in ("brain", "cord")] if isinstance(parts, list) else []
