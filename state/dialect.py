"""What of SQL is written the same way for every database the ledger is kept in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

# SQLite takes PostgreSQL's form of INSERT … ON CONFLICT; the other way round SQLAlchemy refuses.
from sqlalchemy.dialects.postgresql import insert as upsert

Id = BigInteger().with_variant(Integer(), "sqlite")
"""Row numbers: events alone may pass two thousand million in some years. SQLite numbers rows by itself only as INTEGER."""

__all__ = ["Id", "upsert"]
