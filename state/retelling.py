"""What the source was told, and what it refused to be told, and is told again once the route that says it is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from state import statements as sql
from state.models import event, feedback, step, transfer
from state.reading import chunks
from state.reading import refused as last_refused
from state.records import PENDING, Refusal

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

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


def has_told(connection: Connection, transfer_id: int, outcomes: Collection[str]) -> bool:
    """Say whether the source has taken a message about a transfer with one of these outcomes."""
    query = select(feedback.c.id).where(
        feedback.c.transfer_id == transfer_id, feedback.c.answer == "told", feedback.c.outcome.in_(outcomes)
    )
    return connection.execute(query.limit(1)).first() is not None
