"""How deliveries stood at the far end when it was last asked, and why the source refused a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transfer", sa.Column("standing", sa.Text(), nullable=True))
    op.add_column("feedback", sa.Column("said", sa.Text(), nullable=True))
    # What was confirmed or withdrawn must not be told as news.
    op.execute("UPDATE transfer SET standing = status WHERE status IN ('confirmed', 'withdrawn')")
