"""What a reading does about a contract that cannot be read while the others can: it goes on, unless that is everybody's fate."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from connectors.errors import AccessError, NoSuchCallError, RejectedError, TransientError
from connectors.zefort.listing import UNAUTHORIZED

if TYPE_CHECKING:
    from connectors.errors import ConnectorError

log = logging.getLogger(__name__)

ITS_OWN = (RejectedError, NoSuchCallError, TransientError, AccessError)
"""Errors that can be about one contract: a right on it, a fault of the server whenever it is touched."""
IN_A_ROW = 10
"""So many contracts one after the other that cannot be read are no longer each one's own trouble."""

NAMED = 3
"""How many of them a sentence names."""


class Spared:
    """The contracts that one reading passes over. `ids` are to be looked at again in the next."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._in_a_row = 0
        self._read = False
        self._last: ConnectorError | None = None

    def was_read(self) -> None:
        """Note that a contract could be read."""
        self._in_a_row, self._read = 0, True

    def pass_over(self, contract_id: str, error: ConnectorError) -> None:
        """Leave a contract for the next reading. Raises the error where it is the account's: a 401, or many in a row.

        Refusals are no sign of that once something could be read: a right may be missing on very many contracts.
        """
        self._in_a_row += 1
        many = self._in_a_row >= IN_A_ROW and not (self._read and not isinstance(error, TransientError))
        if error.status == UNAUTHORIZED or many:
            raise error
        self.ids.append(contract_id)
        self._last = error
        log.warning("contract %s cannot be read and is looked at again in the next reading: %s", contract_id, error)

    def unless_all(self) -> None:
        """Raise the last error if no contract at all could be read: then it is not the contracts that are at fault."""
        if self._last is not None and not self._read:
            raise self._last

    @property
    def unseen(self) -> str | None:
        """What could not be read, in words for the report; None if everything could."""
        if self._last is None:
            return None
        more = f" and {len(self.ids) - NAMED} more" if len(self.ids) > NAMED else ""
        return f"contract {', '.join(self.ids[:NAMED])}{more} (looked at again in the next run): {self._last}"
