"""Documents by what stands on them, such as an invoice's number: looked for among those that are recorded.

The ledger itself keeps no values of documents, so this knows of recorded documents only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.recorded import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from state.ledger import Ledger

MOST = 5000
"""How many recorded documents of each route are looked through, the latest first: about a second's work."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A document that shows a value, and where."""

    route: str
    document_id: str
    path: str


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, among how many documents; `recording`: whether documents are recorded at all."""

    found: list[Shown]
    among: int
    recording: bool


async def search(ledger: Ledger, text: str) -> Search:
    """Find the recorded documents with a value that reads like `text`, without regard to case and blanks around it.

    Raises StateError.
    """
    wanted, found, among = _plain(text), list[Shown](), 0
    for route in await ledger.routes():
        for snapshot in await ledger.archive.snapshots(route, MOST):
            if snapshot.content is None:
                continue
            among += 1
            path = next((path for path, value in _values(unpack(snapshot.content).fields) if value == wanted), None)
            if path is not None:
                found.append(Shown(route, snapshot.document_id, path))
    return Search(found, among, ledger.archive.recording)


def _values(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _values(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _values(item, f"{path}[{place}]")
    elif value is not None and not isinstance(value, bool):
        yield path, _plain(str(value))


def _plain(text: str) -> str:
    return text.strip().casefold()
