"""A lease for every run, and what each of them works on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lease", sa.Column("route", sa.Text(), nullable=True))
    op.add_column("lease", sa.Column("shared", sa.Boolean(), nullable=True))
    op.add_column("lease", sa.Column("turn", sa.Text(), nullable=True))
    op.add_column("lease", sa.Column("read_by", sa.Integer(), nullable=True))
    op.add_column("transfer", sa.Column("claim", sa.Text(), nullable=True))
    op.add_column("feedback", sa.Column("claim", sa.Text(), nullable=True))
    op.create_index(
        "ix_feedback_claim",
        "feedback",
        ["claim"],
        unique=False,
        sqlite_where=sa.text("claim IS NOT NULL"),
        postgresql_where=sa.text("claim IS NOT NULL"),
    )
