"""What the phases of one run share: the open route, the ledger's run, the tally, and why to stop."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError, UnsettledError
from flows.later import WORDS
from flows.policy import Policy
from flows.redact import told
from flows.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime

    from flows.routes import OpenRoute
    from flows.settling import Suspect
    from state.run import RouteRun

log = logging.getLogger("docferry")

ASK_AGAIN = 0.2
"""Seconds after which a pool that is not full asks for more work while some is under way."""
FORBIDDEN = 403
_LISTING = "the listing"
"""Where `halts` keeps why it was not read; no connection has such a name."""


@dataclass(slots=True)
class Context:
    """One run in progress."""

    open: OpenRoute
    run: RouteRun
    policy: Policy = field(default_factory=Policy)
    tally: Tally = field(default_factory=Tally)
    limit: int | None = None
    only: Collection[int] | None = None
    """Transfer ids this run is restricted to; None means all that are due."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set from outside to end the run early: what is under way is finished, nothing new is begun."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever there may be something new to deliver."""
    halts: dict[str, Exception] = field(default_factory=dict)
    """Why work on a connection ended, by connection name ("" stops everything)."""
    notes: list[str] = field(default_factory=list)
    suspects: dict[int, Suspect] = field(default_factory=dict)
    """Documents the destination has refused while it took none: the fault may be everybody's, not theirs."""
    overtaken: Counter[int] = field(default_factory=Counter)
    """How often documents (transfer ids) were made due again because they changed before the source was told."""
    delivered: bool = False
    """Whether the destination has taken a document in this run."""
    reread: int = 0
    """Documents that were read again in this run to try the present mapping on them (what `Policy.rereads` limits)."""
    started: int = 0
    """Documents whose delivery was begun in this run (what `limit` limits)."""
    _in_a_row: Counter[str] = field(default_factory=Counter)
    _through: set[str] = field(default_factory=set)

    @property
    def source_name(self) -> str:
        """The connection documents come from."""
        return self.open.source_connection.name

    @property
    def destination_name(self) -> str:
        """The connection documents go to."""
        return self.open.destination_connection.name

    def halt(self, error: Exception) -> None:
        """Stop using the connection the error is about, and say so once."""
        name = error.connection if isinstance(error, ConnectorError) else ""
        if name not in self.halts:
            self.halts[name] = error
            log.error("stopped: %s", told(error, []))
        self.news.set()

    def unread(self, error: ConnectorError) -> None:
        """Say that the listing could not be read. That halts its connection only if nothing else shows that it answers.

        A refusal is an answer, and a fault of the server may be one page's: the documents that are known can still be
        carried and told about. For a work queue that is the way past such a page.
        """
        answers = isinstance(error, TransientError) and self.others_succeed(error.connection)
        if not answers and not isinstance(error, RejectedError):
            self.halt(error)
        elif _LISTING not in self.halts:
            self.halts[_LISTING] = error
            log.error("the listing could not be read: %s", told(error, []))

    def halted(self, *connections: str) -> bool:
        """Return True if nothing new may be begun on these connections."""
        return self.stop.is_set() or any(name in self.halts for name in ("", *connections))

    def got_through(self, *connections: str) -> None:
        """Note a success: it closes the count of failures in a row."""
        for name in connections:
            self._in_a_row[name] = 0
            self._through.add(name)

    def failed(self, error: ConnectorError, words: str | None = None) -> None:
        """Count a failure; enough of them in a row open the circuit of that connection.

        `words` is the error without the document's values, where the provider may have quoted some.

        A refusal is no sign of an outage, nor is an outcome that is still not settled: the look for it was answered.
        One that has only now become unsettled is: a call was not.
        """
        still_unsettled = isinstance(error, UnsettledError) and error.__cause__ is None
        if isinstance(error, RejectedError) or still_unsettled or not error.connection:
            return
        words = words or told(error, [])
        self._in_a_row[error.connection] += 1
        if isinstance(error, AccessError) and self._in_a_row[error.connection] >= self.policy.refusals:
            self.halt(AccessError(words, connection=error.connection, status=error.status))
        elif self._in_a_row[error.connection] >= self.policy.circuit:
            self.halt(
                TransientError(
                    f"{error.connection} failed {self._in_a_row[error.connection]} times in a row, "
                    f"so this run leaves it alone; the next run tries again. Last: {words}",
                    connection=error.connection,
                    status=error.status,
                )
            )

    def others_succeed(self, connection: str) -> bool:
        """Return True if something got through on this connection in this run ("": a fault of our own)."""
        return not connection or connection in self._through

    def follow_at(self, delivered_at: datetime, *, accepted: bool) -> datetime | None:
        """Return when to ask the far end about a delivery again, None if it has been watched long enough."""
        heeded = not WORDS.isdisjoint(self.open.route.feedback)
        return self.policy.follow_at(delivered_at, accepted=accepted, heeded=heeded)

    @property
    def may_begin(self) -> bool:
        """Return True while the run's limit allows another document to be begun."""
        return self.limit is None or self.started < self.limit


def is_fatal(error: ConnectorError) -> bool:
    """Return True if no document can get through on this connection, so that none may be tried.

    A 403 can be about one document (a project, a binder), so it takes some in a row to say the same.
    """
    return isinstance(error, AccessError) and error.status != FORBIDDEN


def where(error: Exception) -> str:
    """Say what an unexpected error is and where it came from, without its text, which may hold document values."""
    return f"{type(error).__name__} at\n{''.join(traceback.format_tb(error.__traceback__)).rstrip()}"


async def sleep_or_stop(context: Context, seconds: float) -> None:
    """Wait, but no longer than until the run is asked to stop."""
    if seconds > 0:
        try:
            async with asyncio.timeout(seconds):
                await context.stop.wait()
        except TimeoutError:
            return


async def pool(
    width: int,
    take: Callable[[int, set[int]], Awaitable[list[tuple[int, Awaitable[None]]]]],
    idle: Callable[[], Awaitable[bool]],
    halted: Callable[[], bool],
) -> None:
    """Keep up to `width` pieces of work going.

    `take(wanted, busy)` returns up to `wanted` new pieces as (id, awaitable), none of them in `busy`;
    `idle()` is asked when there is neither work nor anything under way: it may wait, and returns False to end.
    Work already begun is finished even when `halted()` turns true.
    """
    busy: dict[asyncio.Future[None], int] = {}
    ready: list[tuple[int, Awaitable[None]]] = []
    wanted, ask_at = width * 4, 0.0
    try:
        while True:
            stopping = halted()
            if not ready and not stopping and len(busy) < width and (not busy or time.monotonic() >= ask_at):
                ready = await take(wanted, set(busy.values()))
                # When that was all there is, asking again after every piece would cost more than the work.
                ask_at = time.monotonic() + ASK_AGAIN if len(ready) < wanted else 0.0
                ready.reverse()
            while ready and len(busy) < width and not halted():
                id_, work = ready.pop()
                busy[asyncio.ensure_future(work)] = id_
            if busy:
                # One slow piece must not keep what has come meanwhile from the free places.
                timeout = ASK_AGAIN if len(busy) < width and not halted() else None
                done, _ = await asyncio.wait(busy, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del busy[task]
                    task.result()
            elif stopping or halted() or not await idle():
                return
    finally:
        for _, work in ready:
            if asyncio.iscoroutine(work):
                work.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
