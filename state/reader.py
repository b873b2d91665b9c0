"""Reads beside the writer, on a connection of their own: a status never waits for a commit."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from state.database import explain
from state.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from state.session import Outage

T = TypeVar("T")


class Reader:
    """Answers questions from one consistent picture each. Sees every write that was awaited before."""

    def __init__(self, engine: Engine, *, outage: Outage) -> None:
        """`outage` says how long a database server that went away is waited for."""
        self._engine = engine
        self._session = Session(engine, outage=outage, writes=False)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="docferry-reader")

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Run a reading function and return its answer. Raises StateError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)

    async def close(self) -> None:
        """Close the connection in the thread that opened it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._session.close)
        self._thread.shutdown()

    def _answer(self, question: Callable[[Connection], T]) -> T:
        try:
            return self._session.transact(question)
        except SQLAlchemyError as error:
            raise explain(error, self._engine) from error
