"""Pairs of routes: where a document was made, and which run is at work on a pair of its two sides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transfer", sa.Column("origin", sa.Text(), nullable=True))
    op.add_column("transfer", sa.Column("engaged", sa.Text(), nullable=True))
