"""What is made due: by a listing (new, changed, listed again), by name, by an operator, a mended mapping, or the far end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, delete, func, insert, null, select, update

from state.dialect import among, upsert
from state.models import cursor, feedback, step, transfer
from state.prepared import ask, prepared
from state.reading import chunks
from state.reading import refused as last_refused
from state.records import (
    CONFIRMED,
    DELIVERED,
    FAILED,
    LATER,
    NEVER_LISTED,
    NOT_READY,
    PENDING,
    REJECTED,
    SKIPPED,
    WITHDRAWN,
    Remembered,
)
from state.restoring import look_first
from state.statements import EVENT
from state.texts import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    _Known = Row[tuple[int, str, str, str, str | None, str | None]]

REFUSED_FOR = timedelta(hours=1)
"""How long the source is not told again what it has refused to be told."""

REFUSALS = "refusals"
"""The step that counts how often the destination has refused a document in a row (see `state.retrying`)."""

_SETTLED = {DELIVERED, CONFIRMED, REJECTED, FAILED}

_refused = (transfer.c.status == REJECTED) | (transfer.c.status == FAILED)
_kept = _refused | (transfer.c.status == WITHDRAWN) | (transfer.c.reason_class == NOT_READY)

_REOPEN = (
    update(transfer)
    .where(transfer.c.id == bindparam("this"))
    .values(
        status=PENDING,
        version=func.coalesce(bindparam("to_version", type_=Text()), transfer.c.version),
        due_at=bindparam("now", type_=transfer.c.due_at.type),
        attempts=0,
        # It may turn out that the list was only behind the times, or that nothing counts as a change: then it stands.
        reason_class=case((transfer.c.status == WITHDRAWN, WITHDRAWN), (_kept, transfer.c.reason_class), else_=null()),
        reason=case((_kept, transfer.c.reason), else_=null()),
    )
)
_NEW = insert(transfer)
_KNOWN = select(
    transfer.c.id,
    transfer.c.document_id,
    transfer.c.version,
    transfer.c.status,
    transfer.c.reason_class,
    transfer.c.mapping_version,
).where(transfer.c.route == bindparam("of", type_=Text()), among(transfer.c.document_id, "those"))
_REOPEN_AFRESH = _REOPEN.values(reason_class=None, reason=None, asked=True)
"""As a person asked for it, or one who has mended the mapping."""
_RETRY = _REOPEN.values(asked=True)
"""As the time has come: the verdict stands until there is another one."""


def remember(
    connection: Connection,
    route: str,
    run_id: str,
    changes: Sequence[tuple[str, str]],
    *,
    now: datetime,
    relist: Collection[str],
    told_before: datetime,
    mapping: str | None = None,
) -> Remembered:
    """Take over (document id, version) pairs; the last one counts where a page names a document twice.

    A settled document that is listed although all its feedback was told before `told_before`, the last one with an
    outcome in `relist`, is delivered again: the source shows by listing it that it wants it so. One whose feedback
    was refused is tried again after a while.
    """
    versions = dict(changes)
    found = _known(connection, route, list(versions))
    new = _insert(connection, route, {name: version for name, version in versions.items() if name not in found}, now)
    changed = [row.id for name, row in found.items() if row.version != versions[name]]
    same = [row for name, row in found.items() if row.version == versions[name]]
    # What a rule kept away is judged anew once the rules are others.
    relisted = [row.id for row in same if row.status == SKIPPED and row.reason_class == "rule" and _other(row, mapping)]
    refused: list[int] = []
    if relist:
        settled = {row.id: row for row in same if row.status in _SETTLED}
        refused = last_refused(connection, route, list(settled))
        mended = [id_ for id_ in refused if _other(settled[id_], mapping)]
        relisted += dict.fromkeys([*_told_before(connection, list(settled), relist, told_before), *mended])
    _reopen(connection, {row.id: versions[name] for name, row in found.items() if row.version != versions[name]}, now)
    _reopen(connection, dict.fromkeys(relisted), now)
    for kind, ids in (("new", new), ("changed", changed), ("relisted", relisted)):
        _note(connection, ids, kind, run_id, now)
    again = set(relisted)
    return Remembered(
        new=tuple(new),
        changed=tuple(changed),
        relisted=tuple(relisted),
        pending=tuple(row.id for row in same if row.status == PENDING),
        known=tuple(row.id for row in same if row.status != PENDING and row.id not in again),
        refused=tuple(id_ for id_ in refused if id_ not in again),
    )


def want(
    connection: Connection, route: str, run_id: str, document_ids: Sequence[str], now: datetime, why: str | None = None
) -> Remembered:
    """Make these documents pending whatever their status, whether they were ever seen or not (see `state.strangers`)."""
    wanted = list(dict.fromkeys(document_ids))
    found = _known(connection, route, wanted)
    # No listing has shown a version yet: the next one counts as a change and is looked at.
    new = _insert(connection, route, dict.fromkeys((name for name in wanted if name not in found), NEVER_LISTED), now)
    again = [row.id for row in found.values()]
    _reopen(connection, dict.fromkeys(again), now, afresh=True)
    _send_anyway(connection, again)
    _note(connection, [*new, *again], "wanted", run_id, now, why)
    return Remembered(new=tuple(new), changed=tuple(again))


def reopen(connection: Connection, transfer_ids: Sequence[int], now: datetime, kind: str, note: str | None) -> None:
    """Make transfers pending and due, as a person asked; what is known about the far end stays."""
    _reopen(connection, dict.fromkeys(transfer_ids), now, afresh=True)
    _send_anyway(connection, transfer_ids)
    _note(connection, transfer_ids, kind, None, now, note)


def wake(connection: Connection, transfer_ids: Sequence[int], run_id: str, now: datetime, detail: str) -> None:
    """Make settled transfers due again because the mapping has changed; what was sent last stays known."""
    _reopen(connection, dict.fromkeys(transfer_ids), now, afresh=True)
    _note(connection, transfer_ids, "woken", run_id, now, detail)


def retry(connection: Connection, transfer_ids: Sequence[int], run_id: str, now: datetime) -> None:
    """Make transfers due again that the destination has refused: what was wrong may have been mended there."""
    if transfer_ids:
        connection.execute(_RETRY, [{"this": id_, "to_version": None, "now": now} for id_ in transfer_ids])
    _note(connection, transfer_ids, "tried again", run_id, now, "what the destination refused may be mended there")


def overtake(connection: Connection, transfer_id: int, feedback_id: int, run_id: str, now: datetime) -> bool:
    """Make a settled transfer due again, because its document has changed before the source was told by this message."""
    connection.execute(update(feedback).where(feedback.c.id == feedback_id).values(claim=None))
    settled = select(transfer.c.id).where(transfer.c.id == transfer_id, transfer.c.status.in_(_SETTLED))
    if connection.execute(settled).scalar() is None:
        return False
    _reopen(connection, {transfer_id: None}, now)
    _note(connection, [transfer_id], "changed before the source was told", run_id, now)
    return True


def follow_now(connection: Connection, route: str, external_ids: Sequence[str], at: datetime) -> int:
    """Make what the far end names due to be asked about; count what is known and still there."""
    known: list[int] = []
    for some in chunks(external_ids):
        query = select(transfer.c.id).where(transfer.c.route == route, transfer.c.external_id.in_(some))
        known += connection.execute(query.where(transfer.c.status.in_((DELIVERED, CONFIRMED)))).scalars()
    for ids in chunks(known):
        connection.execute(update(transfer).where(transfer.c.id.in_(ids)).values(follow_at=at))
    return len(known)


def move_cursor(connection: Connection, route: str, stream: str, value: str, now: datetime) -> None:
    """Write down where a listing goes on."""
    row = upsert(cursor).values(route=route, stream=stream, value=value, moved_at=now)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["route", "stream"], set_={"value": row.excluded.value, "moved_at": row.excluded.moved_at}
        )
    )


def _other(row: _Known, mapping: str | None) -> bool:
    return mapping is not None and row.mapping_version != mapping


def _known(connection: Connection, route: str, document_ids: Sequence[str]) -> dict[str, _Known]:
    rows = ask(connection, _KNOWN, of=route, those=document_ids) if document_ids else []
    return {row.document_id: row for row in rows}


def _insert(connection: Connection, route: str, versions: Mapping[str, str], now: datetime) -> list[int]:
    if not versions:
        return []
    rows = [
        {
            "route": route,
            "document_id": name,
            "version": version,
            "status": PENDING,
            "attempts": 0,
            "due_at": now,
            "asked": False,
            "key": f"{route}:{name}",
        }
        for name, version in versions.items()
    ]
    prepared(_NEW, frozenset(rows[0]), connection.dialect).execute(connection, rows)
    made = _known(connection, route, list(versions))
    ids = [made[name].id for name in versions]
    look_first(connection, route, ids)
    return ids


def _told_before(
    connection: Connection, transfer_ids: Sequence[int], outcomes: Collection[str], before: datetime
) -> list[int]:
    # Messages about one document are answered in order: if the last one is, all are.
    told: list[int] = []
    for some in chunks(transfer_ids):
        last = (
            select(feedback.c.transfer_id, func.max(feedback.c.seq).label("seq"))
            .where(feedback.c.transfer_id.in_(some))
            # What the far end has done with it since is told, too, and does not bring it back to a list.
            .where(feedback.c.outcome.not_in(LATER) | feedback.c.outcome.in_(outcomes))
            .group_by(feedback.c.transfer_id)
            .subquery()
        )
        query = (
            select(feedback.c.transfer_id)
            .join(last, (last.c.transfer_id == feedback.c.transfer_id) & (last.c.seq == feedback.c.seq))
            .where(feedback.c.outcome.in_(outcomes))
            .where(
                ((feedback.c.answer == "told") & (feedback.c.done_at < before))
                | (feedback.c.answer.in_(("refused", "gone")) & (feedback.c.done_at < before - REFUSED_FOR))
            )
            .order_by(feedback.c.transfer_id)
        )
        told.extend(connection.execute(query).scalars())
    return told


def _reopen(connection: Connection, versions: Mapping[int, str | None], now: datetime, *, afresh: bool = False) -> None:
    if versions:
        connection.execute(
            _REOPEN_AFRESH if afresh else _REOPEN,
            [{"this": key, "to_version": version, "now": now} for key, version in versions.items()],
        )


def _send_anyway(connection: Connection, transfer_ids: Sequence[int]) -> None:
    """Forget what was sent last, so that the same content is not taken for already sent, and how often it was refused."""
    for some in chunks(transfer_ids):
        connection.execute(delete(step).where(step.c.transfer_id.in_(some), step.c.name == REFUSALS))
        connection.execute(update(transfer).where(transfer.c.id.in_(some)).values(payload_digest=None))


def _note(
    connection: Connection, ids: Iterable[int], kind: str, run_id: str | None, now: datetime, detail: str | None = None
) -> None:
    rows = [{"transfer_id": key, "at": now, "run_id": run_id, "kind": kind, "detail": detail} for key in ids]
    if rows:
        prepared(EVENT.sql, frozenset(rows[0]), connection.dialect).execute(connection, rows)
