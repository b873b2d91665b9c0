"""Indexes of what a source has taken, and of what it had let go of: the alarms read neither from among all messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for answer, columns in (("told", ["route", "outcome", "done_at"]), ("gone", ["route", "done_at"])):
        those = sa.text(f"answer = '{answer}'")
        op.create_index(f"ix_feedback_{answer}", "feedback", columns, sqlite_where=those, postgresql_where=those)
