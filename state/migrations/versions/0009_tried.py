"""An index of what waits although it was tried, so that nobody looks through all that was only listed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tried = sa.text("status = 'pending' AND (reason IS NOT NULL OR reason_class IS NOT NULL)")
    op.create_index(
        "ix_transfer_tried",
        "transfer",
        ["route", "status", "due_at", "reason_class"],
        sqlite_where=tried,
        postgresql_where=tried,
    )
