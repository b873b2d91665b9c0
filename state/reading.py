"""Questions to the ledger: each a function of an open connection that returns records."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import exists, func, literal, or_, select, union

from state import run_rows
from state.dialect import among
from state.models import cursor, event, feedback, lease, run, step, transfer
from state.owner import words
from state.prepared import ask
from state.records import FAILED, PENDING, REJECTED, Event, Step, Summary, Timeline, Told, Transfer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Select

CHUNK = 500
"""How many values one IN list takes: every database allows that many parameters."""

_WITH_REASON = ("rejected", "failed", "skipped", "withdrawn", "held")
_PENDING = transfer.c.status == literal(PENDING, literal_execute=True)
"""As it stands in the condition of an index: to a plan that is made before it knows a parameter the index would be none."""
REFUSED = ("rejected", "failed", "held")
FOLLOWABLE = ("delivered", "confirmed", "withdrawn")
TRANSFER = [transfer.c[field] for field in Transfer.__dataclass_fields__ if field != "steps"]
STEPS = (
    select(step.c.transfer_id, step.c.name, step.c.intent_at, step.c.done_at, step.c.result)
    .where(among(step.c.transfer_id, "those"))
    .order_by(step.c.id)
)
"""The steps of `those` transfers."""


def chunks(values: Sequence[str | int]) -> Iterator[Sequence[str | int]]:
    """Cut a list into pieces that fit one IN list."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def transfers(connection: Connection, query: Select[Any]) -> list[Transfer]:
    """Read transfers together with their steps."""
    return with_steps(connection, connection.execute(query))


def with_steps(connection: Connection, rows: Iterable[Sequence[Any]]) -> list[Transfer]:
    """Make transfers of rows of `TRANSFER`, and read their steps."""
    found = list(rows)
    steps = steps_of(connection, [row[0] for row in found])
    return [Transfer(*(*row, steps.get(row[0], {}))) for row in found]


def steps_of(
    connection: Connection, transfer_ids: Sequence[int], which: Select[Any] = STEPS
) -> Mapping[int, dict[str, Step]]:
    """Read the steps of transfers, by transfer id; `which` are all of them, or fewer."""
    steps: defaultdict[int, dict[str, Step]] = defaultdict(dict)
    if transfer_ids:
        for owner, *fields in ask(connection, which, those=transfer_ids):
            entry = Step(*fields)
            steps[owner][entry.name] = entry
    return steps


def living(route: str | BindParameter[str]) -> Select[tuple[str]]:
    """Select the names of the leases that a route's runs hold."""
    return select(lease.c.name).where(lease.c.route == route)


def free(claim: Column[str | None], route: str | BindParameter[str], me: str = "") -> ColumnElement[bool]:
    """Say that nobody who lives has claimed a row, or nobody but `me`."""
    return claim.is_(None) | claim.not_in(living(route).where(lease.c.name != me))


def next_due(connection: Connection, route: str, only: Collection[int] | None = None) -> datetime | None:
    """Say when the next pending transfer (of `only`) that nobody works on is due, which may be past; None if there is none."""
    query = select(func.min(transfer.c.due_at)).where(
        transfer.c.route == route, transfer.c.status == PENDING, free(transfer.c.claim, route)
    )
    if only is not None:
        query = query.where(transfer.c.id.in_(only))
    return connection.execute(query).scalar()


def ours(connection: Connection, route: str, me: str, ids: Sequence[int]) -> set[int]:
    """Return those of these transfers that are still to be delivered and that no other run works on."""
    found: set[int] = set()
    for some in chunks(ids):
        query = select(transfer.c.id).where(transfer.c.id.in_(some), transfer.c.status == PENDING)
        found.update(connection.execute(query.where(free(transfer.c.claim, route, me))).scalars())
    return found


def pending_count(connection: Connection, route: str, me: str) -> int:
    """Count what is still to be delivered, due or not, and nobody but `me` works on."""
    here = (transfer.c.route == route) & (transfer.c.status == PENDING) & free(transfer.c.claim, route, me)
    return connection.execute(select(func.count()).where(here)).scalar_one()


