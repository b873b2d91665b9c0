"""What the source was told, and what it refused to be told, and is told again once the route that says it is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from state import statements as sql
from state.models import event, feedback, step, transfer
from state.reading import chunks
from state.reading import refused as last_refused
from state.records import PENDING, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

POSTPONED = "telling postponed"
"""The event of a message that the source has not taken, and that stays owed."""
TOLD_UNDER = "told again under"
"""The step that keeps under which version of the route a refused message was last owed again."""


def owe_again(
    connection: Connection, route: str, run_id: str, outcomes: Collection[str], mapping: str, now: datetime
) -> list[int]:
    """Owe anew the last messages (of these outcomes) that were refused under another version of the route, once for each.

    Return the transfers whose last message stays refused. What is to be delivered again is left to what comes of that.
    """
    stay: list[int] = []
    for some in chunks(last_refused(connection, route)):
        last = (
            select(feedback.c.transfer_id, func.max(feedback.c.seq).label("seq"))
            .where(feedback.c.transfer_id.in_(some))
            .group_by(feedback.c.transfer_id)
            .subquery()
        )
        query = (
            select(transfer.c.id, feedback.c.seq, feedback.c.outcome, feedback.c.reason)
            .add_columns(func.coalesce(step.c.result, transfer.c.mapping_version))
            .join(feedback, feedback.c.transfer_id == transfer.c.id)
            .join(last, (last.c.transfer_id == transfer.c.id) & (last.c.seq == feedback.c.seq))
            .outerjoin(step, (step.c.transfer_id == transfer.c.id) & (step.c.name == TOLD_UNDER))
            .where(feedback.c.outcome.in_(outcomes), transfer.c.status != PENDING)
        )
        for id_, seq, outcome, reason, under in connection.execute(query).all():
            if under == mapping:
                stay.append(id_)
                continue
            message = {"transfer_id": id_, "route": route, "seq": seq + 1, "outcome": outcome, "reason": reason}
            connection.execute(insert(feedback).values(message | {"owed_at": now, "due_at": now, "attempts": 0}))
            told_under = {"transfer_id": id_, "name": TOLD_UNDER, "intent_at": now, "done_at": now, "result": mapping}
            connection.execute(sql.STEP.sql, told_under)
            happened = {"transfer_id": id_, "at": now, "run_id": run_id, "kind": "owed again"}
            connection.execute(insert(event).values(happened | {"detail": "the route is another one now"}))
    return stay


def refusals(connection: Connection, route: str, limit: int) -> list[Refusal]:
    """Read which documents' last messages the source has refused, and why, the latest first."""
    query = (
        select(transfer.c.document_id, feedback.c.outcome, feedback.c.said)
        .join(feedback, feedback.c.transfer_id == transfer.c.id)
        .where(feedback.c.answer == "refused", feedback.c.route == route)
        .order_by(feedback.c.id.desc())
    )
    found: dict[str, Refusal] = {}
    for some in chunks(sorted(last_refused(connection, route), reverse=True)):
        for row in connection.execute(query.where(transfer.c.id.in_(some))):
            found.setdefault(row.document_id, Refusal(*row))  # of several messages that it has refused the last one
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def hasten(connection: Connection, route: str, document_ids: Collection[str] | None, now: datetime) -> int:
    """Make what the source is owed due now, of the whole route or about these documents; count what had to wait for longer."""
    waits = (feedback.c.route == route) & feedback.c.done_at.is_(None) & (feedback.c.due_at > now)
    about = [None] if document_ids is None else chunks(list(dict.fromkeys(document_ids)))
    count = 0
    for some in about:
        mine = select(transfer.c.id).where(transfer.c.route == route, transfer.c.document_id.in_(some or ()))
        these = waits if some is None else waits & feedback.c.transfer_id.in_(mine)
        count += connection.execute(update(feedback).where(these).values(due_at=now)).rowcount
    return count


def postponed(connection: Connection, route: str, limit: int) -> list[Refusal]:
    """Read of which documents the source is owed a message that it has not taken so far, and why, those owed longest first."""
    query = (
        select(transfer.c.document_id, feedback.c.outcome, feedback.c.transfer_id)
        .join(feedback, feedback.c.transfer_id == transfer.c.id)
        .where(feedback.c.route == route, feedback.c.done_at.is_(None))
        .order_by(feedback.c.owed_at, feedback.c.id)
        .limit(limit)
    )
    owed = connection.execute(query).all()
    why: dict[int, str | None] = {}
    for some in chunks([row.transfer_id for row in owed]):
        said = select(event.c.transfer_id, event.c.detail).where(
            event.c.transfer_id.in_(some), event.c.kind == POSTPONED
        )
        why |= {id_: detail for id_, detail in connection.execute(said.order_by(event.c.id))}  # noqa: C416 -- dict() does not see rows as pairs
    return [Refusal(row.document_id, row.outcome, why[row.transfer_id]) for row in owed if row.transfer_id in why]


def has_told(connection: Connection, transfer_id: int, outcomes: Collection[str]) -> bool:
    """Say whether the source has taken a message about a transfer with one of these outcomes."""
    query = select(feedback.c.id).where(
        feedback.c.transfer_id == transfer_id, feedback.c.answer == "told", feedback.c.outcome.in_(outcomes)
    )
    return connection.execute(query.limit(1)).first() is not None
