"""The names under which definitions are kept: made from targets, without anything that a reference had to escape."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class Names:
    """Gives every place a name of its own, the same one each time it is asked for."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str | None], str] = {}

    def of(self, what: str, place: str | None) -> str:
        """Return the name of what stands at a place, such as rule:attributes.title; None is every other place."""
        if (what, place) not in self._names:
            first = name = what if place is None else f"{what}:{_UNSAFE.sub('_', place)}"
            number = 1
            while name in self._names.values():
                number += 1
                name = f"{first}_{number}"
            self._names[what, place] = name
        return self._names[what, place]
