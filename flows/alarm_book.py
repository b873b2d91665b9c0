"""Which alarms are open, who has been told of them, and who still has to be: what all checkers of a ledger share."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from flows.output import instant, span
from mappings.language.alarms import NEVER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from flows.alarms import Condition

_FORGOTTEN = timedelta(days=7)
"""After this time without a check, a receiver counts as given up."""
_MOST = 500
"""Messages that wait for one receiver; the oldest go if there are more."""


class Message(msgspec.Struct):
    """One message to one receiver. `id` stands in it, so that a receiver knows one that comes twice. `kind`: raised, again or over."""

    id: str
    alarm: str
    kind: str
    title: str
    body: str


class Alarm(msgspec.Struct):
    """One cause; instants are UTC. It is open as long as `opened` is there, and only noted before that.

    Once it is over it stays, with a `since` that is not after `closed`.
    """

    kind: str
    about: str
    says: str
    next: str
    since: datetime
    opened: datetime | None = None
    told: datetime | None = None
    """When the last message about it was written."""
    closed: datetime | None = None
    """When it was last over."""


class Receiver(msgspec.Struct):
    """Somebody who is told, and what he has not taken yet, in order."""

    seen: datetime
    pending: list[Message] = msgspec.field(default_factory=list)


class Book(msgspec.Struct):
    """Everything that is kept: alarms by the key of their condition, receivers by a fingerprint."""

    alarms: dict[str, Alarm] = msgspec.field(default_factory=dict)
    receivers: dict[str, Receiver] = msgspec.field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Book:
        """Read what `text` wrote; an empty book for nothing, or for another release's form."""
        try:
            return msgspec.json.decode(text, type=cls) if text else cls()
        except msgspec.DecodeError:
            return cls()

    def text(self) -> str:
        """Write the book down."""
        return msgspec.json.encode(self).decode()

    def open(self) -> dict[str, Alarm]:
        """Return the alarms that are open, by key."""
        return {key: alarm for key, alarm in self.alarms.items() if alarm.opened is not None}

    def taken(self, receiver: str, message: str) -> None:
        """Note that a receiver has taken a message."""
        if (known := self.receivers.get(receiver)) is not None:
            known.pending = [one for one in known.pending if one.id != message]

    def update(
        self, found: Sequence[Condition], now: datetime, *, receivers: Collection[str], again: timedelta
    ) -> list[Message]:
        """Take in what is wrong now, and write the messages that follow from it; return them, one for all receivers.

        `receivers` are those of this checker; what others know waits for theirs. An alarm that lasts is told `again` after that time.
        """
        self._set_right(now)
        self._meet(receivers, now)
        keys, news = {one.key for one in found}, []
        for condition in found:
            alarm = self.alarms.get(condition.key)
            if alarm is not None and alarm.opened is not None:
                alarm.says, alarm.next = condition.says, condition.next
                if again != NEVER and alarm.told is not None and now - alarm.told >= again:
                    alarm.told = now
                    news.append(_message(condition.key, alarm, "again", now))
            elif not self._follows(condition, keys):
                alarm = self._noted(condition, now)
                if now - alarm.since >= condition.grace:
                    alarm.opened = alarm.told = now
                    news.append(_message(condition.key, alarm, "raised", now))
        for key, alarm in list(self.alarms.items()):
            if key in keys:
                continue
            if alarm.opened is not None:
                alarm.closed = now
                news.append(_message(key, alarm, "over", now))
                alarm.opened = None
            elif alarm.closed is None:
                del self.alarms[key]
            else:
                alarm.since = min(alarm.since, alarm.closed)
        self._owe(news)
        return news

    def _set_right(self, now: datetime) -> None:
        """Let nothing have happened in the future: the clock may have been set back."""
        for alarm in self.alarms.values():
            alarm.since = min(alarm.since, now)
            alarm.opened, alarm.told, alarm.closed = (
                at and min(at, now) for at in (alarm.opened, alarm.told, alarm.closed)
            )
        for receiver in self.receivers.values():
            receiver.seen = min(receiver.seen, now)

    def _meet(self, receivers: Collection[str], now: datetime) -> None:
        """Know these receivers; who is new is told what is open. Whoever was not there for long is forgotten."""
        for name in receivers:
            if name not in self.receivers:
                pending = [_message(key, alarm, "raised", now) for key, alarm in self.open().items()]
                self.receivers[name] = Receiver(now, pending)
            self.receivers[name].seen = now
        self.receivers = {name: one for name, one in self.receivers.items() if now - one.seen < _FORGOTTEN}

    def _follows(self, condition: Condition, keys: Collection[str]) -> bool:
        """Say whether another alarm has told, or will tell, the cause of this."""
        for key in condition.follows:
            alarm = self.alarms.get(key)
            if key in keys or (alarm is not None and alarm.opened is not None):
                return True
            over = alarm.closed if alarm is not None else None
            if over is not None and condition.latest is not None and condition.latest <= over:
                return True
        return False

    def _noted(self, condition: Condition, now: datetime) -> Alarm:
        known = self.alarms.get(condition.key)
        anew = known is None or (known.closed is not None and known.since <= known.closed)
        noted = now if known is None or anew else known.since
        since = min(condition.since or noted, now)
        closed = known.closed if known is not None else None
        alarm = Alarm(condition.kind, condition.about, condition.says, condition.next, since, closed=closed)
        self.alarms[condition.key] = alarm
        return alarm

    def _owe(self, news: Iterable[Message]) -> None:
        for receiver in self.receivers.values():
            waiting = {message.alarm for message in receiver.pending}
            # Who has not taken the last message about an alarm yet need not be reminded of it.
            receiver.pending += [one for one in news if one.kind != "again" or one.alarm not in waiting]
            del receiver.pending[:-_MOST]


def _message(key: str, alarm: Alarm, kind: str, now: datetime) -> Message:
    number, lasted = uuid.uuid4().hex[:8], span((now - alarm.since).total_seconds())
    what = {"stale": "is late", "failing": "fails", "rejects": "rejects too much", "owed": "owes its source"}
    what |= {"quota": "has its quota nearly used up", "feedback": "takes no messages"}
    subject = f"{alarm.about} {what.get(alarm.kind, 'is in trouble')}"
    if kind == "over":
        title = f"docferry: over: {subject}"
        lines = [f"Over since {instant(now)}, after {lasted}. It was: {alarm.says}"]
    else:
        title = f"docferry: {'still: ' if kind == 'again' else ''}{subject}"
        lines = [alarm.says, f"Since {instant(alarm.since)} ({lasted}).", f"Next: {alarm.next}."]
    return Message(number, key, kind, title, "\n".join([*lines, f"Alarm: {key}. Message: {number}."]))
