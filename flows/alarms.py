"""What a person should be told of, judged from the ledger: late routes, failure, dead logins, rejects, feedback that is owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from flows.alerts import open_alerts
from flows.freshness import WINDOW
from flows.hearing import deaf
from flows.memory import LedgerMemory
from flows.output import instant, span
from flows.tally import HELD_MS, INTERRUPTED
from mappings.language.alarms import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from flows.alerts import Alert
    from flows.freshness import Watched
    from flows.hearing import Deaf
    from state.ledger import Ledger
    from state.watching import Ended

FEWEST = 20
"""Documents that must have been judged before their rejects say anything."""
_IN_A_ROW = 2
"""Runs that must have been stopped one after the other before it is more than a bad moment."""
_PASSING = timedelta(minutes=15)
"""How long a connection may be in trouble that may pass by itself."""
_STOPPED = 3


class Kind(StrEnum):
    """What an alarm is about: a connection, its quota, that it takes no messages, or a route that is late, fails, rejects too much or owes.

    What a route owes, it owes its source.
    """

    CONNECTION = "connection"
    STALE = "stale"
    FAILING = "failing"
    REJECTS = "rejects"
    OWED = "owed"
    QUOTA = "quota"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is not as it should be at this moment. Texts hold no documents' values and no secrets.

    `since` is UTC, None if only the time of the first look is known. It becomes an alarm once it has lasted for `grace`,
    unless one that it `follows` from (see `key`) is there or has just been over.
    """

    kind: Kind
    about: str
    """The route, or the connection."""
    says: str
    next: str
    """What a person does about it."""
    since: datetime | None = None
    cause: str = ""
    grace: timedelta = timedelta()
    follows: tuple[str, ...] = ()
    latest: datetime | None = None
    """When it last happened: what a cause that is over since explains is no alarm of its own."""

    @property
    def key(self) -> str:
        """What makes two conditions one alarm."""
        return " ".join(filter(None, (self.kind, self.about, self.cause)))


async def conditions(ledger: Ledger, routes: Sequence[Watched], open_on: Iterable[str] = ()) -> list[Condition]:
    """Return all that is wrong with these routes and their connections, causes before what follows from them.

    `open_on` are the connections that an alarm is open on. A route whose file cannot be read may use any of them, so while
    there is one they are looked at, too: nobody may hear that all is well because of a slip in a file.
    """
    unread = [route.name for route in routes if not route.connections]
    using: dict[str, list[str]] = {name: list(unread) for name in open_on if unread}
    for route in routes:
        for name in route.connections:
            using.setdefault(name, []).append(route.name)
    found = []
    for name, users in sorted(using.items()):
        found += [_connection(alert, users) for alert in await open_alerts(LedgerMemory(ledger, name))]
    found += _quotas(routes)
    untold = [_untold(one) for one in await deaf(ledger, routes)]
    found += untold
    for route in routes:
        if not route.absent:
            found += _of_route(route, tuple(one.key for one in untold if one.about == route.source))
    return found


CAUSES = ("access", "unreachable", "failing", "busy", "unexpected")
"""The causes of trouble that runs know of a connection (see flows.alerts)."""


def _connection(alert: Alert, users: Sequence[str]) -> Condition:
    times = "1 call has failed" if alert.count == 1 else f"{alert.count} calls have failed"
    return Condition(
        kind=Kind.CONNECTION,
        about=alert.connection,
        cause=alert.cause,
        since=alert.since,
        says=f"{alert.connection} is in trouble ({alert.cause}): {times}, the first with: {alert.first.rstrip('.')}. "
        f"{'Route' if len(users) == 1 else 'Routes'}: {', '.join(users)}",
        next=alert.next,
        grace=timedelta() if alert.cause == "access" else _PASSING,
    )


