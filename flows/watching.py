"""One check by whoever watches a ledger: what is wrong, what is news of that, and who has been told. Knows no Prefect."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from flows.alarm_book import Alarm, Book, Message
from flows.alarms import Kind, conditions
from flows.freshness import watched_routes
from mappings.language.alarms import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.receivers import Receiver
    from flows.settings import Gateway
    from state.ledger import Ledger

log = logging.getLogger("docferry")
_WHERE = "alarms", "book"
"""Beside what connections remember."""
_OPEN, _UNDELIVERED = 1, 3
LONGEST = 30.0
"""Seconds that a receiver has for a message: meanwhile no other one is told, and nobody else can check."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A receiver that did not take a message, why, and how many wait for it now."""

    receiver: str
    why: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Watch:
    """How one check ended."""

    open: dict[str, Alarm]
    """The alarms that are open, by key."""
    news: Sequence[Message] = ()
    """What this check has found to be new."""
    delivered: int = 0
    undelivered: Sequence[Undelivered] = field(default_factory=tuple)

    @property
    def exit_code(self) -> int:
        """0 all is well · 1 alarms are open · 3 somebody could not be told."""
        return _UNDELIVERED if self.undelivered else _OPEN if self.open else 0

    def as_json(self) -> dict[str, Any]:
        """Return the check as one object; instants are ISO 8601 in UTC."""
        return {
            "open": [{"alarm": key, **msgspec.to_builtins(alarm)} for key, alarm in self.open.items()],
            "news": [{"alarm": one.alarm, "kind": one.kind, "title": one.title} for one in self.news],
            "delivered": self.delivered,
            "undelivered": [asdict(one) for one in self.undelivered],
            "exit_code": self.exit_code,
        }


async def watch(gateway: Gateway, ledger: Ledger, receivers: Sequence[Receiver]) -> Watch:
    """Check once, and tell these receivers what is news or what they have not taken before.

    One checker at a time does so, so that several tell it once. Raises SettingsError and StateError.
    """
    async with ledger.exclusive("alarms"):
        routes = await watched_routes(gateway, ledger)
        before = (await open_alarms(ledger)).values()
        found = await conditions(ledger, routes, [one.about for one in before if one.kind == Kind.CONNECTION])
        now = await ledger.watching.now()
        mine = {ledger.fingerprint(one.id): one for one in receivers}
        news: list[Message] = []

        def taken_in(text: str) -> str:
            book = Book.read(text)
            news[:] = book.update(found, now, receivers=mine, again=duration(gateway.alarm_repeat))
            return book.text()

        book = Book.read(await ledger.amend(*_WHERE, taken_in))
        delivered, undelivered = 0, []
        for name, receiver in mine.items():
            left = list(book.receivers[name].pending)
            while left:
                if why := await _tell(receiver, left[0]):
                    undelivered.append(Undelivered(receiver.name, why, len(left)))
                    log.warning(
                        "%s has not taken a message, so %d wait for the next check: %s", receiver.name, len(left), why
                    )
                    break
                await _note_taken(ledger, name, left.pop(0))
                delivered += 1
    return Watch(book.open(), news, delivered, undelivered)


async def _tell(receiver: Receiver, message: Message) -> str | None:
    try:
        async with asyncio.timeout(LONGEST):
            return await receiver.tell(message)
    except TimeoutError:
        return f"it has not answered in {LONGEST:g} seconds"


async def _note_taken(ledger: Ledger, receiver: str, message: Message) -> None:
    def taken(text: str) -> str:
        book = Book.read(text)
        book.taken(receiver, message.id)
        return book.text()

    await ledger.amend(*_WHERE, taken)


async def open_alarms(ledger: Ledger) -> dict[str, Alarm]:
    """Return the alarms that the last check has left open, by key."""
    return Book.read(await ledger.recall(*_WHERE) or "").open()
