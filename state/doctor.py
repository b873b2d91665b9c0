"""Looks a ledger over: the database itself, its keys, its rows, and what has been waiting in it for too long."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from state import database, postgres, sqlite
from state.credentials import unreadable
from state.errors import StateError
from state.examining import EXAMPLES, broken, named
from state.fingerprints import readable
from state.instants import database_now
from state.lease import over
from state.models import cursor, feedback, lease, metadata, run, snapshot, step, transfer
from state.records import PENDING
from state.snapshots import Retention, Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from state.vault import Vault

OLD = timedelta(days=1)
"""After this time, what is due, owed or unanswered is worth a look: runs come every few minutes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. If it is not `ok`, `next_step` says what to do; `documents` names a few."""

    what: str
    ok: bool
    says: str
    next_step: str = ""
    documents: Sequence[str] = field(default=())


def look_over(engine: Engine, vault: Vault | None, progress: Callable[[int, int], None]) -> list[Finding]:
    """Look at everything in turn; a question that fails is a finding. Nothing is written.

    The ledger must be in this release's form. `progress` is told how many parts are done, of how many, and may raise to end it.
    """
    found: list[Finding] = []
    for number, part in enumerate(_PARTS):
        progress(number, len(_PARTS))
        try:
            with database.reading(engine) as connection, connection.begin():
                found += part(connection, vault)
        except SQLAlchemyError as error:
            says = str(database.explain(error, engine))
            found.append(Finding(part.__name__.strip("_"), ok=False, says=says, next_step=_BACKUP))
    return found


_BACKUP = "put the last backup in its place, then run every route once more"


def _integrity(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    server = database.is_postgres(connection.engine)
    faults = (postgres if server else sqlite).faults(connection)
    says = "; ".join(faults[:3]) or ("every constraint and index is valid" if server else "integrity_check says ok")
    yield Finding("integrity", ok=not faults, says=says, next_step=_BACKUP if faults else "")


def _indexes(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    looking = inspect(connection)
    missing = []
    for one in metadata.sorted_tables:
        if not looking.has_table(one.name):
            missing.append(one.name)
            continue
        there = {each["name"] for each in looking.get_indexes(one.name)}
        missing += [str(each.name) for each in one.indexes if each.name not in there]
    says = f"missing: {', '.join(missing)}" if missing else f"all {len(metadata.tables)} tables have theirs"
    yield Finding("indexes", ok=not missing, says=says, next_step=_BACKUP if missing else "")


def _settings(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    if database.is_postgres(connection.engine):
        for name, says, next_step in postgres.settings(connection):
            yield Finding(name, ok=not next_step, says=says, next_step=next_step)


def _sizes(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    counts = {
        one.name: connection.execute(select(func.count()).select_from(one)).scalar_one()
        for one in metadata.sorted_tables
    }
    size = (postgres if database.is_postgres(connection.engine) else sqlite).size(connection)
    rows = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    yield Finding("size", ok=True, says=f"{size / 1e6:,.1f} MB; rows: {rows or 'none'}")


def _key(connection: Connection, vault: Vault | None) -> Iterator[Finding]:
    try:
        there = readable(connection, vault)
    except StateError as error:
        yield Finding("key", ok=False, says=str(error), next_step="set DOCFERRY_KEYS, or put the key file back")
    else:
        says = (
            "the key of the fingerprints is there, and is this ledger's"
            if there
            else "none yet; the first run makes one"
        )
        yield Finding("key", ok=True, says=says)


def _snapshots(connection: Connection, vault: Vault | None) -> Iterator[Finding]:
    opener = Snapshots(vault, Retention())
    counts = select(snapshot.c.key, func.count(), func.max(snapshot.c.transfer_id)).group_by(snapshot.c.key)
    closed = total = 0
    for _, count, sample in connection.execute(counts).all():
        sealed = connection.execute(select(snapshot.c.sealed).where(snapshot.c.transfer_id == sample)).scalar()
        total += count
        closed += count if opener.open(sealed) is None else 0
    if closed:
        yield Finding(
            "recorded documents",
            ok=False,
            says=f"no key opens {closed} of {total}",
            next_step="put the key they were recorded with behind the first one in DOCFERRY_KEYS; what no key opens is of no use",
        )
    else:
        yield Finding("recorded documents", ok=True, says=f"{total}, all of them can be read")


def _credentials(connection: Connection, vault: Vault | None) -> Iterator[Finding]:
    closed, total = unreadable(connection, vault)
    if closed:
        yield Finding(
            "credentials",
            ok=False,
            says=f"no key opens {len(closed)} of {total}",
            next_step="put the key they were set with behind the first one in DOCFERRY_KEYS, or set them again (docferry credentials set)",
            documents=closed[:EXAMPLES],
        )
    else:
        yield Finding("credentials", ok=True, says=f"{total} in the vault, all of them can be read")


def _rules(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    found = broken(connection)
    if not found:
        yield Finding("rows", ok=True, says="every rule of the ledger holds")
    for each in found:
        yield Finding(
            "rows", ok=False, says=f"{each.count} {each.what}", next_step=each.next_step, documents=each.documents
        )


def _leases(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    held = 0
    routes = set(connection.execute(select(run.c.route).distinct()).scalars())
    for row in connection.execute(select(lease, database_now().label("now")).where(lease.c.owner != "")):
        if not over(row):
            held += 1
            continue
        if row.route is None and row.name not in routes:
            continue  # a section: nothing is under way in it, and whoever enters it next takes it
        yield Finding(
            "leases",
            ok=False,
            says=f"{row.route or row.name} is held by a process that is gone, or has given no sign of life since "
            f"{row.until:%Y-%m-%d %H:%M} UTC",
            next_step="run the route: the next run takes over what was under way",
        )
    claims = sum(
        connection.execute(
            select(func.count()).where(one.c.claim.is_not(None), one.c.claim.not_in(select(lease.c.name)))
        ).scalar_one()
        for one in (transfer, feedback)
    )
    yield Finding(
        "leases",
        ok=True,
        says=f"{held} held at the moment; {claims} claims of runs that are over, which count for nothing",
    )


def _intents(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    now = datetime.now(UTC)
    unanswered = step.c.done_at.is_(None)
    by_age = select(
        func.count().filter(step.c.intent_at > now - timedelta(hours=1)),
        func.count().filter(step.c.intent_at <= now - timedelta(hours=1), step.c.intent_at > now - OLD),
        func.count().filter(step.c.intent_at <= now - OLD),
    ).select_from(step)
    young, older, old = connection.execute(by_age.where(unanswered)).one()
    yield Finding(
        "unanswered calls",
        ok=True,
        says=f"{young} of the last hour, {older} of the last day, {old} older; each is looked up before it is made again",
    )
    # A run takes what is pending. Steps of messages end with the message: what was refused for good leaves some that mean nothing.
    stale = (
        select(transfer.c.route, transfer.c.document_id)
        .select_from(step.join(transfer, transfer.c.id == step.c.transfer_id))
        .where(unanswered, transfer.c.status != PENDING, ~step.c.name.startswith("feedback:"))
    )
    count = connection.execute(select(func.count()).select_from(stale.subquery())).scalar_one()
    if count:
        yield Finding(
            "unanswered calls",
            ok=False,
            says=f"of {count} nobody knows whether they took effect, and no run looks for them: their documents are settled",
            next_step="docferry retry ROUTE DOCUMENT, then run the route: the far end is asked before anything is sent",
            documents=named(connection, stale.order_by(step.c.intent_at)),
        )


def _waiting(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    now = datetime.now(UTC)
    owed = select(feedback.c.route, func.min(feedback.c.owed_at), func.count())
    owed = owed.where(feedback.c.done_at.is_(None)).group_by(feedback.c.route).order_by(feedback.c.route)
    due = select(transfer.c.route, func.min(transfer.c.due_at), func.count())
    due = (
        due.where(transfer.c.status == PENDING, transfer.c.due_at.is_not(None))
        .group_by(transfer.c.route)
        .order_by(transfer.c.route)
    )
    for what, query in (("owed to the source", owed), ("due", due)):
        rows = connection.execute(query).all()
        for route, since, count in rows:
            late = since < now - OLD
            yield Finding(
                what,
                ok=not late,
                says=f"{route}: {count}, the oldest since {since:%Y-%m-%d %H:%M} UTC",
                next_step=f"docferry run {route}, and see what it says of them" if late else "",
            )
        if not rows:
            yield Finding(what, ok=True, says="nothing")


def _cursors(connection: Connection, _vault: Vault | None) -> Iterator[Finding]:
    ended = select(run.c.route, func.max(run.c.started_at)).group_by(run.c.route).order_by(run.c.route)
    reached = connection.execute(select(cursor.c.route, func.max(cursor.c.moved_at)).group_by(cursor.c.route))
    moved = {route: at for route, at in reached}  # noqa: C416 -- dict() does not see rows as pairs
    for route, started in connection.execute(ended):
        state = connection.execute(
            select(run.c.state).where(run.c.route == route, run.c.started_at == started)
        ).scalar()
        where = (
            f"its listings go on where they were at {moved[route]:%Y-%m-%d %H:%M} UTC"
            if route in moved
            else ("its listings begin anew each time")
        )
        yield Finding(
            "runs", ok=True, says=f"{route}: the last one began {started:%Y-%m-%d %H:%M} UTC ({state}); {where}"
        )


_PARTS = (
    _integrity,
    _indexes,
    _settings,
    _sizes,
    _key,
    _snapshots,
    _credentials,
    _rules,
    _leases,
    _intents,
    _waiting,
    _cursors,
)
