"""A byte for each of very many transfer ids, so that a run of a million documents needs a few megabytes to count them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = 256


class Marks:
    """Maps transfer ids to 0 to 255; an id that was never set has 0. Takes about a byte per id where they lie close together.

    The ids that one run works on do: they are numbered in the order in which documents were first seen. An id that lies
    alone takes a page of 256 bytes.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def __getitem__(self, id_: int) -> int:
        """Return the mark of an id."""
        page = self._pages.get(id_ // _PAGE)
        return page[id_ % _PAGE] if page is not None else 0

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield the ids that have a mark other than 0, with it."""
        for number, page in self._pages.items():
            yield from ((number * _PAGE + place, mark) for place, mark in enumerate(page) if mark)

    def __setitem__(self, id_: int, mark: int) -> None:
        """Set the mark of an id; raises ValueError if it is not in 0 to 255."""
        number = id_ // _PAGE
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = bytearray(_PAGE)
        page[id_ % _PAGE] = mark
