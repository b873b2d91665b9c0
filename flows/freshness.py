"""Whether routes run as often as they should: judged from what the ledger knows, so it is noticed when nothing runs at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flows.output import instant, span
from flows.route_accounts import unset
from flows.routes import chosen_routes
from mappings.language import read_draft
from mappings.language.alarms import NEVER, duration, percentage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from flows.settings import Gateway
    from mappings.language import Draft
    from state.ledger import Ledger
    from state.watching import Pulse

WINDOW = timedelta(days=1)
"""How far back the runs of a route are looked at."""
_LEFT = {"waiting": "waiting", "owed_feedback": "owed to the source"}
"""The counts of a run that say why it is not complete, and how they are told."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A route as it is watched: what its file and the settings ask of it, and what it does."""

    name: str
    connections: tuple[str, ...]
    source: str
    """The connection that is told what became of documents."""
    fresh_within: timedelta
    reject_rate: Decimal
    owed_for: timedelta
    quota_held: Decimal
    pulse: Pulse
    absent: tuple[str, ...] = ()
    """Of a route that never ran: the connections of which nothing is set, so that it is not in use."""

    @property
    def late(self) -> bool:
        """Whether no run has ended complete in time. A route that never ran is, if it is in use."""
        if self.absent or self.fresh_within == NEVER:
            return False
        return self.pulse.complete_at is None or self.pulse.now - self.pulse.complete_at > self.fresh_within

    @property
    def says(self) -> str:
        """Say when a run ended complete, when one should have, and what happens instead."""
        pulse = self.pulse
        if self.absent:
            return f"not in use: it never ran, and nothing is set for {' and '.join(self.absent)}"
        if pulse.complete_at is not None:
            words = (
                f"complete {span((pulse.now - pulse.complete_at).total_seconds())} ago ({instant(pulse.complete_at)})"
            )
        else:
            words = "never complete" if pulse.ended or pulse.running_since else "never ran"
        words += f", {'no deadline' if self.fresh_within == NEVER else f'due every {span(self.fresh_within.total_seconds())}'}"
        if self.late:
            words += f"; {self.instead}"
        return words

    @property
    def instead(self) -> str:
        """Say what a route does that has not been complete in time."""
        pulse = self.pulse
        if pulse.running_since is not None:
            return f"a run is going on since {instant(pulse.running_since)}"
        if pulse.complete_at is None and not pulse.ended:
            return f"by hand: docferry run {self.name}"
        if not pulse.ended:
            return f"no run has begun for {span(WINDOW.total_seconds())} or more"
        last = pulse.ended[0]
        if last.ended_at == pulse.complete_at:
            return "no run has begun since"
        if last.ended_at is None:
            return f"the last run, begun {instant(last.started_at)}, ended without a word"
        words = f"the last run ended {instant(last.ended_at)}"
        left = [f"{last.counts[name]} {how}" for name, how in _LEFT.items() if last.counts.get(name)]
        if left:
            words += f" and left {' and '.join(left)}"
        return f"{words}: {last.note}" if last.note else words


async def watched_routes(gateway: Gateway, ledger: Ledger, names: Sequence[str] = ()) -> list[Watched]:
    """Look at these routes, or at all that have a file.

    Raises SettingsError for a name that is none, and if there are no routes at all: that all goes well then is no news. StateError.
    """
    known = set(await ledger.watching.routes())
    # One with mistakes in it does not run, and is watched.
    drafts = {name: read_draft(gateway.mappings / f"{name}.yaml") for name in chosen_routes(gateway, names)}
    missing: dict[str, tuple[str, ...]] = {
        name: () if names or name in known else tuple(await unset(ledger, _connections(draft)))
        for name, draft in drafts.items()
    }
    if all(missing.values()):  # not a route is in use: rather these are other settings, or another ledger
        missing = dict.fromkeys(drafts, ())
    found = []
    for name, draft in drafts.items():
        own, connections = draft.alarms, _connections(draft)
        pulse = await ledger.watching.pulse(name, WINDOW)
        one = Watched(
            name=name,
            connections=connections,
            source=draft.source.partition(".")[0],
            fresh_within=own.fresh_within or duration(gateway.fresh_within),
            reject_rate=percentage(gateway.reject_rate) if own.reject_rate is None else own.reject_rate,
            owed_for=own.owed_for or duration(gateway.owed_for),
            quota_held=percentage(gateway.quota_held) if own.quota_held is None else own.quota_held,
            pulse=pulse,
            absent=missing[name],
        )
        found.append(one)
    return found


def _connections(draft: Draft) -> tuple[str, ...]:
    names = [name for text in (draft.source, draft.destination) if (name := text.partition(".")[0])]
    return tuple(dict.fromkeys(names))


def as_json(route: Watched) -> dict[str, object]:
    """Return how a route stands as one object; times in seconds, instants in ISO 8601."""
    pulse = route.pulse
    return {
        "route": route.name,
        "late": route.late,
        "fresh_within": None if route.fresh_within == NEVER else int(route.fresh_within.total_seconds()),
        "complete_at": _iso(pulse.complete_at),
        "running_since": _iso(pulse.running_since),
        "says": route.says,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
