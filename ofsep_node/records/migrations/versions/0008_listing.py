"""By what people look for a study: the patient's name, birth date and sex, and its own names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TEXTS = (
    "patient_name",
    "patient_name_folded",
    "patient_birth_date",
    "patient_sex",
    "study_id",
    "referring_physician_name",
)
_ACCESSION_NUMBER = "substr(accession_number, 1, 64)"


def upgrade() -> None:
    """Add the columns, empty for studies of before: their headers were not kept."""
    for name in _TEXTS:
        op.add_column("study", sa.Column(name, sa.Text(), nullable=True))
    for name in ("patient_name_folded", "study_date"):
        op.create_index(op.f(f"ix_study_{name}"), "study", [name])
    op.create_index("ix_study_accession_number", "study", [sa.text(_ACCESSION_NUMBER)])
