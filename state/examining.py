"""What must be true of a ledger's rows, each rule as a question that finds the documents of which it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from state.models import event, feedback, snapshot, step, transfer
from state.records import CONFIRMED, DELIVERED, PENDING, REJECTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select

EXAMPLES = 5
"""How many documents a finding names."""
_BY_HAND = "nothing in docferry writes this; was the database changed by hand? Please report it"


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that does not hold: for how many rows, of which documents (`route: document id`), and what to do next."""

    what: str
    count: int
    documents: Sequence[str]
    next_step: str


_earlier = feedback.alias("earlier")
_ORDER = feedback.join(_earlier, (_earlier.c.transfer_id == feedback.c.transfer_id) & (_earlier.c.seq < feedback.c.seq))


def _documents(wrong: ColumnElement[bool]) -> Select[Any]:
    return select(transfer.c.id).where(wrong)


def _messages(wrong: ColumnElement[bool], of: Any = feedback) -> Select[Any]:  # noqa: ANN401 -- a table or a join
    return select(feedback.c.transfer_id).select_from(of).where(wrong)


RULES: tuple[tuple[str, Select[Any], str], ...] = (
    (
        "pending and never due, so that no run takes them",
        _documents(and_(transfer.c.status == PENDING, transfer.c.due_at.is_(None))),
        "docferry retry ROUTE DOCUMENT makes one due; please report it",
    ),
    (
        "settled and yet due",
        _documents(and_(transfer.c.status.not_in((PENDING, REJECTED)), transfer.c.due_at.is_not(None))),
        _BY_HAND,
    ),
    (
        "delivered, without an id at the far end",
        _documents(and_(transfer.c.status.in_((DELIVERED, CONFIRMED)), transfer.c.external_id.is_(None))),
        "docferry retry ROUTE DOCUMENT makes one due: it is compared with the far end then; please report it",
    ),
    (
        "with a message to the source that is answered at no time, or at a time without an answer",
        _messages(feedback.c.done_at.is_(None) != feedback.c.answer.is_(None)),
        _BY_HAND,
    ),
    (
        "with a message to the source that is owed on another route than the document is on",
        _messages(
            feedback.c.route != transfer.c.route, feedback.join(transfer, transfer.c.id == feedback.c.transfer_id)
        ),
        _BY_HAND,
    ),
    (
        "owed the same message to the source twice",
        _messages(
            and_(
                feedback.c.done_at.is_(None),
                _earlier.c.done_at.is_(None),
                _earlier.c.seq == feedback.c.seq - 1,
                _earlier.c.outcome == feedback.c.outcome,
            ),
            _ORDER,
        ),
        "run the route, the second one then finds that it is told; please report it",
    ),
    (
        "of which the source was told something later before something earlier",
        _messages(and_(_earlier.c.done_at.is_(None), feedback.c.answer == "told"), _ORDER),
        "look at one with docferry explain DOCUMENT, and at the source; please report it",
    ),
)


def broken(connection: Connection) -> list[Broken]:
    """Try all rules; return those that do not hold."""
    found = []
    for what, query, next_step in RULES:
        wrong = query.distinct().subquery()
        count = connection.execute(select(func.count()).select_from(wrong)).scalar_one()
        if count:
            names = select(transfer.c.route, transfer.c.document_id).where(transfer.c.id.in_(select(wrong)))
            found.append(
                Broken(f"documents {what}", count, named(connection, names.order_by(transfer.c.id)), next_step)
            )
    for table in (step, feedback, event, snapshot):
        orphans = select(func.count()).select_from(table.outerjoin(transfer, transfer.c.id == table.c.transfer_id))
        count = connection.execute(orphans.where(transfer.c.id.is_(None))).scalar_one()
        if count:
            found.append(Broken(f"rows of {table.name} about no document", count, (), _BY_HAND))
    return found


def named(connection: Connection, query: Select[Any]) -> list[str]:
    """Read some of the documents that a query of route and document id finds, as `route: document id`."""
    return [f"{route}: {document_id}" for route, document_id in connection.execute(query.limit(EXAMPLES))]
