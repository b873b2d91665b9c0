"""What the source is told of a delivery later on: what the far end shows now beside what it has shown before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.contract import Result, State

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.contract import Outcome

_BAD = (Result.TRASHED, Result.REFUSED, Result.ERROR)
_GOOD = (Result.CONFIRMED, Result.EDITED, Result.ACCEPTED, Result.SIGNED)
"""In the order in which those that are new at the same time are told."""
DROPPED = frozenset({Result.WITHDRAWN, *_BAD})
"""The outcomes that say of a delivery that the destination has dropped it."""
WORDS = DROPPED.union(_GOOD)
"""All outcomes that a look at the far end can bring."""


@dataclass(frozen=True, slots=True)
class News:
    """What a look has brought. `standing` is what shows now; `tell` are the outcomes to be told, each with its reason.

    `event` says in words what is new, None if nothing is.
    """

    standing: str
    tell: Sequence[tuple[str, str | None]]
    event: str | None


def news(outcome: Outcome, before: str | None, declared: Collection[str]) -> News:
    """Compare what shows (accepted, refused or gone) with what showed before, for a route that tells what is `declared`.

    Each word is told once, as long as it holds; where a dropped delivery is there again, the delivery is told again and
    then whatever holds of it. What a route does not tell apart is told as withdrawn, once.
    """
    known = (before or "").split()
    if outcome.state is not State.ACCEPTED:
        word = next((cause for cause in outcome.causes if cause in _BAD), _default(outcome.state))
        told = {_entry(each, declared) for each in known}
        entry = _entry(word, declared)
        new = word not in known and Result.WITHDRAWN not in known
        tell = [(entry, outcome.causes.get(word) or outcome.reason)] if entry and new and entry not in told else []
        return News(word if new else " ".join(known), tell, Result.WITHDRAWN if new else None)
    back = any(word in known for word in DROPPED)
    holds = [word for word in _GOOD if word is Result.CONFIRMED or word in outcome.causes]
    fresh = [word for word in holds if back or word not in known]
    words = [Result.DELIVERED, *fresh] if back else fresh
    tell = [(word.value, outcome.causes.get(word)) for word in words if word in declared]
    event = "taken back at the far end" if back else ", ".join(fresh) or None
    return News(" ".join(holds), tell, event)


def _default(state: State) -> Result:
    return Result.TRASHED if state is State.GONE else Result.REFUSED


def _entry(word: str, declared: Collection[str]) -> str | None:
    """Return which entry of the route tells a word, None if none does."""
    if word in declared:
        return str(word)
    return Result.WITHDRAWN.value if word in _BAD and Result.WITHDRAWN in declared else None
