"""What the phases of one run share: the open route, the ledger's run, the tally, and why to stop."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.contract import Result
from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError, UnsettledError
from flows.alerts import Alerts
from flows.circuit import Circuit
from flows.later import WORDS
from flows.marks import Marks
from flows.policy import Policy
from flows.proof import Proof
from flows.redact import told
from flows.selection import ALL_DUE
from flows.tally import Tally
from flows.unheard import Unheard

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from flows.memory import LedgerMemory
    from flows.routes import OpenRoute
    from flows.selection import Selection
    from flows.suspicion import Suspect
    from state.run import RouteRun

log = logging.getLogger("docferry")

FORBIDDEN = 403
_NOTHING_LATER = {Result.CONFIRMED}
"""What a destination says that cannot be asked: whatever it took stays as it is."""
_LISTING = "the listing"
"""Where `halts` keeps why it was not read; no connection has such a name."""


@dataclass(slots=True)
class Context:
    """One run in progress."""

    open: OpenRoute
    run: RouteRun
    shared: LedgerMemory
    """What the runs of the route let each other know."""
    policy: Policy = field(default_factory=Policy)
    tally: Tally = field(default_factory=Tally)
    asked: Selection = ALL_DUE
    """What the run was asked to carry."""
    only: Collection[int] | None = None
    """Transfer ids this run is restricted to; None means all that are due."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set from outside to end the run early: what is under way is finished, nothing new is begun."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever there may be something new to deliver."""
    halts: dict[str, Exception] = field(default_factory=dict)
    """Why work on a connection ended, by connection name ("" stops everything)."""
    notes: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    """Of the notes those about what the source could not list."""
    proof: Proof = field(default_factory=Proof)
    suspects: dict[int, Suspect] = field(default_factory=dict)
    """Documents that an end has refused while it let none through: the fault may be everybody's, not theirs."""
    overtaken: Counter[int] = field(default_factory=Counter)
    """How often documents (transfer ids) were made due again because they changed before the source was told."""
    delivered: bool = False
    """Whether the destination has taken a document in this run."""
    shown: bool = False
    """Whether the source has shown a document in this run."""
    drained: Marks = field(default_factory=Marks)
    """Transfers of which the source was told in this run what takes them out of its list."""
    reread: int = 0
    """Documents that were read again in this run to try the present mapping on them (what `Policy.rereads` limits)."""
    started: int = 0
    """Documents whose delivery was begun in this run (what the limit limits)."""
    alerts: Alerts = field(default_factory=Alerts)
    unheard: Unheard = field(default_factory=Unheard)
    worth_waiting: set[int] = field(default_factory=set)
    """Transfers that failed for no fault of their own: an outage, or a call whose effect cannot be seen yet."""
    phases: dict[str, float] = field(default_factory=dict)
    """Seconds of wall time by phase."""
    oldest_owed_at: datetime | None = None
    """Since when the source has been owed, in the end of the run, what it has been owed longest."""
    progress_at: float = field(default_factory=time.monotonic)
    """When (monotonic) the last document came to rest or the last message was told."""
    _circuits: dict[str, Circuit] = field(default_factory=dict)
    _last: dict[str, tuple[ConnectorError, str]] = field(default_factory=dict)
    _through: set[str] = field(default_factory=set)

    @property
    def source_name(self) -> str:
        """The connection documents come from."""
        return self.open.source_connection.name

    @property
    def destination_name(self) -> str:
        """The connection documents go to."""
        return self.open.destination_connection.name

    def circuit(self, connection: str) -> Circuit:
        """Return the circuit of a connection; one that was in trouble before begins with one try."""
        if connection not in self._circuits:
            self._circuits[connection] = Circuit(self.policy, troubled=self.alerts.lasting(connection))
        return self._circuits[connection]

    def room(self, width: int, *connections: str) -> int:
        """Return how many pieces of work that need these connections may be under way, of at most `width`."""
        for name in connections:
            width = min(width, self.circuit(name).room(width))
        return width

    def halt(self, error: Exception, *, alert: bool = True) -> None:
        """Stop using the connection the error is about, and say so once; without `alert` nothing else is wrong with it."""
        name = error.connection if isinstance(error, ConnectorError) else ""
        if name not in self.halts:
            self.halts[name] = error
            words = told(error, [])
            log.error("stopped: %s", words)
            if alert and isinstance(error, ConnectorError) and name:
                self.alerts.note(error, words, 1)
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
            words = told(error, [])
            log.error("the listing could not be read: %s", words)
            self.alerts.note(error, words, 1)

    def halted(self, *connections: str) -> bool:
        """Return True if nothing new may be begun on these connections."""
        if not self.halts:
            return self.stop.is_set()
        return self.stop.is_set() or any(name in self.halts for name in ("", *connections))

    def got_through(self, *connections: str) -> None:
        """Note a success: it closes the count of failures in a row, and the circuit."""
        for name in connections:
            if self.circuit(name).succeeded():
                log.info("%s answers again", name)
            self._through.add(name)

    def failed(self, error: ConnectorError, words: str | None = None, *, telling: bool = False) -> None:
        """Count a failure; enough of them in a row open the circuit of that connection.

        `words` is the error without the document's values, where the provider may have quoted some.

        A refusal is no sign of an outage, nor is an outcome that is still not settled: the look for it was answered.
        One that has only now become unsettled is: a call was not.

        A right that is missed while `telling` the source is no alert of the connection: each listing that goes well would end it, and
        the messages that stay owed show it (see `flows.hearing`).
        """
        still_unsettled = isinstance(error, UnsettledError) and error.__cause__ is None
        if isinstance(error, RejectedError) or still_unsettled or not error.connection:
            return
        words, name = words or told(error, []), error.connection
        circuit = self.circuit(name)
        if isinstance(error, AccessError):
            circuit.in_a_row += 1
            if circuit.in_a_row >= self.policy.refusals:
                self.halt(AccessError(words, connection=name, status=error.status), alert=not telling)
            return
        was_closed = circuit.closed
        if circuit.failed():
            self._last[name] = error, words
            if self.alerts.note(error, words, circuit.in_a_row if was_closed else 1):
                log.warning("nothing is sent to %s for now, then one document tries: %s", name, words)

    def conclude(self) -> None:
        """Stop what still is in trouble, and end the alerts of what is not."""
        self.give_up(self.source_name, self.destination_name)
        for name in {self.source_name, self.destination_name} & self._through:
            if name not in self.halts and not (name == self.source_name and _LISTING in self.halts):
                for alert in self.alerts.clear(name):
                    since = f"{alert.since:%Y-%m-%d %H:%M} UTC"
                    log.info("%s is well again; it was not (%s) since %s", name, alert.cause, since)

    def give_up(self, *connections: str) -> None:
        """Leave alone what has an open circuit, for the rest of this run. Its opening has been told already."""
        for name in connections:
            if name in self._last and name not in self.halts and not self.circuit(name).closed:
                error, words = self._last[name]
                self.halts[name] = TransientError(
                    f"{name} failed {self.circuit(name).in_a_row} times in a row, "
                    f"so this run leaves it alone; the next run tries again. Last: {words}",
                    connection=name,
                    status=error.status,
                )
        self.news.set()

    async def recovering(self, patience: float, *connections: str) -> float:
        """Wait until a connection with an open circuit may be tried again; return for how many seconds.

        If that is beyond `patience`, or the connection was in trouble before this run, it is given up.
        """
        circuits = [self.circuit(name) for name in connections]
        wait = max(circuit.wait() for circuit in circuits)
        if wait > patience or any(circuit.hopeless for circuit in circuits):
            self.give_up(*connections)
        else:
            await sleep_or_stop(self, wait)
        return wait

    def others_succeed(self, connection: str) -> bool:
        """Return True if others get through on this connection in this run ("": a fault of our own)."""
        return not connection or (connection in self._through and self.circuit(connection).closed)

    def lingers(self, seconds: float) -> bool:
        """Say whether to wait so long for what fails while others get through: it must not hold the run open for long."""
        return time.monotonic() + seconds - self.progress_at <= self.policy.linger

    def follow_at(self, delivered_at: datetime, *, accepted: bool) -> datetime | None:
        """Return when to ask the far end about a delivery again; None if it has been watched long enough, or shows nothing."""
        heeded = not WORDS.isdisjoint(self.open.route.feedback)
        if not heeded and self.open.destination.later.keys() <= _NOTHING_LATER:
            return None
        return self.policy.follow_at(delivered_at, accepted=accepted, heeded=heeded)

    @property
    def to_sweep(self) -> bool:
        """Return True until the source was listed from where a person has asked for."""
        return self.asked.sweep and not self.tally.passes

    @property
    def may_begin(self) -> bool:
        """Return True while the run's limit allows another document to be begun."""
        return self.asked.limit is None or self.started < self.asked.limit


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