def refused_documents(connection: Connection, route: str, since: datetime | None) -> list[str]:
    """Return the ids of documents that are rejected or failed, with `since` of those that became so then or later."""
    query = select(transfer.c.document_id).where(transfer.c.route == route, transfer.c.status.in_((REJECTED, FAILED)))
    if since is not None:
        mine = event.c.transfer_id == transfer.c.id
        query = query.where(exists().where(mine, event.c.kind.in_((REJECTED, FAILED)), event.c.at >= since))
    return list(connection.execute(query).scalars())


def refused(connection: Connection, route: str, among: Sequence[int] | None = None) -> list[int]:
    """Return the transfers (of `among`) whose last message the source has refused."""
    later = feedback.alias("later")
    query = select(feedback.c.transfer_id).where(
        feedback.c.route == route,
        feedback.c.answer == "refused",
        ~exists().where(later.c.transfer_id == feedback.c.transfer_id, later.c.seq > feedback.c.seq),
    )
    if among is None:
        return list(connection.execute(query).scalars())
    found: list[int] = []
    for some in chunks(among):
        found += connection.execute(query.where(feedback.c.transfer_id.in_(some))).scalars()
    return found


def owed_count(connection: Connection, route: str, me: str | None = None) -> int:
    """Count the messages the source is still owed, due or not; for `me`, without those that other runs are telling."""
    query = select(func.count()).where(feedback.c.route == route, feedback.c.done_at.is_(None))
    if me is not None:
        query = query.where(free(feedback.c.claim, route, me))
    return connection.execute(query).scalar_one()


def oldest_owed(connection: Connection, route: str) -> datetime | None:
    """Say since when the source has been owed what it has been owed longest, None if it is owed nothing."""
    query = select(func.min(feedback.c.owed_at)).where(feedback.c.route == route, feedback.c.done_at.is_(None))
    return cast("datetime | None", connection.execute(query).scalar_one())


def next_owed(connection: Connection, route: str) -> datetime | None:
    """Say when the next message that nobody is telling is due (which may be past), None if none may be told now."""
    query = (
        select(func.min(feedback.c.due_at))
        .join(transfer, transfer.c.id == feedback.c.transfer_id)
        .where(feedback.c.route == route, feedback.c.done_at.is_(None), transfer.c.status != PENDING)
        .where(free(feedback.c.claim, route))
    )
    return cast("datetime | None", connection.execute(query).scalar_one())


def routes(connection: Connection) -> list[str]:
    """Name every route that has left anything in the ledger."""
    # From one to the next in the index: there are few routes and many documents.
    first = select(func.min(transfer.c.route).label("route")).cte("known", recursive=True)
    following = select(func.min(transfer.c.route)).where(transfer.c.route > first.c.route).scalar_subquery()
    known = first.union_all(select(following).where(first.c.route.is_not(None)))
    of_documents = select(known.c.route).where(known.c.route.is_not(None))
    query = union(of_documents, select(run.c.route), select(cursor.c.route))
    return sorted(connection.execute(query).scalars())


def where_to_go_on(connection: Connection, route: str, stream: str) -> str | None:
    """Read a listing's cursor."""
    query = select(cursor.c.value).where(cursor.c.route == route, cursor.c.stream == stream)
    return connection.execute(query).scalar()


def find(connection: Connection, text: str, route: str | None) -> list[Transfer]:
    """Find a document by its id, its id at the far end, or its key."""
    query = select(*TRANSFER).where(
        or_(transfer.c.document_id == text, transfer.c.external_id == text, transfer.c.key == text)
    )
    if route is not None:
        query = query.where(transfer.c.route == route)
    return transfers(connection, query.order_by(transfer.c.route, transfer.c.id))


