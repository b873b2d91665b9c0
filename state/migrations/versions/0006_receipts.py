"""What proves a commit to the process whose answer was lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from state.instants import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_receipt")),
    )
