"""The door for whoever looks after a ledger: its form, what it may forget, its way into a file and out, and its health.

Nothing here needs a key, except what says so.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from state import database, doctor, moving, probing, pruning, resealing, restoring, sqlite, upgrading
from state.database import address, connect
from state.errors import SettingError
from state.fingerprints import open_fingerprints
from state.reader import Reader
from state.session import Outage
from state.writer import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from state.doctor import Finding
    from state.moving import Moved, Progress
    from state.pruning import Pruned
    from state.resealing import Resealed
    from state.upgrading import Form
    from state.vault import Vault

T = TypeVar("T")


class Care:
    """One ledger, by its address. Every method raises StateError with a sentence for the operator."""

    def __init__(self, url: str, *, vault: Vault | None, patience: float = 30.0) -> None:
        """`patience` is how many seconds a write waits for another process's transaction, and everything for a server."""
        self._engine = connect(address(url), busy_timeout=patience)
        self._vault = vault
        self._patience = patience

    @property
    def place(self) -> str:
        """Where the ledger is, without secrets."""
        return database.place(self._engine)

    async def form(self) -> Form:
        """Say which form the tables have."""
        return await asyncio.to_thread(upgrading.form, self._engine)

    async def try_write(self) -> None:
        """See whether the ledger can be written; what is written is taken back."""
        await asyncio.to_thread(probing.try_write, self._engine)

    async def upgrade(self) -> Form:
        """Bring the tables to this release's form; return which one they had. Raises RouteBusyError while a run is active."""
        return await asyncio.to_thread(upgrading.bring_up, self._engine)

    async def prune(self, *, before: datetime, route: str | None, dry_run: bool) -> AsyncGenerator[Pruned, None]:
        """Drop what happened before an instant and is only told (see `state.pruning`); yield how far it is."""
        await asyncio.to_thread(upgrading.prepare, self._engine)
        async with _both(self._engine, self._patience) as (reader, writer):
            async for done in pruning.prune(reader, writer, before=before, route=route, dry_run=dry_run):
                yield done

    async def reseal(self) -> Resealed:
        """Encrypt everything with the first key, so that earlier ones may go. Raises SettingError without any key."""
        if self._vault is None:
            raise SettingError("DOCFERRY_KEYS is not set, so nothing in the ledger is encrypted with it")
        await asyncio.to_thread(upgrading.prepare, self._engine)
        await asyncio.to_thread(open_fingerprints, self._engine, self._vault)
        async with _both(self._engine, self._patience) as (reader, writer):
            return await resealing.reseal(reader, writer, self._vault)

    async def unused(self) -> int | None:
        """Return how many bytes of the file hold nothing, None if the ledger is in a server, which uses them by itself."""
        return (
            None if database.is_postgres(self._engine) else await asyncio.to_thread(_ask, self._engine, sqlite.unused)
        )

    async def compact(self) -> None:
        """Give what the file does not need back to the disk. Raises SettingError for a ledger that is not in a file."""
        if database.is_postgres(self._engine):
            raise SettingError(
                "--compact is for a ledger in a file; PostgreSQL uses freed space again by itself, and VACUUM FULL, called by "
                "the tables' owner while no run is active, gives it back to the disk"
            )
        await asyncio.to_thread(sqlite.compact, self._engine)

    async def export(self, path: Path, progress: Progress) -> Moved:
        """Write the whole ledger into a file, as it is at one moment. With a vault its key goes there too, encrypted."""
        await asyncio.to_thread(upgrading.prepare, self._engine)
        await asyncio.to_thread(open_fingerprints, self._engine, self._vault)
        return await _stoppable(progress, lambda telling: moving.export_ledger(self._engine, path, telling))

    async def import_(self, path: Path, progress: Progress, *, replace: bool) -> Moved:
        """Fill the ledger from a file, whole or not at all. Raises SettingError, RouteBusyError (see `state.moving`)."""
        await asyncio.to_thread(upgrading.prepare, self._engine)
        return await _stoppable(
            progress, lambda telling: moving.import_ledger(self._engine, path, self._vault, telling, replace=replace)
        )

    async def restored(self) -> int:
        """Say that the ledger was put back from a backup (see `state.restoring`). Raises RouteBusyError while a run is active."""
        await asyncio.to_thread(upgrading.prepare, self._engine)
        return await asyncio.to_thread(_write, self._engine, restoring.say_restored)

    async def look_over(self, progress: Progress) -> list[Finding]:
        """Look at everything in turn; nothing is written. The tables must be in this release's form."""
        return await _stoppable(progress, lambda telling: doctor.look_over(self._engine, self._vault, telling))


class _StoppedError(Exception):
    """Nobody waits for this work any more."""


@asynccontextmanager
async def _both(engine: Engine, patience: float) -> AsyncIterator[tuple[Reader, Writer]]:
    outage = Outage(patience)
    reader, writer = Reader(engine, outage=outage), Writer(engine, outage=outage)
    try:
        yield reader, writer
    finally:
        await writer.close()
        await reader.close()


async def _stoppable(progress: Progress, work: Callable[[Progress], T]) -> T:
    """Do long work in a thread, which ends, and undoes what it has done, soon after the waiting for it is cancelled."""
    cancelled = threading.Event()

    def telling(done: int, of: int) -> None:
        if cancelled.is_set():
            raise _StoppedError
        progress(done, of)

    doing = asyncio.ensure_future(asyncio.to_thread(work, telling))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        cancelled.set()
        await asyncio.gather(doing, return_exceptions=True)
        raise


def _write(engine: Engine, work: Callable[[Connection], T]) -> T:
    try:
        with database.writing(engine) as connection, connection.begin():
            database.alone(connection)
            upgrading.refuse_while_running(connection)
            return work(connection)
    except SQLAlchemyError as error:
        raise database.explain(error, engine) from error


def _ask(engine: Engine, question: Callable[..., T]) -> T:
    try:
        with database.reading(engine) as connection, connection.begin():
            return question(connection)
    except SQLAlchemyError as error:
        raise database.explain(error, engine) from error
