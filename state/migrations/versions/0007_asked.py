"""What a run was asked for by a person, and why, and what the orchestrator calls it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("asked", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("flow_run", sa.Text(), nullable=True))
    op.create_index("ix_run_flow_run", "run", ["flow_run"])
