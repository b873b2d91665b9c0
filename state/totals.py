"""What a route's runs have done since the ledger was made: numbers that only grow, whatever is pruned."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from state import remembering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_NAME = "totals"
"""Beside what routes keep under fingerprints, none of which is a word."""
DIED = "runs died"
"""Counts runs that ended without a word."""


def add(connection: Connection, route: str, more: Mapping[str, int]) -> None:
    """Add to a route's totals, in the transaction that this belongs to."""
    if more := {name: number for name, number in more.items() if number}:
        remembering.amend(connection, f"route {route}", _NAME, lambda before: _sum(before, more))


def totals(connection: Connection, route: str) -> dict[str, int]:
    """Read a route's totals by name."""
    return _read(remembering.recall(connection, f"route {route}", _NAME))


def _sum(before: str, more: Mapping[str, int]) -> str:
    return json.dumps(dict(Counter(_read(before)) + Counter(more)), sort_keys=True)


def _read(text: str | None) -> dict[str, int]:
    return json.loads(text) if text else {}
