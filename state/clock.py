"""What happens to those who wait when the clock of the machines is set back: the moment they wait for is far away now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from state.models import feedback, run, transfer
from state.records import PENDING, REJECTED

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

APART = timedelta(minutes=10)
"""How far clocks may differ without anything being done about it: so much longer, at most, does somebody wait then."""


def set_right(connection: Connection, route: str, now: datetime) -> timedelta | None:
    """Make everything due at once that waits, if an earlier run began in what is the future now; say how far that is.

    How long each has still to wait cannot be known any more. Trying early costs a call, waiting could cost hours.
    """
    latest: datetime | None = connection.execute(
        select(func.max(run.c.started_at)).where(run.c.route == route)
    ).scalar()
    if latest is None or latest - now < APART:
        return None
    here = (transfer.c.route == route) & transfer.c.status.in_((PENDING, REJECTED))
    connection.execute(update(transfer).where(here, transfer.c.due_at > now).values(due_at=now))
    owed = (feedback.c.route == route) & feedback.c.done_at.is_(None)
    connection.execute(update(feedback).where(owed, feedback.c.due_at > now).values(due_at=now))
    return latest - now
