"""What was judged and by which mapping, so that another mapping can be tried on it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mapping_version",
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.String(27), nullable=False),
        sa.Column("last_used_at", sa.String(27), nullable=False),
        sa.Column("tried_at", sa.String(27), nullable=True),
        sa.Column("bundle", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("route", "version", name=op.f("pk_mapping_version")),
    )
    op.create_table(
        "snapshot",
        sa.Column("transfer_id", ID, autoincrement=False, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.String(27), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_snapshot_transfer_id")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_snapshot")),
    )
    op.create_index(op.f("ix_snapshot_route_taken_at"), "snapshot", ["route", "taken_at"], unique=False)
    op.add_column("transfer", sa.Column("tried_under", sa.Text(), nullable=True))
    op.create_index(op.f("ix_transfer_document_id"), "transfer", ["document_id"], unique=False)
