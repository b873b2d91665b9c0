"""One connection to the ledger's database that comes back when the server does, and knows then what was committed."""

from __future__ import annotations

import contextlib
import math
import time
import uuid
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from state import postgres
from state.database import reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

T = TypeVar("T")
_PAUSE = 0.2
"""Seconds between attempts to connect again, and between looks at a commit that is still under way."""
_COLLISIONS = 10
"""How often a transaction is tried again that got into another one's way."""


class Outage:
    """Since when a ledger's server is away: all its sessions wait for it together, and no second time while it stays away.

    Whoever has waited in vain winds up, which is many transactions: each would wait anew.
    """

    def __init__(self, patience: float) -> None:
        """`patience` is how many seconds a server that went away is waited for."""
        self._patience = patience
        self._until: float | None = None

    def until(self) -> float:
        """Note that the server is away; return the instant (`time.monotonic`) until which it is waited for."""
        until = self._until  # another thread may set it back
        if until is None:
            until = self._until = time.monotonic() + self._patience
        return until

    def over(self) -> None:
        """Note that the server has answered."""
        self._until = None


class Session:
    """Carries out transactions one after the other, in one thread.

    A PostgreSQL server that goes away is waited for, as long as `outage` says. What was under way is done again,
    unless it turns out that it was committed and only the answer was lost: each transaction leaves a receipt, which is
    looked for afterwards.
    """

    def __init__(self, engine: Engine, *, outage: Outage, writes: bool) -> None:
        self._engine = engine
        self._outage = outage
        self._writes = writes
        self._remote = engine.dialect.name == "postgresql"
        self._connection: Connection | None = None
        self._name, self._number = uuid.uuid4().hex, 0

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and return its result once that is committed. It may be run more than once.

        Raises what `work` raises (nothing is kept then), and SQLAlchemyError.
        """
        until, collisions = math.inf, 0
        done: list[T] = []
        receipt: postgres.Receipt | None = None
        while True:
            try:
                connection = self._connected()
                if receipt is not None:
                    if self._was_committed(connection, receipt, until):
                        self._outage.over()
                        return done[0]
                    receipt = None
                done = []
                with connection.begin():
                    done.append(work(connection))
                    if self._remote and self._writes:
                        self._number += 1
                        receipt = postgres.receipt(connection, self._name, self._number)
                self._outage.over()
                return done[0]
            except SQLAlchemyError as error:
                if not self._remote:
                    raise
                gone, collided = postgres.lost(error), postgres.collided(error)
                if gone:
                    self.close()
                    # Counted from the first failure: whoever slept in the middle has not waited for the server.
                    until = min(until, self._outage.until())
                else:
                    self._outage.over()
                    receipt = None  # the server has answered: it is rolled back
                collisions += collided
                if not (gone and time.monotonic() < until) and not (collided and collisions <= _COLLISIONS):
                    raise
                if gone:
                    time.sleep(_PAUSE)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = (writing if self._writes else reading)(self._engine)
        return self._connection

    @staticmethod
    def _was_committed(connection: Connection, receipt: postgres.Receipt, until: float) -> bool:
        while True:
            with connection.begin():
                answer = postgres.committed(connection, receipt)
            if answer is not None:
                return answer
            if time.monotonic() > until:
                raise SQLAlchemyError(f"transaction {receipt.xid} is still under way on the server")
            time.sleep(_PAUSE)

    def close(self) -> None:
        """Let go of the connection; the next transaction opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError):  # it may be gone already
                connection.close()