def lookup(connection: Connection, route: str, document_ids: Sequence[str]) -> dict[str, Transfer]:
    """Read the transfers of these documents, by document id."""
    found: dict[str, Transfer] = {}
    for some in chunks(document_ids):
        query = select(*TRANSFER).where(transfer.c.route == route, transfer.c.document_id.in_(some))
        found.update((one.document_id, one) for one in transfers(connection, query))
    return found


def latest(connection: Connection, route: str, statuses: Sequence[str], limit: int) -> list[Transfer]:
    """Read what has one of these statuses, that of which something was written down last first."""
    last_event = (
        select(func.max(event.c.id)).where(event.c.transfer_id == transfer.c.id).correlate(transfer).scalar_subquery()
    )
    query = select(*TRANSFER).where(transfer.c.route == route, transfer.c.status.in_(statuses))
    return transfers(connection, query.order_by(last_event.desc()).limit(limit))


def waiting(connection: Connection, route: str, limit: int) -> list[Transfer]:
    """Read what has been tried without success and is tried again, what is due first."""
    tried = transfer.c.route == route, _PENDING, transfer.c.reason.is_not(None)
    # An order that only the index of such transfers has: SQLite might take the one of all that is pending as well.
    in_turn = transfer.c.due_at, transfer.c.reason_class
    return transfers(connection, select(*TRANSFER).where(*tried).order_by(*in_turn).limit(limit))


def timeline(connection: Connection, transfer_id: int) -> Timeline:
    """Read everything about one transfer."""
    events = connection.execute(
        select(event.c.at, event.c.kind, event.c.detail, event.c.run_id)
        .where(event.c.transfer_id == transfer_id)
        .order_by(event.c.id)
    )
    told = connection.execute(
        select(
            feedback.c.seq,
            feedback.c.outcome,
            feedback.c.reason,
            feedback.c.owed_at,
            feedback.c.due_at,
            feedback.c.attempts,
            feedback.c.done_at,
            feedback.c.answer,
            feedback.c.said,
        )
        .where(feedback.c.transfer_id == transfer_id)
        .order_by(feedback.c.seq)
    )
    steps = steps_of(connection, [transfer_id]).get(transfer_id, {})
    claimed = select(lease.c.owner).join(transfer, transfer.c.claim == lease.c.name).where(transfer.c.id == transfer_id)
    owner = connection.execute(claimed).scalar()
    return Timeline(
        [Event(*row) for row in events],
        list(steps.values()),
        [Told(*row) for row in told],
        words(owner) if owner else None,
    )


def summary(connection: Connection, route: str) -> Summary:
    """Count how a route stands."""
    here = transfer.c.route == route
    statuses = connection.execute(select(transfer.c.status, func.count()).where(here).group_by(transfer.c.status))
    classes = Counter[str]()
    # What was delivered has none, and most of what is pending: indexes lead past nearly all of a large ledger.
    for some in (_PENDING, transfer.c.status.in_(_WITH_REASON)):
        query = select(transfer.c.reason_class, func.count()).where(here, some, transfer.c.reason_class.is_not(None))
        for name, count in connection.execute(query.group_by(transfer.c.reason_class)):
            classes[str(name)] += count
    return Summary(
        route=route,
        statuses={status: count for status, count in statuses},  # noqa: C416 -- dict() does not see rows as pairs
        reason_classes=dict(classes),
        owed=owed_count(connection, route),
        refused=len(refused(connection, route)),
        oldest_owed_at=oldest_owed(connection, route),
        next_due_at=next_due(connection, route),
        runs=run_rows.latest(connection, route, 10),
    )


def reasons(connection: Connection, route: str, limit: int) -> list[tuple[str, str, int]]:
    """Count the documents that are rejected, failed or held by status and reason, the most frequent first."""
    count = func.count().label("count")
    query = (
        select(transfer.c.status, transfer.c.reason, count)
        .where(transfer.c.route == route, transfer.c.status.in_(REFUSED))
        .group_by(transfer.c.status, transfer.c.reason)
        .order_by(count.desc(), transfer.c.status, transfer.c.reason)
        .limit(limit)
    )
    return [(status, reason or "", number) for status, reason, number in connection.execute(query)]
