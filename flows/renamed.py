"""Route files that got another name: the state knows every document under its route's name, so all of them count as new."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flows.meant import ADVICE
from flows.routes import route_names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from state.ledger import Ledger

log = logging.getLogger("docferry")


def without_file(known: Iterable[str], folder: Path) -> list[str]:
    """Return those of the routes that the state knows of which the folder has no file."""
    there = set(route_names(folder))
    return [name for name in known if name not in there]


async def warn_of_another_name(ledger: Ledger, folder: Path, name: str) -> None:
    """Say on the log that a route which is new to the state may be one that it knows by another name.

    A retired route beside a new one looks the same, so nobody is stopped. Raises StateError.
    """
    known = await ledger.routes()
    if name not in known and (gone := without_file(known, folder)):
        log.warning("route %s is new to the state, which knows %s without a file; %s", name, ", ".join(gone), ADVICE)
