"""The one writer of a ledger: it gathers what is to be written while the last commit is on its way to the disk.

One group is one transaction and one fsync, so durability is paid per group and not per journal entry.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from sqlalchemy.exc import SQLAlchemyError

from state.database import alone, explain, late, surroundings
from state.errors import StateError
from state.prepared import prepared
from state.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Engine, UpdateBase

    from state.session import Outage

log = logging.getLogger("docferry")
T = TypeVar("T")

GATHER = 0.001
"""Seconds that a write waits for others to share its commit. A disk that syncs fast would else see one write at a time …"""
GATHER_MOST = 0.004
"""… and as many times as long as writes were waited for in the last group, up to this: a commit costs the same for one as for many."""
SOON = 0.02
"""The same for a write that nobody waits for, unless an awaited one takes it along before."""


LATE = 5.0
"""Seconds after which a commit that does not come to its end is spoken of: a lock of another program is worth knowing."""


class Guard(Protocol):
    """What a run must still hold when its writes are committed.

    `failure` is set by the writer once a write of this run can no longer be kept; every later one then fails alike.
    """

    failure: StateError | None

    def check(self, connection: Connection) -> None:
        """Raise LeaseLostError if the route is not ours any more. Called once per transaction, inside it."""


@dataclass(frozen=True, eq=False, slots=True)
class Statement:
    """A prepared statement and the table it writes.

    Statements of one group are executed together where they are alike, and in order within each table.
    """

    table: str
    sql: UpdateBase


Line = tuple[Statement, dict[str, object]]


@dataclass(slots=True, eq=False)
class _Write:
    guard: Guard | None
    lines: Sequence[Line]
    call: Callable[[Connection], object] | None
    waiting: asyncio.Future[object] | None


@dataclass(slots=True)
class _Failure:
    error: BaseException


class Writer:
    """Writes for one event loop through one thread, in the order asked for.

    A write that is cancelled while it waits is still carried out: only the waiting ends.
    """

    def __init__(self, engine: Engine, *, outage: Outage) -> None:
        """`outage` says how long a database server that went away is waited for."""
        self._engine = engine
        self._session = Session(engine, outage=outage, writes=True)
        self._loop = asyncio.get_running_loop()
        self._gathered: list[_Write] = []
        self._busy = False
        self._gather = GATHER
        self._timer: asyncio.TimerHandle | None = None
        self._late: asyncio.TimerHandle | None = None
        self._groups: queue.SimpleQueue[list[_Write] | None] = queue.SimpleQueue()
        self._open = True
        self._thread = threading.Thread(target=self._work, name="docferry-writer", daemon=True)
        self._thread.start()

    async def call(self, function: Callable[[Connection], T], guard: Guard | None = None) -> T:
        """Run a function inside a write transaction and return its result once that is committed.

        The function may be run twice if another write of its group fails. Raises StateError.
        """
        waiting: asyncio.Future[object] = self._loop.create_future()
        self._take(_Write(guard, (), function, waiting), self._gather)
        return cast("T", await waiting)

    async def lines(self, lines: Sequence[Line], guard: Guard | None = None) -> None:
        """Execute statements and return once they are committed. Raises StateError."""
        waiting: asyncio.Future[object] = self._loop.create_future()
        self._take(_Write(guard, lines, None, waiting), self._gather)
        await waiting

    def post(self, lines: Sequence[Line], guard: Guard) -> None:
        """Execute statements soon. If they fail, every later write under the same guard fails."""
        self._take(_Write(guard, lines, None, None), SOON)

    def _take(self, write: _Write, seconds: float) -> None:
        if not self._open:
            raise StateError("The ledger is closed")
        self._gathered.append(write)
        self._hand_over_in(seconds)

    def _hand_over_in(self, seconds: float) -> None:
        if self._busy:
            return  # `_committed` asks again
        at = self._loop.time() + seconds
        if self._timer is None or at < self._timer.when():
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(at, self._hand_over)

    def _hand_over(self) -> None:
        self._timer, self._busy = None, True
        group, self._gathered = self._gathered, []
        self._late = self._loop.call_later(LATE, self._say_late)
        self._groups.put(group)

    def _say_late(self) -> None:
        log.warning("the state database has not taken a write for %.0f s; %s", LATE, late(self._engine))

    def _committed(self, group: list[_Write], results: list[object]) -> None:
        if self._late is not None:
            self._late.cancel()
        awaited = 0
        for write, result in zip(group, results, strict=True):
            if write.waiting is None or write.waiting.done():
                continue
            awaited += 1
            if isinstance(result, _Failure):
                write.waiting.set_exception(_copied(result.error))
            else:
                write.waiting.set_result(result)
        self._busy = False
        self._gather = min(max(awaited, 1) * GATHER, GATHER_MOST)
        if self._gathered:
            self._hand_over_in(self._gather if any(write.waiting is not None for write in self._gathered) else SOON)

    async def close(self) -> None:
        """Write what was asked for, then stop. Never raises for a failed write."""
        if self._open:
            last: asyncio.Future[object] | None = None
            # Who has only read need not wait for somebody else's lock.
            if self._busy or self._gathered:
                last = self._loop.create_future()
                self._take(_Write(None, (), None, last), self._gather)
            self._open = False  # what came before is written with that or earlier, and nobody would read what comes now
            if last is not None:
                with contextlib.suppress(StateError):
                    await last
            self._groups.put(None)
            await asyncio.to_thread(self._thread.join)

    # From here on: the writer's thread.

    def _work(self) -> None:
        try:
            while (group := self._groups.get()) is not None:
                try:
                    results = self._write(group)
                except SQLAlchemyError as error:
                    results = self._fail(group, error)
                with contextlib.suppress(RuntimeError):  # the loop is gone, and everyone who waited with it
                    self._loop.call_soon_threadsafe(self._committed, group, results)
        finally:
            self._open = False
            self._session.close()

    def _write(self, group: list[_Write]) -> list[object]:
        try:
            return self._session.transact(lambda connection: self._together(connection, group))
        except Exception as error:  # noqa: BLE001 -- whatever a call raises belongs to the one who asked for it
            if len(group) == 1 or surroundings(error):
                return self._fail(group, error)
        # Rolled back. One by one, so that only the culprit learns of its fault.
        return [self._write([write])[0] for write in group]

    def _together(self, connection: Connection, group: list[_Write]) -> list[object]:
        results: list[object] = [None] * len(group)
        checked: set[Guard] = set()
        pending = _Batches()
        if any(write.call is not None for write in group):
            alone(connection)  # a function may read first and write what follows from that
        for place, write in enumerate(group):
            guard = write.guard
            if guard is not None:
                if guard not in checked and guard.failure is None:
                    checked.add(guard)
                    try:
                        guard.check(connection)
                    except StateError as error:
                        guard.failure = error
                if guard.failure is not None:
                    results[place] = _Failure(guard.failure)
                    continue
            for statement, values in write.lines:
                pending.add(statement, values)
            if write.call is not None:
                pending.execute(connection)
                results[place] = write.call(connection)
        pending.execute(connection)
        return results

    def _fail(self, group: list[_Write], error: BaseException) -> list[object]:
        if isinstance(error, SQLAlchemyError):
            sentence = explain(error, self._engine)
            sentence.__cause__ = error
            error = sentence
        for write in group:
            if write.waiting is None and write.guard is not None and write.guard.failure is None:
                write.guard.failure = error if isinstance(error, StateError) else StateError(str(error))
        return [_Failure(error)] * len(group)


def _copied(error: BaseException) -> BaseException:
    """Return an error for one of those who wait: they should not share a traceback. One that cannot be copied they share."""
    try:
        made = copy.copy(error)
    except Exception:  # noqa: BLE001 -- whatever a constructor makes of the wrong arguments
        return error
    made.__cause__ = error.__cause__
    return made


class _Batches:
    """Statements in waiting: alike ones side by side become one execution with many rows."""

    def __init__(self) -> None:
        self._tables: dict[str, list[tuple[Statement, list[dict[str, object]]]]] = {}

    def add(self, statement: Statement, values: dict[str, object]) -> None:
        batches = self._tables.setdefault(statement.table, [])
        if batches and batches[-1][0] is statement:
            batches[-1][1].append(values)
        else:
            batches.append((statement, [values]))

    def execute(self, connection: Connection) -> None:
        for batches in self._tables.values():
            for statement, rows in batches:
                prepared(statement.sql, frozenset(rows[0]), connection.dialect).execute(connection, rows)
        self._tables.clear()
