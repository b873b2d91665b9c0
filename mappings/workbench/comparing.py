"""Where two pieces of plain data differ: numbers by value and exactly, everything else as it stands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from mappings.language.missing import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

Keys = tuple[str | int, ...]
"""A path as its steps: names of fields and positions in lists, from 0."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where `got` is not what was `expected`; MISSING on the side that has nothing there."""

    keys: Keys
    expected: object
    got: object

    @property
    def target(self) -> str:
        """The place as a target is written, such as lines[2].net."""
        return written(self.keys)


def written(keys: Keys) -> str:
    """Return a path as a target is written: names with dots between them, positions in brackets."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")


def equal(expected: object, got: object) -> bool:
    """Say whether two pieces of plain data are the same: 12 is 12.00, and neither is "12"; true is not 1."""
    return next(differences(expected, got), None) is None


def differences(expected: object, got: object, keys: Keys = ()) -> Iterator[Difference]:
    """Yield every place where two pieces of plain data differ, in the order of what was expected."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in [*expected, *(name for name in got if name not in expected)]:
            yield from differences(expected.get(name, MISSING), got.get(name, MISSING), (*keys, name))
    elif isinstance(expected, list) and isinstance(got, list):
        for place in range(max(len(expected), len(got))):
            one, other = (side[place] if place < len(side) else MISSING for side in (expected, got))
            yield from differences(one, other, (*keys, place))
    elif _kind(expected) is not _kind(got) or expected != got:
        yield Difference(keys, expected, got)


def leaves(data: object, keys: Keys = ()) -> Iterator[tuple[Keys, object]]:
    """Yield every single value of plain data with its path; an empty list or object counts as one."""
    if isinstance(data, dict) and data:
        for name, value in data.items():
            yield from leaves(value, (*keys, name))
    elif isinstance(data, list) and data:
        for place, value in enumerate(data):
            yield from leaves(value, (*keys, place))
    else:
        yield keys, data


def shown(value: object) -> str:
    """Return a value as JSON on one line, with every digit it has; "nothing" where there is none.

    What a terminal would obey instead of showing it is escaped.
    """
    if value is MISSING:
        return "nothing"
    text = _ENCODER.encode(value).decode()
    return (
        text if text.isprintable() else "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
    )


def _kind(value: object) -> type:
    """Return what a value is compared as: numbers are one kind, however they are written."""
    return Decimal if isinstance(value, int) and not isinstance(value, bool) else type(value)
