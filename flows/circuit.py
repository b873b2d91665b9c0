"""Lets nothing through to a connection on which everything fails, and one piece of work at a time to see if that is over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.policy import Policy


class Circuit:
    """The circuit of one connection in one run.

    Closed, all may pass. Enough failures in a row open it for `Policy.probe` seconds, twice as long each time; then one
    piece of work tries. If that succeeds the circuit is closed. A connection that was in trouble when the run before
    ended begins with that one try, and if it fails the run does not wait for another: the outage is a long one.
    """

    def __init__(self, policy: Policy, *, troubled: bool) -> None:
        self._policy = policy
        self._troubled = troubled
        self._trying = troubled
        self._opens_at: float | None = None
        self._tries = 0
        self.in_a_row = 0
        """Failures since the last success."""

    @property
    def closed(self) -> bool:
        """Whether nothing is known to be wrong."""
        return not self._trying and self._opens_at is None

    @property
    def hopeless(self) -> bool:
        """Whether this run should not wait for the connection."""
        return self._troubled and self._opens_at is not None

    def wait(self) -> float:
        """Return for how many seconds nothing may be begun."""
        return 0.0 if self._opens_at is None else max(0.0, self._opens_at - time.monotonic())

    def room(self, width: int) -> int:
        """Return how many pieces of work may be under way, of at most `width`."""
        if self.closed:
            return width
        return 0 if self.wait() > 0 else 1

    def succeeded(self) -> bool:
        """Note a success; return whether that closed the circuit."""
        opened = not self.closed
        self.in_a_row = self._tries = 0
        self._trying = self._troubled = False
        self._opens_at = None
        return opened

    def failed(self) -> bool:
        """Note a failure; return whether the circuit is open now."""
        self.in_a_row += 1
        if self.wait() > 0:
            return True  # it was under way already when the circuit opened
        if self.closed and self.in_a_row < self._policy.circuit:
            return False
        self._opens_at = time.monotonic() + self._policy.probe * 2**self._tries
        self._tries += 1
        self._trying = True
        return True