def _untold(one: Deaf) -> Condition:
    """Tell of a source that takes no messages, for one cause."""
    count = sum(one.routes.values())
    routes = ", ".join(f"{name} ({number})" for name, number in sorted(one.routes.items()))
    first = min(one.routes)
    return Condition(
        kind=Kind.FEEDBACK,
        about=one.source,
        cause=one.answer,
        since=one.since,
        says=f"{one.source} takes no messages: {count} messages ({', '.join(sorted(one.outcomes))}) were not taken, and none of the kind "
        f"since. It says: {one.why or 'nothing'}. {'Route' if len(one.routes) == 1 else 'Routes'}: {routes}",
        next=f"grant the account of {one.source} the right, or correct `feedback:` in the route; then docferry retry {first}, "
        f"docferry run {first}. docferry status {first} names the documents",
        # What is still owed may be taken the next time; what was refused is not tried again.
        grace=timedelta() if one.final else _PASSING,
        follows=tuple(f"{Kind.CONNECTION} {one.source} {cause}" for cause in CAUSES),
    )


def _quotas(routes: Sequence[Watched]) -> Iterator[Condition]:
    """Tell of connections whose quota is nearly used up: it is one cause, however many routes it holds up."""
    over: dict[str, list[str]] = {}
    since: dict[str, datetime] = {}
    for route in routes:
        for name in route.connections if route.quota_held < 1 else ():
            part = _held(route, name)
            if part > route.quota_held:
                over.setdefault(name, []).append(
                    f"{route.name} {part:.0%} of the time (the limit is {route.quota_held:.0%})"
                )
                first = min(run.started_at for run in route.pulse.ended if _held_by(run, name))
                since[name] = min(first, since.get(name, first))
    for name, routes_held in sorted(over.items()):
        yield Condition(
            kind=Kind.QUOTA,
            about=name,
            since=since[name],
            says=f"{name}: within a day its quota has held up {', '.join(routes_held)}",
            next=f"ask the provider for more, or let fewer routes and programs use the account; where {name.upper()}_MAX_RATE is "
            "lower than what it allows, raise that",
            follows=(f"{Kind.CONNECTION} {name} busy",),
        )


def _held(route: Watched, connection: str) -> float:
    """Return for which part of a day requests have waited for a connection's quota. Runs beside each other count as one."""
    runs = [run for run in route.pulse.ended if run.ended_at is not None]
    ran = sum((run.ended_at - run.started_at).total_seconds() for run in runs if run.ended_at is not None)
    if not ran:
        return 0.0
    covered, until = timedelta(), route.pulse.now - WINDOW
    for run in sorted(runs, key=lambda run: run.started_at):
        end = max(until, run.ended_at or until)
        covered += end - max(until, run.started_at)
        until = end
    waited = sum(_held_by(run, connection) for run in runs) / 1000
    return min(1.0, waited / ran) * (covered / WINDOW)


def _held_by(run: Ended, connection: str) -> int:
    return run.counts.get(f"{HELD_MS}{connection}", 0)


def _of_route(route: Watched, untold: tuple[str, ...]) -> Iterator[Condition]:
    """Tell what is wrong with a route; `untold` are the keys of what keeps its source from taking messages."""
    ends = tuple(f"{Kind.CONNECTION} {name} {cause}" for name in route.connections for cause in CAUSES) + untold
    told = [run for run in route.pulse.ended if run.counts.get("exit_code") != INTERRUPTED]  # by a person, who knows
    lately = bool(told) and route.pulse.now - told[0].started_at <= route.fresh_within
    yield from _runs(route, told, ends, lately=lately)
    yield from _rejects(route)
    yield from _owed(route, ends, lately=lately)


