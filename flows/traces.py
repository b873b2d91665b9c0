"""What a delivery leaves at the far end, told by fingerprints: what stood there before, what was sent, and whose the rest is.

No provider here says "change this only if nobody else has". So before a delivery the far end is read, and afterwards again:
a value that is neither what stood there nor what was sent has been written by somebody else, and is not to be lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

import msgspec

from mappings.language import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.contract import Document, Fields
    from mappings.language import Route

    Print = Callable[[str], str]

_canonical = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_LARGEST = 40


@dataclass(frozen=True, slots=True)
class Traces:
    """What one delivery has done, or was about to do, to a document that can be read back.

    `before` and `sent` are fingerprints by path; of `lists` only the paths are known, since what is shown of them is rarely
    what was sent. `old` is the fingerprint of the whole content before. `whole` tells whether all of it was seen there.
    """

    sent: Mapping[str, str]
    lists: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    old: str = ""
    done: bool = False
    seen: bool = False

    def odd(self, shown: Mapping[str, str]) -> list[str]:
        """Return the paths that show what was neither there before nor sent."""
        return [
            path
            for path, print_ in shown.items()
            if (path in self.before or path in self.sent)
            and print_ not in {self.before.get(path), self.sent.get(path)}
            and not any(path == each or path.startswith((f"{each}[", f"{each}.")) for each in self.lists)
        ]

    def unseen(self, shown: Mapping[str, str]) -> list[str]:
        """Return the paths that do not show what was sent."""
        return [path for path, print_ in self.sent.items() if path in shown and shown[path] != print_]

    def text(self) -> str:
        """Write it down."""
        return json.dumps([dict(self.sent), self.lists, dict(self.before), self.old, self.done, self.seen])

    @classmethod
    def parse(cls, text: str | None) -> Traces | None:
        """Read it back, None if nothing is written down."""
        if text is None:
            return None
        sent, lists, before, old, done, seen = json.loads(text)
        return cls(sent, tuple(lists), before, old, done, seen)


def traces(payload: Fields, before: Mapping[str, str], old: str, print_: Print) -> Traces:
    """Return what a delivery is going to leave. `before` is what was `looked` at, `old` the content's fingerprint."""
    sent, lists = _leaves(payload)
    return Traces({path: print_(f"{path}|{text}") for path, text in sent.items()}, tuple(lists), before, old)


def looked(route: Route, document: Document, written: Iterable[str], print_: Print) -> dict[str, str]:
    """Return fingerprints of what a document shows at the paths that were written, and of all that a route reads of it."""
    mapped, _ = route.attempt(document.fields)
    origins = route.origins(document.fields, mapped)
    found = {path: _text(value) for each in origins for path, value in each.sources if value is not MISSING}
    shown, _ = _leaves(document.fields)
    found |= {path: shown[path] for path in written if path in shown}
    return {path: print_(f"{path}|{text}") for path, text in found.items()}


def shows(document: Document, payload: Fields) -> bool:
    """Say whether a document already has every value of a payload where both can be compared, and there is one."""
    (shown, _), (sent, lists) = _leaves(document.fields), _leaves(payload)
    both = [path for path in sent if path in shown]
    there = {path: _at(document.fields, path) for path in lists}
    alike = all(value is None or _text(value) == _text(_at(payload, path)) for path, value in there.items())
    return bool(both) and alike and all(shown[path] == sent[path] for path in both)


def _leaves(fields: Fields) -> tuple[dict[str, str], list[str]]:
    """Return the single values of an object as text by path, and the paths of its lists."""
    found: dict[str, str] = {}
    lists: list[str] = []

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, f"{path}.{name}" if path else name)
        elif isinstance(value, list):
            lists.append(path)
        else:
            found[path] = _text(value)

    walk(fields, "")
    return found, lists


def _at(fields: Fields, path: str) -> object:
    value: object = fields
    for name in path.split("."):
        value = cast("Fields", value).get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    """Return a value as it compares: 1, 1.0 and "1.00" are one number, null and "" are both nothing."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return _canonical.encode(value).decode()
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST:
        return text
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written
