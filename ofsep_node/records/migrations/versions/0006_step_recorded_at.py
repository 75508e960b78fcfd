"""When what was told of a performed procedure step was recorded, by the database's clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STEPS = sa.table("performed_step", sa.column("told_at"), sa.column("recorded_at"))


def upgrade() -> None:
    """Add the column; of what is there already, the time by the receiver's clock is all there is."""
    column = sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("performed_step", column)
    op.execute(sa.update(_STEPS).values(recorded_at=_STEPS.c.told_at))
    with op.batch_alter_table("performed_step") as table:
        table.alter_column("recorded_at", existing_type=sa.DateTime(timezone=True), nullable=False)
