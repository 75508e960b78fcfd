"""What a sender writes as PatientID or StudyDate, of whatever length, fits into an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INDEX = "ix_study_patient_id_study_date"


def upgrade() -> None:
    """Index the beginning of a PatientID; keep the beginning of what is no date."""
    op.drop_index(_INDEX, "study")
    op.execute(
        "UPDATE study SET study_date = substr(study_date, 1, 64) WHERE length(study_date) > 64"
    )
    op.create_index(_INDEX, "study", [sa.text("substr(patient_id, 1, 64)"), "study_date"])
