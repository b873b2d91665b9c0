"""Documents that somebody has asked for by an id of which nothing is known: entered for one look, forgotten if it finds nothing.

They stay while a run of the route is at work, which may still speak of them by their rows; the last run to end drops them,
and what a killed one leaves is dropped at the end of the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select

from state.lease import anchor, revoke
from state.models import event, feedback, snapshot, step, transfer
from state.reading import TRANSFER, chunks, transfers
from state.records import FAILED, NEVER_LISTED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from state.lease import Lease
    from state.records import Transfer

_OF_LOOKING = ("wanted", "retry", "postponed", "left the source")
"""The kinds of events by which nobody has learned anything of a document."""

_hangs_on = [exists().where(table.c.transfer_id == transfer.c.id) for table in (step, feedback, snapshot)]
_STRANGE = (
    (transfer.c.status == FAILED)
    & (transfer.c.version == NEVER_LISTED)
    & transfer.c.external_id.is_(None)
    & ~exists().where(event.c.transfer_id == transfer.c.id, event.c.kind.not_in(_OF_LOOKING))
)


def among(connection: Connection, transfer_ids: Collection[int]) -> list[Transfer]:
    """Return those of these transfers of which a look at the source has shown that there is no such document."""
    found: list[Transfer] = []
    for some in chunks(list(transfer_ids)):
        found += transfers(connection, select(*TRANSFER).where(transfer.c.id.in_(some), _STRANGE))
    return found


def forget(connection: Connection, held: Lease) -> None:
    """Drop what nobody knows, unless another run of the route lives. Called by a run that will not speak of it any more."""
    query = select(transfer.c.id).where(transfer.c.route == held.route, _STRANGE, *(~each for each in _hangs_on))
    if connection.execute(query.limit(1)).first() is None:
        return
    anchor(connection, held.route)  # nobody begins until this is done
    if revoke(connection, held.route, held.name):
        return
    gone: Sequence[int] = connection.execute(query).scalars().all()
    for some in chunks(gone):
        connection.execute(delete(event).where(event.c.transfer_id.in_(some)))
        connection.execute(delete(transfer).where(transfer.c.id.in_(some)))
