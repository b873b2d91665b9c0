"""The ways in which a provider does not show all of its list, played by the door in front of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from tests.contract.between import Exchange
    from tests.flows.proving.ground import Ground

ERRORS = (
    b'{"error": "upstream timed out"}',
    b'{"message": "Internal Server Error", "status": 500}',
    b'{"errors": [{"code": "E17", "detail": "the search index is not available"}]}',
    b'{"detail": "Service unavailable"}',
    b"null",
    b'"OK"',
    b"{}",
)
"""What stands where a list should be, under a 200."""


@dataclass
class Lie:
    """One way of not showing everything. `victims` are ids; `once` lies at its first chance only.

    What is told besides the rows (totals, sizes) stays as it is.
    """

    ground: Ground
    kind: str
    chance: random.Random
    victims: frozenset[str]
    once: bool = False
    told: int = 0
    before: bytes = b""
    """The true answer before this one."""
    _count: int = 0
    _at: int = field(default=0)

    def __post_init__(self) -> None:
        self._at = self.chance.randrange(3)
        self.ground.between.change(self.ground.subject.listing, self._alter)

    def _alter(self, exchange: Exchange) -> None:
        if exchange.status != 200:
            return
        self._count += 1
        true = exchange.answer
        if not (self.once and self.told):
            exchange.answer = KINDS[self.kind](self, true)
            self.told += exchange.answer != true
        self.before = true

    def rows(self, value: object) -> list[dict[str, object]]:
        """Return the rows of an answer, the very list."""
        return self.ground.subject.rows(value)

    def hidden(self, rows: Sequence[Mapping[str, object]]) -> list[int]:
        """Say where the victims stand among these rows."""
        return [
            number
            for number, row in enumerate(rows)
            if self.victims & {str(one) for one in row.values() if isinstance(one, str | int)}
        ]

    @property
    def due(self) -> bool:
        """Whether it is time for an error, which nothing in the answer calls for."""
        return self._count > self._at


def _decoded(body: bytes) -> Any:
    return msgspec.json.decode(body)


def hide(lie: Lie, body: bytes) -> bytes:
    """Leave the victims out of every page."""
    value = _decoded(body)
    rows = lie.rows(value)
    gone = set(lie.hidden(rows))
    rows[:] = [row for number, row in enumerate(rows) if number not in gone]
    return msgspec.json.encode(value) if gone else body


def truncate(lie: Lie, body: bytes) -> bytes:
    """Cut a page off at the victim."""
    value = _decoded(body)
    rows = lie.rows(value)
    where = lie.hidden(rows)
    if not where:
        return body
    del rows[where[0] :]
    return msgspec.json.encode(value)


def repeat(lie: Lie, body: bytes) -> bytes:
    """Answer with the rows of the page before where the victim would be shown."""
    value = _decoded(body)
    rows = lie.rows(value)
    if not lie.hidden(rows) or not lie.before:
        return body
    rows[:] = [row for row in lie.rows(_decoded(lie.before)) if not lie.hidden([row])]
    return msgspec.json.encode(value)


def error(lie: Lie, body: bytes) -> bytes:
    """Answer with an error, under a 200."""
    return lie.chance.choice(ERRORS) if lie.due else body


def empty_error(lie: Lie, body: bytes) -> bytes:
    """Answer with an error and an empty list, under a 200."""
    value = _decoded(body)
    if not lie.due:
        return body
    lie.rows(value).clear()
    envelope = value[0] if isinstance(value, list) else value
    return msgspec.json.encode(
        {**envelope, lie.chance.choice(("error", "message", "detail")): "the list is not available"}
    )


def tail(lie: Lie, body: bytes) -> bytes:
    """Lose the last row of every page that has more than one."""
    value = _decoded(body)
    rows = lie.rows(value)
    if len(rows) < 2:
        return body
    del rows[-1]
    return msgspec.json.encode(value)


def end(lie: Lie, body: bytes) -> bytes:
    """Claim that the list is at its end where the victim would be shown."""
    value = _decoded(body)
    rows = lie.rows(value)
    if not lie.hidden(rows):
        return body
    rows.clear()
    envelope = value[0] if isinstance(value, list) else value
    for name, last in (("next", None), ("last_page", envelope.get("page"))):
        if name in envelope:
            envelope[name] = last
    return msgspec.json.encode(value)


def recount(lie: Lie, body: bytes) -> bytes:
    """Leave the victims out of every page, and count as if they were not there."""
    value = _decoded(body)
    victims = len(lie.victims) if value.get("count") else 0
    lie.rows(value)[:] = [row for row in lie.rows(value) if not lie.hidden([row])]
    return msgspec.json.encode({**value, "count": max(0, value["count"] - victims)})


KINDS: Mapping[str, Callable[[Lie, bytes], bytes]] = {
    "hide": hide,
    "truncate": truncate,
    "repeat": repeat,
    "error": error,
    "empty_error": empty_error,
    "tail": tail,
    "end": end,
    "recount": recount,
}
NUMBERED = tuple(KINDS)[:-1]
"""Those that leave the stated number as it is, or say none."""
