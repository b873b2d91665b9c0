"""Paths into an answer, such as `data.id`, `items[0].id`, or `items[*].id` for each item in turn."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHOLE = re.compile(r"(\[(\d+|\*)\]|[^.\[\]{}]+)(\[(\d+|\*)\]|\.[^.\[\]{}]+)*")
_PART = re.compile(r"\[(\d+|\*)\]|([^.\[\]]+)")

Part = str | int | None
"""A member's name, an item's position, or None for every item."""


@lru_cache(maxsize=256)
def parse(path: str) -> tuple[Part, ...]:
    """Return the parts of a path. Raises ValueError if it is none, or has more than one `[*]`."""
    if not _WHOLE.fullmatch(path):
        raise ValueError(f"'{path}' is no path such as data.id, items[0].id or items[*].id")
    found = [(match.group(1), match.group(2)) for match in _PART.finditer(path)]
    parts: list[Part] = [None if place == "*" else int(place) if place else name for place, name in found]
    if parts.count(None) > 1:
        raise ValueError(f"'{path}' has more than one [*]")
    return tuple(parts)


def values(data: object, parts: tuple[Part, ...]) -> Iterator[object]:
    """Yield what a path leads to; None where it leads to nothing. With `[*]` there is one value per item."""
    for place, part in enumerate(parts):
        if part is None:
            for item in cast("list[object]", data) if isinstance(data, list) else []:
                yield from values(item, parts[place + 1 :])
            return
        if isinstance(part, int):
            data = data[part] if isinstance(data, list) and part < len(data) else None
        else:
            data = cast("dict[str, object]", data).get(part) if isinstance(data, dict) else None
    yield data


def one(data: object, path: str) -> str | None:
    """Return the first text or whole number that a path leads to, as text; None if there is none."""
    return next((text for value in values(data, parse(path)) if (text := as_id(value)) is not None), None)


def as_id(value: object) -> str | None:
    """Return an id as text, None for what can be none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None
