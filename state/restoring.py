"""A ledger that was put back from a backup: what was done since is not in it, so it is looked for before it is done.

Until a run of a route has ended complete, whatever that route has no delivery of may have been delivered after the backup was made.
Connectors are told since when: since the start of the last complete run that the ledger knows, which is before the backup.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, insert, literal, select, update

from state.dialect import upsert
from state.fingerprints import REKEYED
from state.instants import Instant
from state.models import memory, run, step, transfer
from state.reading import chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

OWN = ""
"""The name under which the ledger itself remembers something, as connections do under theirs."""
RESTORED = "restored"
"""What the ledger remembers under it: when it was said to be put back."""
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when things may have been delivered on a route of which the ledger knows no complete run."""


def say_restored(connection: Connection) -> int:
    """Write down that this ledger may be older than what was done last; count the documents that are looked for first."""
    now = datetime.now(UTC)
    row = upsert(memory).values(connection=OWN, name=RESTORED, value="", kept_at=now)
    connection.execute(
        row.on_conflict_do_update(index_elements=["connection", "name"], set_={"kept_at": row.excluded.kept_at})
    )
    mark = exists().where(step.c.transfer_id == transfer.c.id, step.c.name == REKEYED)
    count = 0
    for route in connection.execute(select(transfer.c.route).distinct()).scalars().all():
        since = literal(_complete_before(connection, route, now).isoformat())
        forgotten = (transfer.c.route == route, transfer.c.external_id.is_(None))
        # A mark that says only that a key was replaced is made to say since when.
        others = select(transfer.c.id).where(*forgotten)
        connection.execute(
            update(step)
            .where(step.c.name == REKEYED, step.c.result == "", step.c.transfer_id.in_(others))
            .values(result=since)
        )
        unknown = (*forgotten, ~mark)
        count += connection.execute(select(func.count()).select_from(transfer).where(*unknown)).scalar_one()
        at = literal(now, Instant())
        marks = select(transfer.c.id, literal(REKEYED), at, at, since).where(*unknown)
        connection.execute(insert(step).from_select(["transfer_id", "name", "intent_at", "done_at", "result"], marks))
    return count


def look_first(connection: Connection, route: str, transfer_ids: Sequence[int]) -> None:
    """Have these new transfers looked for at the far end before anything is made, if the ledger may have forgotten them."""
    since = connection.execute(
        select(memory.c.kept_at).where(memory.c.connection == OWN, memory.c.name == RESTORED)
    ).scalar()
    if since is None:
        return
    complete = select(run.c.id).where(run.c.route == route, run.c.complete, run.c.started_at > since).limit(1)
    if connection.execute(complete).first() is not None:
        return
    now = datetime.now(UTC)
    told = _complete_before(connection, route, since).isoformat()
    for some in chunks(transfer_ids):
        rows = [{"transfer_id": id_, "name": REKEYED, "intent_at": now, "done_at": now, "result": told} for id_ in some]
        connection.execute(insert(step), rows)


def _complete_before(connection: Connection, route: str, moment: datetime) -> datetime:
    """Return when the last run of a route began that ended complete, as far as the ledger knew at that moment.

    Not when anything was done last: what has been done since the ledger was put back says nothing about the backup.
    """
    last = select(func.max(run.c.started_at)).where(run.c.route == route, run.c.complete, run.c.started_at <= moment)
    return connection.execute(last).scalar() or ALWAYS
