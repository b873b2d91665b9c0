"""Whether the ledger can be written: tried with a write that is taken back."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from state.database import explain, is_postgres, writing
from state.models import memory, metadata

if TYPE_CHECKING:
    from sqlalchemy import Engine

_LETTERS = 128 * 1024
"""More than the free pages of a ledger usually hold: a disk that is full takes a small row all the same."""


def try_write(engine: Engine) -> None:
    """Write something and take it back. Raises StateError if it cannot be written: locked, full, read-only, away."""
    try:
        with writing(engine) as connection, connection.begin() as trial:
            if is_postgres(engine):
                # What a run needs of every table, and a session that holds one would keep from it.
                names = ", ".join(table.name for table in metadata.sorted_tables)
                connection.exec_driver_sql(f"LOCK TABLE {names} IN ROW EXCLUSIVE MODE")
            else:
                connection.exec_driver_sql("PRAGMA cache_size=1")  # or all stays in memory, and no disk is asked
            row = {"connection": "", "name": f"trial {secrets.token_hex(8)}", "kept_at": datetime.now(UTC)}
            connection.execute(insert(memory).values(**row, value=secrets.token_hex(_LETTERS // 2)))
            trial.rollback()
    except SQLAlchemyError as error:
        raise explain(error, engine) from error
