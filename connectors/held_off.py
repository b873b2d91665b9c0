"""Since when a provider has answered nothing but 429, and saying so once it lasts."""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.limits import Clock

log = logging.getLogger(__name__)
SOON = 3.0
"""Seconds after which it is said: a quota that is found out by its refusals is refused for less, all the time."""
_AGAIN = 600.0
"""Seconds for which nothing more is said: a quota of a request a minute is no line a minute."""


class HeldOff:
    """The refusals of one connection for want of quota, from the first one to the first other answer."""

    def __init__(self, connection: str, clock: Clock, *, patience: float) -> None:
        """`patience` is for how many seconds a call is repeated."""
        self._connection = connection
        self._clock = clock
        self._patience = patience
        self._since: float | None = None
        self._began = datetime.now(UTC)
        self._wish: float | None = None
        self._saying: asyncio.TimerHandle | None = None
        self._said_at = -math.inf
        self._said = False

    @property
    def seconds(self) -> float | None:
        """For how long every answer has been a 429; None if the last one was not."""
        return None if self._since is None else self._clock.now() - self._since

    def refused(self, wish: float | None) -> None:
        """Note a 429, and for how many seconds it asks to wait, if it says so."""
        self._wish = wish
        if self._since is not None:
            return
        self._since, self._began = self._clock.now(), datetime.now(UTC)
        # By a timer and not at the next refusal: that may be a minute away.
        self._saying = asyncio.get_running_loop().call_later(SOON, self._say)

    def answered(self) -> None:
        """Note an answer that is no 429."""
        if self._since is None:
            return
        if self._said:
            log.info("%s takes requests again, after %.0f s", self._connection, self._clock.now() - self._since)
        self.close()

    def close(self) -> None:
        """Forget it, and say nothing more."""
        self._since, self._said = None, False
        if self._saying is not None:
            self._saying.cancel()
            self._saying = None

    def _say(self) -> None:
        silent = self._said_at + _AGAIN - self._clock.now()
        if silent > 0:
            # Only put off: what began while nothing more was said may last for hours.
            self._saying = asyncio.get_running_loop().call_later(silent, self._say)
            return
        self._said, self._said_at = True, self._clock.now()
        log.warning(
            "%s throttles: it has answered nothing but 429 (too many requests) since %s%s; a request is repeated for %g s at "
            "most, then what needs it is left to a later try, so nothing is lost",
            self._connection,
            self._began.strftime("%Y-%m-%d %H:%M:%SZ"),
            "" if self._wish is None else f" and asks to wait {self._wish:.0f} s",
            self._patience,
        )
