"""What can go wrong at a provider, named by what the caller must do.

    ConnectorError        stop this connection: it does not behave as documented
    ├── AccessError       stop this connection: a person must act (401, 403, a token endpoint's 400)
    ├── NoSuchCallError   this API does not offer the call (405, 501): no verdict on any document
    ├── OvertakenError    say nothing: the document is no longer what was judged, carry it again
    ├── TransientError    later: 429, 5xx, network faults, cut or garbled answers
    │   └── UnsettledError  later, and look first: a call may have arrived and its effect cannot be seen yet
    └── RejectedError     this document never, take the next (400, 404, 409, 413, 415, 422)
        └── GoneError     the object is not there any more (404, 410, trashed)

Messages name the connection, the method, the path and the status. They never carry a payload or a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Arrived = Literal["no", "maybe"]
_TOO_MANY = 429


class ConnectorError(Exception):
    """Stop using this connection: it does not behave as documented, and going on could do harm."""

    def __init__(self, message: str, *, connection: str = "", status: int | None = None) -> None:
        super().__init__(_shown(message))
        self.connection = connection
        self.status = status
        self.sent: object = None
        """The JSON or text that the call carried, None if it carried none: the provider's words may quote from it."""

    @property
    def held_back(self) -> bool:
        """Whether a quota is what the call failed for: that says nothing about what it was made for."""
        return self.status == _TOO_MANY


def _shown(message: str) -> str:
    """Return a message that terminals and databases take: providers may put anything into what is quoted from them."""
    if message.isprintable():
        return message
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in message)


class AccessError(ConnectorError):
    """Stop using this connection: a person must renew credentials or grant a right."""


class NoSuchCallError(ConnectorError):
    """The API does not offer this call: do without it where that is possible, else stop."""


class OvertakenError(ConnectorError):
    """The source's document has changed since it was judged, so nothing was said about it. Carry it again first."""


class TransientError(ConnectorError):
    """Try again later.

    `arrived` says whether the call can have had an effect: "no" (refused before it was acted on) or "maybe".
    `retry_after` is the provider's own wish in seconds, if it stated one.
    """

    def __init__(
        self,
        message: str,
        *,
        connection: str = "",
        status: int | None = None,
        arrived: Arrived = "maybe",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, connection=connection, status=status)
        self.arrived: Arrived = arrived
        self.retry_after = retry_after

    def not_left(self) -> TransientError:
        """Return this failure as one before the call itself (its login, its file): the call has certainly had no effect."""
        return TransientError(
            str(self), connection=self.connection, status=self.status, arrived="no", retry_after=self.retry_after
        )


class UnsettledError(TransientError):
    """A call may have arrived, its effect is not visible, and it is too early to send it again.

    `look_again_at` (UTC) is when the journal is allowed to look a last time and then act.
    """

    def __init__(self, message: str, *, look_again_at: datetime, connection: str = "") -> None:
        super().__init__(message, connection=connection, arrived="maybe")
        self.look_again_at = look_again_at


class RejectedError(ConnectorError):
    """This document will never be accepted as it is. Take the next one and say why."""


class GoneError(RejectedError):
    """The object does not exist any more, was trashed, or is no longer visible to these credentials."""
