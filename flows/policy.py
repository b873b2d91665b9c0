"""How patient a run is: pool sizes, retry clocks, and when to give up on a document or on a provider."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.errors import ConnectorError, TransientError, UnsettledError

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR
IN_FLIGHT = 32


def telling(in_flight: int) -> int:
    """Return how many messages are under way where so many documents are.

    Each is written down before and after its call, which would leave the call's place empty for half of the time.
    """
    return 2 * in_flight


@dataclass(frozen=True, slots=True)
class Policy:
    """The knobs of a run. All times are in seconds."""

    in_flight: int = IN_FLIGHT
    """Documents that are being delivered at the same time: more than a connection takes calls, since some are being written down."""
    acknowledging: int = telling(IN_FLIGHT)
    """Feedback messages under way at the same time, some of them being written down; their own pool, so that they do not slow
    deliveries down."""
    patience: float = 150.0
    """How long a run that has nothing else to do waits for documents that become due again (0: not at all)."""
    linger: float = 10.0
    """How long at most for those that failed while others got through, counted from when the last one came to rest."""
    probe: float = 5.0
    """After so many seconds one document tries a connection whose circuit has opened; twice as many each time."""
    clock: tuple[float, ...] = (1, 5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)
    """The waits after the 1st, 2nd … failed attempt on one document; the last one repeats."""
    outage_wait: float = 5 * MINUTE
    """The longest wait after a failure while nothing at all gets through: an outage is not the document's fault."""
    attempts: int = 13
    """After so many failed attempts, while others get through, the document counts as failed and a person must look."""
    refused: tuple[float, ...] = (HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY)
    """The waits before what the destination refused is brought there again unaided; after the last one a person must ask."""
    refused_at_once: int = 100
    """How many of these at most one run tries again; the next run goes on."""
    circuit: int = 10
    """After so many failures in a row on one connection its circuit opens."""
    suspects: int = 50
    """After so many documents refused by the destination, and none taken, the run stops and suspects the route."""
    refusals: int = 3
    """After so many missing rights (403) in a row the run stops using the connection; a 401 stops it at once."""
    rereads: int = 1000
    """How many documents are read again at most in one run to try another mapping on them; the next run goes on."""
    passes: int = 25
    """How often a work queue is read again at most within one run."""
    follow_first: float = 5.0
    """When the far end is first asked how a delivered document is doing."""
    follow_growth: float = 4.0
    """Once accepted, it is asked again after this many times the document's age at the far end …"""
    follow_most: float = DAY
    """… but at most this long after the last time, where the route tells anything that may happen there later …"""
    follow_for: float = 30 * DAY
    """… until the document is this old."""
    miss_again: float = 2 * MINUTE
    """What is not found at the far end is looked for again after this time, before it counts as gone."""
    lease: float = 60.0
    """How long a run that stopped answering without dying keeps its route, or its share of the work, from others."""
    grace: float = 30.0
    """How long documents under way may take to finish after the run was asked to stop."""

    def retry_at(self, attempts: int, error: ConnectorError, *, others_succeed: bool) -> datetime:
        """Return when (UTC) to try again after `attempts` failed attempts."""
        now = datetime.now(UTC)
        if isinstance(error, UnsettledError):
            return max(now, error.look_again_at)
        wait = self.clock[min(max(attempts, 1), len(self.clock)) - 1]
        if not others_succeed:
            wait = min(wait, self.outage_wait)
        wait *= random.uniform(0.75, 1.0)  # noqa: S311 -- spreads retries, guards nothing
        asked = error.retry_after if isinstance(error, TransientError) else None
        return now + timedelta(seconds=max(wait, asked or 0.0))

    def refused_until(self, refusals: int, at: datetime) -> datetime | None:
        """Return when (UTC) a document is tried again that was refused so many times in a row, last at `at`; None: never."""
        if refusals > len(self.refused):
            return None
        return at + timedelta(seconds=self.refused[refusals - 1])

    def follow_at(self, delivered_at: datetime, *, accepted: bool, heeded: bool) -> datetime | None:
        """Return when (UTC) to ask the far end again, None when it has been watched long enough.

        `heeded` says whether the source is told of what happens there later.
        """
        now = datetime.now(UTC)
        age = max((now - delivered_at).total_seconds(), self.follow_first)
        if not accepted:
            return now + timedelta(seconds=min(age, 10 * MINUTE))
        if age >= self.follow_for:
            return None
        most = self.follow_most if heeded else self.follow_for
        return now + timedelta(seconds=min(max(age * self.follow_growth, HOUR), most))
