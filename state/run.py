"""One run of one route: what it may write, and only as long as the route is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from state import clock, collecting, reading, run_rows, strangers, totals
from state import statements as sql
from state.claims import Claims, due_transfers
from state.following import Following
from state.hold import Hold
from state.lease import anchor
from state.models import step as step_table
from state.outbox import Outbox
from state.pairs import Pairs
from state.proving import Proving
from state.records import DELIVERED, Remembered, Transfer
from state.retrying import Retrying
from state.snapshots import Recording
from state.turns import Turns
from state.waking import Waking
from state.wanting import Wanting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from state.lease import Lease
    from state.reader import Reader
    from state.snapshots import Snapshots
    from state.writer import Line, Writer


class RouteRun:
    """The ledger as one run sees it. Every write returns once it is on the disk, except `done`.

    Any write raises LeaseLostError once another run has taken the route over (nothing of it is kept then), and
    StateError if the database cannot be written. All instants are UTC-aware; naive ones are refused.
    `previous` tells whether the run before this one was interrupted.
    """

    def __init__(
        self,
        *,
        run_id: str,
        lease: Lease,
        started_at: datetime,
        previous: bool,
        writer: Writer,
        reader: Reader,
        fingerprint: Callable[[str | bytes], str],
        snapshots: Snapshots,
    ) -> None:
        self.id = run_id
        self.route = lease.route
        self.started_at = started_at
        self.previous = previous
        self._lease = lease
        self._writer = writer
        self._reader = reader
        self.fingerprint = fingerprint
        """Turns a text into what may be kept of it: equal for equal texts, telling nothing else."""
        self._claimed: dict[int, str] = {}
        self.recording = Recording(lease, writer, reader, snapshots)
        self.claims = Claims(lease, writer, reader)
        self.outbox = Outbox(run_id, lease, writer, reader, self.claims)
        """What the source is owed."""
        self.wanting = Wanting(run_id, lease, writer, reader)
        """What a person has asked this run for."""
        self.waking = Waking(run_id, lease, writer, reader, snapshots)
        self.retrying = Retrying(run_id, lease, writer)
        self.following = Following(run_id, lease, writer, self.claims)
        """What the far end is asked about after a delivery."""
        self.pairs = Pairs(run_id, lease, writer, reader)
        """What is known of the other route, where this one is half of a pair."""
        self.proving = Proving(run_id, lease, writer, reader)
        self.hold = Hold(lease, writer)
        self.turns = Turns(lease, writer)
        """What only one of the route's runs does at a time."""

    # Collect

    async def remember(
        self,
        stream: str,
        changes: Sequence[tuple[str, str]],
        cursor: str | None,
        *,
        now: datetime,
        relist: Collection[str],
        mapping: str | None = None,
    ) -> Remembered:
        """Take over a page of (document id, version) and move the cursor, both or neither. None leaves the cursor.

        New and changed documents become pending and due. So does a settled one that is listed although the source was
        told about it before this run began, and one that was skipped by a rule, or whose feedback the source refused,
        under another version of the `mapping`.
        """

        def page(connection: Connection) -> Remembered:
            anchor(connection, self.route)  # beside `want`, a document could be entered twice
            found = collecting.remember(
                connection,
                self.route,
                self.id,
                changes,
                now=now,
                relist=relist,
                told_before=self.started_at,
                mapping=mapping,
            )
            if cursor is not None:
                collecting.move_cursor(connection, self.route, stream, cursor, now)
            return found

        return await self._writer.call(page, self._lease)

    # Deliver

    async def cursor(self, stream: str) -> str | None:
        """Say where a listing goes on, None if it was never read."""
        return await self._reader.ask(lambda connection: reading.where_to_go_on(connection, self.route, stream))

    async def claim(self, limit: int, now: datetime, *, only: Collection[int] | None = None) -> list[Transfer]:
        """Claim up to `limit` pending transfers that are due (with `only`, of these), the longest-due first.

        What is claimed is not claimed again, by this run or another, until it is settled, postponed, or this run is over.
        """
        found = await self.claims.transfers(due_transfers(self.route, now, only), limit)
        self._claimed.update((one.id, one.version) for one in found)
        return found

    async def next_due(self, *, only: Collection[int] | None = None) -> datetime | None:
        """Say when the next pending transfer (of `only`) that nobody works on is due, maybe in the past; None if none is."""
        return await self._reader.ask(lambda connection: reading.next_due(connection, self.route, only))

    async def pending_count(self) -> int:
        """Count what is still to be delivered, due or not, and no other run works on."""
        me = self._lease.name
        return await self._reader.ask(lambda connection: reading.pending_count(connection, self.route, me))

    async def intend(self, transfer_id: int, step: str, at: datetime, notes: Mapping[str, str] | None = None) -> None:
        """Write down that a call is about to be made, and results that belong to it (`notes`, by step), all or nothing.

        An earlier entry of that name loses its result.
        """
        known = [(sql.STEP, _step(transfer_id, name, at, at, note)) for name, note in (notes or {}).items()]
        await self._write((sql.STEP, _step(transfer_id, step, at, None, None)), *known)

    def done(self, transfer_id: int, step: str, result: str, at: datetime) -> None:
        """Write down a call's result soon, with or without an intent before it; any awaited write later implies it.

        If it cannot be kept, every later write of this run fails.
        """
        self._writer.post([(sql.STEP, _step(transfer_id, step, at, at, result))], self._lease)

    async def forget(self, transfer_id: int, step: str) -> None:
        """Drop a journal entry, so that its call may be made again."""
        which = delete(step_table).where(step_table.c.transfer_id == transfer_id, step_table.c.name == step)
        await self._writer.call(lambda connection: connection.execute(which) and None, self._lease)

    async def settle(  # noqa: PLR0913 -- one row's facts, all named
        self,
        transfer_id: int,
        *,
        status: str,
        at: datetime,
        event: str,
        version: str | None = None,
        content_version: str | None = None,
        external_id: str | None = None,
        reason_class: str | None = None,
        reason: str | None = None,
        mapping_version: str | None = None,
        payload_digest: str | None = None,
        follow_at: datetime | None = None,
        due_at: datetime | None = None,
        tell: str | None = None,
        tell_again: bool = True,
        despite_refusal: bool = False,
        anew: bool = False,
        detail: str | None = None,
        snapshot: bytes | None = None,
        beside: Sequence[Line] = (),
    ) -> None:
        """Write down what became of a transfer and, with `tell`, owe the source that outcome; both or neither.

        `snapshot` is the document that was judged, if there is a `content_version`, in a form of the caller's.

        What was owed before about this transfer is superseded by it. Without `tell_again` nothing is superseded, and nothing
        owed if the same outcome is still owed or, but for `despite_refusal`, was refused within the last hour.
        With `anew` what the far end has shown counts no more: it is a new delivery, or the source is told of it once more.
        None keeps the old version, content_version, external_id, mapping_version and payload_digest, and clears the rest.
        If a new version was listed since the claim, the transfer stays pending: the next claim brings that version.
        `due_at` is when a rejected one is to be tried again unaided. `beside` is written in the same transaction (see `Pairs`).
        """
        values: dict[str, object] = {
            "this": transfer_id,
            "seen": self._claimed.pop(transfer_id, None),
            "to_status": status,
            "to_version": version,
            "to_content": content_version,
            "to_external": external_id,
            "to_class": reason_class,
            "to_reason": reason,
            "to_mapping": mapping_version,
            "to_digest": payload_digest,
            "to_follow": follow_at,
            "to_due": due_at,
            "to_delivered": at if status == DELIVERED else None,
            "anew": anew,
        }
        lines = [(sql.SETTLE, values), self._event(transfer_id, at, event, detail if detail is not None else reason)]
        if content_version is not None and self.recording.on:
            lines.append(self.recording.line(transfer_id, snapshot, at))
        if tell is not None:
            owe = sql.OWE if tell_again else sql.OWE_UNLESS_OWED
            words: dict[str, object] = {"this": transfer_id, "what": tell, "why": reason, "now": at}
            if tell_again:
                lines.append((sql.SUPERSEDE, {"this": transfer_id, "now": at}))
            lately = at if despite_refusal else at - collecting.REFUSED_FOR
            lines.append((owe, words if tell_again else {**words, "lately": lately}))
        await self._write(*lines, *beside)
        if tell is not None:
            self.outbox.news.set()
        await self.recording.prune_if_many(at)

    async def postpone(
        self, transfer_id: int, *, due_at: datetime, attempts: int, reason_class: str, reason: str, at: datetime
    ) -> None:
        """Leave a transfer pending until `due_at`; a version listed since the claim stays due as it is."""
        values: dict[str, object] = {
            "this": transfer_id,
            "seen": self._claimed.pop(transfer_id, None),
            "to_due": due_at,
            "to_attempts": attempts,
            "to_class": reason_class,
            "to_reason": reason,
        }
        await self._write((sql.POSTPONE, values), self._event(transfer_id, at, "postponed", reason))

    async def overtaken(self, transfer_id: int, feedback_id: int, *, at: datetime) -> bool:
        """Make a settled transfer due again whose document has changed before the source was told; False if it is due.

        The message stays owed, and waits (see `Outbox.claim`).
        """
        return await self._writer.call(
            lambda connection: collecting.overtake(connection, transfer_id, feedback_id, self.id, at), self._lease
        )

    # The run itself

    async def set_right(self, now: datetime) -> timedelta | None:
        """Let nobody wait for a moment that is far away because the clock was set back; say by how much, None if not."""
        return await self._writer.call(lambda connection: clock.set_right(connection, self.route, now), self._lease)

    async def finish(
        self,
        *,
        at: datetime,
        counts: Mapping[str, int],
        complete: bool,
        note: str | None,
        grown: Mapping[str, int] | None = None,
    ) -> None:
        """Close the run's row, and add what has `grown` to the route's totals. A run that ends without this counts as interrupted."""

        def end(connection: Connection) -> None:
            run_rows.finish(connection, self.id, at=at, counts=counts, complete=complete, note=note)
            totals.add(connection, self.route, grown or {})
            strangers.forget(connection, self._lease)

        await self._writer.call(end, self._lease)

    async def flush(self) -> None:
        """Return once everything written so far is on the disk."""
        await self._write()

    async def _write(self, *lines: Line) -> None:
        await self._writer.lines(lines, self._lease)

    def _event(self, transfer_id: int, at: datetime, kind: str, detail: str | None) -> Line:
        return sql.EVENT, {"transfer_id": transfer_id, "at": at, "run_id": self.id, "kind": kind, "detail": detail}


def _step(
    transfer_id: int, name: str, intent_at: datetime, done_at: datetime | None, result: str | None
) -> dict[str, object]:
    return {"transfer_id": transfer_id, "name": name, "intent_at": intent_at, "done_at": done_at, "result": result}
