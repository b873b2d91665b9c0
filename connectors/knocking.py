"""Keeps those who come after a refused login from knocking again at once: accounts are locked after some failures."""

from __future__ import annotations

import time
from typing import Final

from connectors.errors import AccessError

QUIET: Final = 30.0
"""Seconds after a refused login in which nobody tries it again."""


class Knocking:
    """What is known of one login that is not HTTP's (a database, a file server); for several threads."""

    def __init__(self) -> None:
        self._refused: tuple[float, AccessError] | None = None

    def ask(self) -> None:
        """Raise AccessError, in the words of the refusal, while it is too early to log in again."""
        refused = self._refused
        if refused is not None and time.monotonic() < refused[0]:
            raise AccessError(str(refused[1]), connection=refused[1].connection)

    def refused(self, error: AccessError) -> None:
        """Note that a login was refused."""
        self._refused = time.monotonic() + QUIET, error
