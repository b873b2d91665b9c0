"""Which messages the source of a route has not taken since it took one of the same kind last."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, literal, select

from state.models import event, feedback
from state.reading import chunks
from state.retelling import POSTPONED

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

MOST = 1000
"""How many messages of each kind are read, the latest: a source that takes none may have refused a hundred thousand."""
# As they stand in the conditions of the indexes: to a plan that is made before it knows a parameter these would be none.
_TOLD, _REFUSED, _GONE = (literal(answer, literal_execute=True) for answer in ("told", "refused", "gone"))


@dataclass(frozen=True, slots=True)
class Untaken:
    """A message that the source did not take: what it was to tell, what the source said, when, and since when it was owed.

    `final`: nobody tries it again unasked. Instants are UTC.
    """

    outcome: str
    said: str
    at: datetime
    owed_at: datetime
    final: bool


def untaken(connection: Connection, route: str, since: datetime) -> list[Untaken]:
    """Read the messages that were not taken after the last one with the same outcome that was.

    Those about documents that are gone count from `since` on.
    """
    found: defaultdict[str, list[Untaken]] = defaultdict(list)
    for one in (*_refused(connection, route), *_owed(connection, route), *_gone(connection, route, since)):
        found[one.outcome].append(one)
    left: list[Untaken] = []
    for outcome, those in found.items():
        taken = select(func.max(feedback.c.done_at)).where(
            feedback.c.route == route, feedback.c.outcome == outcome, feedback.c.answer == _TOLD
        )
        last = connection.execute(taken).scalar()
        left += [one for one in those if last is None or one.at > last]
    return left


def _refused(connection: Connection, route: str) -> list[Untaken]:
    later = feedback.alias("later")
    query = (
        select(feedback.c.outcome, feedback.c.said, feedback.c.done_at, feedback.c.owed_at)
        .where(feedback.c.route == route, feedback.c.answer == _REFUSED)
        .where(~exists().where(later.c.transfer_id == feedback.c.transfer_id, later.c.seq > feedback.c.seq))
        .order_by(feedback.c.transfer_id.desc())
        .limit(MOST)
    )
    return [Untaken(outcome, said or "", at, owed, final=True) for outcome, said, at, owed in connection.execute(query)]


def _gone(connection: Connection, route: str, since: datetime) -> list[Untaken]:
    query = (
        select(feedback.c.outcome, feedback.c.said, feedback.c.done_at, feedback.c.owed_at)
        .where(feedback.c.route == route, feedback.c.answer == _GONE, feedback.c.done_at >= since)
        .order_by(feedback.c.done_at.desc())
        .limit(MOST)
    )
    return [Untaken(outcome, said or "", at, owed, final=True) for outcome, said, at, owed in connection.execute(query)]


def _owed(connection: Connection, route: str) -> list[Untaken]:
    """Read what is owed and was tried, with the last word about it."""
    query = (
        select(feedback.c.transfer_id, feedback.c.outcome, feedback.c.owed_at)
        .where(feedback.c.route == route, feedback.c.done_at.is_(None), feedback.c.attempts > 0)
        .order_by(feedback.c.due_at.desc())
        .limit(MOST)
    )
    owed = connection.execute(query).all()
    said: dict[int, tuple[str, datetime]] = {}
    for some in chunks([row.transfer_id for row in owed]):
        tries = select(event.c.transfer_id, event.c.detail, event.c.at).where(
            event.c.transfer_id.in_(some), event.c.kind == POSTPONED
        )
        said |= {id_: (detail or "", at) for id_, detail, at in connection.execute(tries.order_by(event.c.id))}
    return [
        Untaken(row.outcome, *said[row.transfer_id], row.owed_at, final=False)
        for row in owed
        if row.transfer_id in said
    ]
