"""The door to everything that is remembered: open it, read it, or take a route and run it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from state import collecting, reading, remembering, retelling, run_rows
from state.archive import Archive
from state.credentials import Credentials
from state.database import address, connect, place
from state.dialect import upsert
from state.errors import StateError
from state.exclusive import beat, exclusive
from state.fingerprints import Fingerprints, open_fingerprints
from state.lease import Lease, steadily
from state.models import token, transfer
from state.owner import Owner
from state.reader import Reader
from state.records import FAILED, REJECTED, WITHDRAWN, Refusal, RunRow, Summary, Timeline, Transfer
from state.rekeying import Loss, loss, rekey
from state.run import RouteRun
from state.session import Outage
from state.snapshots import Retention, Snapshots
from state.upgrading import prepare
from state.watching import Watching
from state.writer import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy import Connection, Engine

    from state.vault import Vault


_SWITCH_INTERVAL = 0.0002
"""Seconds. At Python's 5 ms a busy event loop starves the writer's thread, and everyone waits for commits (measured)."""


class Ledger:
    """One open database. Reads and the operator's commands need no lease; a run of a route does.

    Belongs to the event loop it was opened in. Every method raises StateError with a sentence for the operator.
    """

    def __init__(
        self,
        engine: Engine,
        fingerprints: Fingerprints,
        snapshots: Snapshots,
        vault: Vault | None,
        *,
        patience: float = 30.0,
    ) -> None:
        self.fingerprint = fingerprints.of
        """Turns a text into what may be kept of it: equal for equal texts, telling nothing else."""
        self.place = place(engine)
        """Where it is, without secrets."""
        self._snapshots = snapshots
        outage = Outage(patience)
        self._writer = Writer(engine, outage=outage)
        self._reader = Reader(engine, outage=outage)
        self.archive = Archive(self._reader, snapshots)
        """What was judged, and by which mapping."""
        self.credentials = Credentials(self._reader, self._writer, vault)
        """The encrypted vault: settings of connections."""
        self.watching = Watching(self._reader)
        """Whether all goes well."""

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        vault: Vault | None = None,
        retention: Retention | None = None,
        busy_timeout: float = 30.0,
    ) -> Ledger:
        """Open a database like `sqlite:///.docferry/state.db` or `postgresql://user@host/db`.

        Folder, schema, tables and key are made as needed.

        `retention` says which documents stay recorded as they were judged, which takes a vault. `busy_timeout` is how
        many seconds a write waits for another process's transaction to end, and everything for a server that went away. Raises SettingError if the key of the
        ledger's fingerprints is missing, in the `vault` or in the file beside the database.
        """
        engine = connect(address(url), busy_timeout=busy_timeout)
        await asyncio.to_thread(prepare, engine)
        fingerprints = await asyncio.to_thread(open_fingerprints, engine, vault)
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_INTERVAL))
        snapshots = Snapshots(vault, retention or Retention())
        return cls(engine, fingerprints, snapshots, vault, patience=busy_timeout)

    @classmethod
    async def rekey(cls, url: str, *, vault: Vault | None = None) -> int:
        """Replace a lost key of the fingerprints; return how many transfers are compared with the far end anew.

        Raises RouteBusyError while a run is active.
        """
        engine = connect(address(url), busy_timeout=30.0)
        await asyncio.to_thread(prepare, engine)
        return await asyncio.to_thread(rekey, engine, vault)

    @classmethod
    async def loss(cls, url: str, *, vault: Vault | None = None) -> Loss | None:
        """Say what `rekey` would take away, None if the key can be used, or there is none yet. Raises StateError."""
        engine = connect(address(url), busy_timeout=30.0)
        await asyncio.to_thread(prepare, engine)
        return await asyncio.to_thread(loss, engine, vault)

    async def close(self) -> None:
        """Write what is still queued and let go of the database."""
        await self._writer.close()
        await self._reader.close()

    @asynccontextmanager
    async def run(
        self,
        route: str,
        *,
        ttl: float = 60.0,
        shared: bool = False,
        asked: str | None = None,
        flow_run: str | None = None,
    ) -> AsyncIterator[RouteRun]:
        """Run a route, alone or, with `shared`, beside others that share it. Raises RouteBusyError if that cannot be.

        `ttl` is in seconds: how long a run that stopped answering without dying keeps the route, or its share of the work.
        `asked` is kept with the run: what a person asked it for, and why; `flow_run` is what its orchestrator calls it.
        """
        owner = Owner.new()
        run_id = uuid.uuid4().hex[:12]
        started_at = datetime.now(UTC)

        def begin(connection: Connection) -> tuple[Lease, bool]:
            lease = Lease.begin(connection, route, run_id, owner, ttl, shared=shared)
            previous = run_rows.begin(connection, route, run_id, started_at=started_at, asked=asked, flow_run=flow_run)
            return lease, previous

        def end(connection: Connection) -> None:
            lease.release(connection)
            run_rows.end(connection, route, run_id)

        proven = steadily()
        try:
            lease, previous = await self._writer.call(begin)
        except BaseException:
            owner.end()
            raise
        lease.proven(proven)
        made = RouteRun(
            run_id=run_id,
            lease=lease,
            started_at=started_at,
            previous=previous,
            writer=self._writer,
            reader=self._reader,
            fingerprint=self.fingerprint,
            snapshots=self._snapshots,
        )
        beating = asyncio.create_task(beat(made.hold.prove, ttl))
        try:
            yield made
        finally:
            beating.cancel()
            owner.end()  # should the lease not be released, the next run of this process may take it at once
            # A lease that could not be released ends by itself, and what went wrong in the run matters more.
            with contextlib.suppress(StateError):
                await self._writer.call(end)

    def exclusive(self, name: str, *, patience: float = 60.0, ttl: float = 60.0) -> AbstractAsyncContextManager[None]:
        """Be the only one of all processes who is inside under this name (see `state.exclusive`)."""
        return exclusive(self._writer, name, patience=patience, ttl=ttl)

    async def routes(self) -> list[str]:
        """Name every route the ledger knows."""
        return await self._reader.ask(reading.routes)

    async def summary(self, route: str) -> Summary:
        """Count how a route stands."""
        return await self._reader.ask(lambda connection: reading.summary(connection, route))

    async def cursor(self, route: str, stream: str) -> str | None:
        """Say where a listing goes on, None if it was never read."""
        return await self._reader.ask(lambda connection: reading.where_to_go_on(connection, route, stream))

    async def find(self, text: str, route: str | None = None) -> list[Transfer]:
        """Find transfers by exact document id, id at the far end, or key."""
        return await self._reader.ask(lambda connection: reading.find(connection, text, route))

    async def lookup(self, route: str, document_ids: Sequence[str]) -> dict[str, Transfer]:
        """Read the transfers of these documents by document id; unknown ones are missing."""
        return await self._reader.ask(lambda connection: reading.lookup(connection, route, document_ids))

    async def timeline(self, transfer_id: int) -> Timeline:
        """Read everything that was written down about one transfer."""
        return await self._reader.ask(lambda connection: reading.timeline(connection, transfer_id))

    async def runs(self, route: str, limit: int) -> list[RunRow]:
        """Read the latest runs of a route, the newest first."""
        return await self._reader.ask(lambda connection: run_rows.latest(connection, route, limit))

    async def reasons(self, route: str, limit: int) -> list[tuple[str, str, int]]:
        """Count what is rejected, failed or held now by status and reason, the most frequent first."""
        return await self._reader.ask(lambda connection: reading.reasons(connection, route, limit))

    async def rejects(self, route: str, limit: int) -> list[Transfer]:
        """Read the latest rejected, failed and held transfers, newest first."""
        return await self._reader.ask(lambda connection: reading.latest(connection, route, reading.REFUSED, limit))

    async def withdrawn(self, route: str, limit: int) -> list[Transfer]:
        """Read the latest transfers that the destination has dropped since they were delivered, newest first."""
        return await self._reader.ask(lambda connection: reading.latest(connection, route, (WITHDRAWN,), limit))

    async def waiting(self, route: str, limit: int) -> list[Transfer]:
        """Read what has been tried without success and is tried again, what is due first."""
        return await self._reader.ask(lambda connection: reading.waiting(connection, route, limit))

    async def refusals(self, route: str, limit: int) -> list[Refusal]:
        """Read about which documents the source has refused to hear, and why, the latest first."""
        return await self._reader.ask(lambda connection: retelling.refusals(connection, route, limit))

    async def postponed(self, route: str, limit: int) -> list[Refusal]:
        """Read of which documents the source has not taken the message that it is owed, and why, those owed longest first."""
        return await self._reader.ask(lambda connection: retelling.postponed(connection, route, limit))

    async def tell_now(self, route: str, document_ids: Sequence[str] | None, *, at: datetime) -> int:
        """Make what the source is owed due now (all of the route's, or about these documents); count what had to wait."""
        return await self._writer.call(lambda connection: retelling.hasten(connection, route, document_ids, at))

    async def retry(
        self,
        route: str,
        *,
        document_ids: Sequence[str] | None,
        statuses: Sequence[str] = (REJECTED, FAILED),
        at: datetime,
        note: str,
    ) -> int:
        """Make transfers in these statuses pending and due now (all of the route's, or these documents'); count them.

        Without `document_ids` those are among them whose last message the source has refused.

        The id at the far end and the journal stay, so that the next push updates instead of creating.
        """

        def again(connection: Connection) -> int:
            query = select(transfer.c.id).where(transfer.c.route == route, transfer.c.status.in_(statuses))
            ids: list[int] = []
            if document_ids is None:
                ids += connection.execute(query).scalars()
                refused = set(reading.refused(connection, route))
                ids += refused.difference(ids)
            else:
                for some in reading.chunks(list(dict.fromkeys(document_ids))):
                    ids += connection.execute(query.where(transfer.c.document_id.in_(some))).scalars()
            collecting.reopen(connection, ids, at, "retry", note)
            return len(ids)

        return await self._writer.call(again)

    async def refused_documents(self, route: str, since: datetime | None) -> list[str]:
        """Return the ids of what is rejected or failed, with `since` of what became so at or after that instant."""
        return await self._reader.ask(lambda connection: reading.refused_documents(connection, route, since))

    async def run_of(self, flow_run: str) -> RunRow | None:
        """Return the latest run that its orchestrator calls so, None if there is none in this ledger."""
        return await self._reader.ask(lambda connection: run_rows.run_of(connection, flow_run))

    async def load_token(self, connection: str) -> str | None:
        """Read a connection's encrypted token."""
        query = select(token.c.encrypted).where(token.c.connection == connection)
        return await self._reader.ask(lambda opened: opened.execute(query).scalar())

    async def save_token(self, connection: str, text: str) -> None:
        """Keep a connection's token, already encrypted."""
        row = upsert(token).values(connection=connection, encrypted=text, saved_at=datetime.now(UTC))
        keep = row.on_conflict_do_update(
            index_elements=["connection"],
            set_={"encrypted": row.excluded.encrypted, "saved_at": row.excluded.saved_at},
        )
        await self._writer.call(lambda opened: opened.execute(keep) and None)

    async def recall(self, connection: str, name: str) -> str | None:
        """Return what a connection has kept under a name, None if nothing."""
        print_ = self.fingerprint(name)
        return await self._reader.ask(lambda opened: remembering.recall(opened, connection, print_))

    async def keep(self, connection: str, name: str, value: str) -> None:
        """Keep something for a connection; of the name only a fingerprint."""
        print_ = self.fingerprint(name)
        await self._writer.call(lambda opened: remembering.keep(opened, connection, print_, value))

    async def amend(self, connection: str, name: str, change: Callable[[str], str]) -> str:
        """Keep what `change` makes of what was kept ("": nothing), at one moment for all processes; return it."""
        print_ = self.fingerprint(name)
        return await self._writer.call(lambda opened: remembering.amend(opened, connection, print_, change))
