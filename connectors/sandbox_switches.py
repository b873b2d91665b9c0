"""The switches every sandbox has, and how JSON sets them: by name, with the right types, nothing unknown."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Literal, TypeVar, get_type_hints

import msgspec

from connectors.sandbox_faults import Fault


@dataclass
class SharedSwitches:
    """Switches that make sense for any provider. The default comes first in every list of choices."""

    faults: list[Fault] = field(default_factory=list)
    latency: float = 0.0
    """Seconds every request takes at least."""
    drift: Literal["none", "leave", "reopen", "enter", "reorder"] = "none"
    """What happens to a listing after each page of it was served: the items of that page are hidden from all
    listings (their own address still works), or are taken back to work by a person (another state), or new items
    come in at the front, or the order is drawn anew."""
    drift_items: int | Literal["all"] = 10
    """How many items of (or for) each served page drift."""
    drift_most: int = 1000
    """`enter` stops after this many items and `reorder` after this many pages: a list that grows for ever has no end."""
    total: Literal["grand", "page", "omitted", "low"] = "grand"
    """What the listing's own count says: everything that fits, the items of this page, nothing, or half of what fits."""
    short_pages: bool = False
    """Every page holds only half of the items that were asked for, though more follow."""
    repeat_page: int = 0
    """The n-th listing page is answered with the page before it (0: never)."""
    file_size: int = 0
    """Bytes of every original that is downloaded, made while it is sent (0: the small file that it is; below 2 GiB)."""
    novelties: bool = False
    """Answers carry unknown fields, and some things are in a state that nobody has documented (demo documents get theirs
    when the set is built, so reset after switching this on)."""


SwitchesT = TypeVar("SwitchesT", bound=SharedSwitches)


class UnknownSwitchError(Exception):
    """There is no switch of that name, or the value is not of its kind."""


def set_switches(switches: SwitchesT, changes: dict[str, object]) -> None:
    """Set the named switches and leave the others alone. Raises UnknownSwitchError and then changes nothing."""
    hints = get_type_hints(type(switches))
    converted: dict[str, object] = {}
    for name, value in changes.items():
        if name not in hints:
            raise UnknownSwitchError(f"no switch is called {name}; there are {', '.join(sorted(hints))}")
        try:
            converted[name] = _faults(value) if name == "faults" else msgspec.convert(value, hints[name])
        except msgspec.ValidationError as error:
            raise UnknownSwitchError(f"{name}: {error}") from error
    for name, value in converted.items():
        setattr(switches, name, value)


def _faults(value: object) -> list[Fault]:
    rules = msgspec.convert(value, list[dict[str, object]])
    known = {field.name for field in dataclasses.fields(Fault)}
    for rule in rules:
        if unknown := sorted(set(rule) - known):
            raise UnknownSwitchError(f"faults: no such key: {', '.join(unknown)}")
    return msgspec.convert(rules, list[Fault])