def _runs(route: Watched, told: Sequence[Ended], ends: tuple[str, ...], *, lately: bool) -> Iterator[Condition]:
    """Tell of runs that stop, or else that none has ended complete in time: only one of the two is the cause."""
    pulse = route.pulse
    stopped = 0
    for run in told:
        if not _was_stopped(run):
            break
        stopped += 1
    if stopped >= _IN_A_ROW or (stopped and route.late and lately):
        last, first = told[0], told[stopped - 1]
        words = last.note or "it ended without a word (killed, switched off, or the disk was full: its log says which)"
        yield Condition(
            kind=Kind.FAILING,
            about=route.name,
            since=first.started_at,
            says=f"{route.name}: the last {stopped} runs were stopped. The last, {instant(last.started_at)}: {words}"
            if stopped > 1
            else f"{route.name}: the last run, {instant(last.started_at)}, was stopped: {words}",
            next=f"docferry check {route.name}, then docferry run {route.name}",
            follows=ends,
            latest=last.ended_at or last.started_at,
        )
        if lately:
            return
    if route.late:
        yield Condition(
            kind=Kind.STALE,
            about=route.name,
            since=None if pulse.complete_at is None else pulse.complete_at + route.fresh_within,
            says=f"{route.name}: {route.says}",
            next=_for_a_late_one(route, lately=lately),
            # A route that has never run is given the time from the first look.
            grace=route.fresh_within if pulse.complete_at is None else timedelta(),
            # Runs that come and owe the source something do not end complete: that is the cause, once it has lasted for too long.
            follows=(*ends, f"{Kind.OWED} {route.name}") if lately else (),
            latest=told[0].ended_at if lately else None,
        )


def _for_a_late_one(route: Watched, *, lately: bool) -> str:
    """Say what to do about a late route: its schedule is to be looked at only where no runs come."""
    if route.pulse.running_since is not None:
        return f"docferry status {route.name} shows what the run has left to do; one that is stopped is gone on with by the next"
    if lately:
        return f"its schedule works, something stays open: docferry status {route.name} shows what, and docferry state doctor since when"
    return f"see that its schedule is on and a worker runs it; by hand: docferry run {route.name}"


def _was_stopped(run: Ended) -> bool:
    return run.ended_at is None or run.counts.get("exit_code") == _STOPPED


def _rejects(route: Watched) -> Iterator[Condition]:
    runs = route.pulse.ended
    refused = sum(run.counts.get(name, 0) for run in runs for name in ("rejected", "failed"))
    judged = refused + sum(run.counts.get(name, 0) for run in runs for name in ("delivered", "updated"))
    if judged < FEWEST or refused <= route.reject_rate * judged:
        return
    classes: dict[str, int] = {}
    for run in runs:
        for name, number in run.counts.items():
            if name.startswith("refused "):
                classes[name.removeprefix("refused ")] = classes.get(name.removeprefix("refused "), 0) + number
    why = ", ".join(f"{number} {name}" for name, number in sorted(classes.items()))
    begun = min(run.started_at for run in runs if run.counts.get("rejected") or run.counts.get("failed"))
    yield Condition(
        kind=Kind.REJECTS,
        about=route.name,
        since=begun,
        says=f"{route.name}: {refused} of {judged} documents judged within a day were rejected or failed "
        f"({refused / judged:.0%}, the limit is {route.reject_rate:.0%}){f': {why}' if why else ''}",
        next=f"docferry status {route.name} shows the reasons; has the source's form or the mapping changed?",
    )


def _owed(route: Watched, ends: tuple[str, ...], *, lately: bool) -> Iterator[Condition]:
    pulse = route.pulse
    if pulse.oldest_owed_at is None or route.owed_for == NEVER or pulse.now - pulse.oldest_owed_at <= route.owed_for:
        return
    messages = "1 message" if pulse.owed == 1 else f"{pulse.owed} messages"
    yield Condition(
        kind=Kind.OWED,
        about=route.name,
        since=pulse.oldest_owed_at + route.owed_for,
        says=f"{route.name}: {route.source} is owed {messages}, the oldest for "
        f"{span((pulse.now - pulse.oldest_owed_at).total_seconds())} (the limit is {span(route.owed_for.total_seconds())})",
        next=f"docferry run {route.name}, then docferry status {route.name}",
        # What is owed because nothing runs has that cause.
        follows=(*ends, f"{Kind.FAILING} {route.name}", *(() if lately else (f"{Kind.STALE} {route.name}",))),
    )
