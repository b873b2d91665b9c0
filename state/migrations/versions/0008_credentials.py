"""Settings of connections that all workers share, encrypted by the vault."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from state.instants import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credential",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("setting", sa.Text(), nullable=False),
        sa.Column("encrypted", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "setting", name=op.f("pk_credential")),
    )
