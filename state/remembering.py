"""What connections and routes keep under a name from run to run. Of the names only fingerprints are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from state.dialect import upsert
from state.models import memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection


def recall(opened: Connection, connection: str, name: str) -> str | None:
    """Return what was kept under a fingerprint, None if nothing."""
    query = select(memory.c.value).where(memory.c.connection == connection, memory.c.name == name)
    return opened.execute(query).scalar()


def keep(opened: Connection, connection: str, name: str, value: str) -> None:
    """Keep a value instead of what was there."""
    row = upsert(memory).values(connection=connection, name=name, value=value, kept_at=datetime.now(UTC))
    opened.execute(
        row.on_conflict_do_update(
            index_elements=["connection", "name"],
            set_={"value": row.excluded.value, "kept_at": row.excluded.kept_at},
        )
    )


def amend(opened: Connection, connection: str, name: str, change: Callable[[str], str]) -> str:
    """Keep what `change` makes of what was there ("": nothing), and return it. Nobody else changes it meanwhile."""
    row = upsert(memory).values(connection=connection, name=name, value="", kept_at=datetime.now(UTC))
    opened.execute(row.on_conflict_do_nothing())  # a row that is not there cannot be locked
    this = (memory.c.connection == connection) & (memory.c.name == name)
    before: str = opened.execute(select(memory.c.value).where(this).with_for_update()).scalar_one()
    value = change(before)
    opened.execute(update(memory).where(this).values(value=value, kept_at=datetime.now(UTC)))
    return value
