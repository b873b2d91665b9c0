"""Changes one entry of a route file's text and leaves every other character as it is: comments, order, alignment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.yaml_nodes import Mapping, Node, Sequence, plain_data, read_yaml
from mappings.workbench.writing import block_entry, block_item, block_value, fits, inline, inline_entry, line_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mappings.language.problems import Mark
    from mappings.workbench.comparing import Keys

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML takes for the end of a line."""


class EditError(ValueError):
    """The text has no such place, or it is written in a way that cannot be edited."""


def value_at(text: str, keys: Keys) -> object:
    """Return what stands at a path as plain data, MISSING if nothing does."""
    try:
        return plain_data(_Page(text).find(keys))
    except EditError:
        return MISSING


def set_value(text: str, keys: Keys, value: object) -> str:
    """Return the text with `value` at a path: an entry that is there is replaced, one that is not is added at the end.

    The last key names an entry of an object; everything before it must be there. Raises EditError.
    """
    *parents, key = keys
    page = _Page(text)
    place = page.find(tuple(parents))
    if not isinstance(place, Mapping):
        raise EditError(f"there is no object at {parents}")
    entry = place.entries.get(str(key))
    if entry is None:
        return page.added(place, inline_entry(str(key), value), lambda indent: block_entry(str(key), value, indent))
    return page.replaced(place, entry.mark, entry.node, value)


def append(text: str, keys: Keys, value: object) -> str:
    """Return the text with `value` at the end of the list at a path. Raises EditError."""
    page = _Page(text)
    place = page.find(keys)
    if not isinstance(place, Sequence):
        raise EditError(f"there is no list at {keys}")
    return page.added(place, inline(value), lambda indent: block_item(value, indent))


def remove(text: str, keys: Keys) -> str:
    """Return the text without the entry or item at a path; of several on one line only that one goes. Raises EditError."""
    *parents, key = keys
    page = _Page(text)
    place = page.find(tuple(parents))
    if not isinstance(place, Mapping | Sequence):
        raise EditError(f"there is no list or object at {parents}")
    return page.removed(place, key)


@dataclass(frozen=True, slots=True)
class _Child:
    """An entry of an object or an item of a list: where its text begins and where it ends."""

    key: str | int
    start: int
    end: int


class _Page:
    """The text with its nodes, by offset instead of line and column."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._root = read_yaml(Path(), text)
        self._lines = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def find(self, keys: Keys) -> Node:
        """Return the node at a path. Raises EditError."""
        place = self._root
        for key in keys:
            if isinstance(place, Mapping) and key in place.entries:
                place = place.entries[str(key)].node
            elif isinstance(place, Sequence) and isinstance(key, int) and key < len(place.items):
                place = place.items[key]
            else:
                raise EditError(f"there is nothing at {keys}")
        if place is None:
            raise EditError("the file is empty")
        return place

    def replaced(self, place: Mapping, key: Mark, old: Node, value: object) -> str:
        """Return the text with another value for an entry."""
        begins, start = self._offset(key), self._offset(old.mark)
        end = start + len(self.text[start : self._offset(old.end)].rstrip())
        before, head = self.text[:begins], self.text[begins:start]
        if self._is_flow(place) or (fits(value) and start < end and not _BREAK.search(head)):
            one = inline(value) if self._is_flow(place) else line_of(value)
            return before + head + one + self.text[end:]
        head = head.rstrip()
        if fits(value) and "#" not in head:
            return before + head + " " + line_of(value) + self.text[end:]
        indent = key.column + 1
        lines = [" " * indent + line_of(value)] if fits(value) else block_value(value, indent)
        return before + self._newline.join([head, *lines]) + self.text[end:]

    def added(self, place: Mapping | Sequence, flow: str, block: Callable[[int], list[str]]) -> str:
        """Return the text with one more child at the end: `flow` inside of brackets, else the lines of `block`."""
        children = self.children(place)
        if self._is_flow(place):
            at = children[-1].end if children else self._offset(place.mark) + 1
            return self.text[:at] + (", " if children else "") + flow + self.text[at:]
        at = children[-1].end
        lines = block(place.mark.column - 1)
        if self._begins_line(at):  # behind text that was written with | or >
            return self.text[:at] + self._newline.join([*lines, ""]) + self.text[at:]
        at = self._line_end(at)
        return self.text[:at] + self._newline.join(["", *lines]) + self.text[at:]

    def removed(self, place: Mapping | Sequence, key: str | int) -> str:
        """Return the text without one child."""
        children = self.children(place)
        number = next((number for number, child in enumerate(children) if child.key == key), None)
        if number is None:
            raise EditError(f"there is nothing at {key}")
        child = children[number]
        following = children[number + 1].start if number + 1 < len(children) else None
        if len(children) == 1:
            empty = "" if self._is_flow(place) else "{}" if isinstance(place, Mapping) else "[]"
            return self.text[: child.start] + empty + self.text[child.end :]
        if self._is_flow(place) and following is None:
            return self.text[: children[number - 1].end] + self.text[child.end :]
        start = max(line for line in self._lines if line <= child.start)
        if following is not None and (self._is_flow(place) or self.text[start : child.start].strip()):
            return self.text[: child.start] + self.text[following:]  # the next one stands in its place
        end = child.end if self._begins_line(child.end) else self._line_end(child.end, behind=True)
        return self.text[:start] + self.text[end:]

    def children(self, place: Node) -> list[_Child]:
        """Return the entries of an object or the items of a list. Raises EditError for a single value."""
        if isinstance(place, Mapping):
            return [
                _Child(key, self._offset(entry.mark), self._offset(entry.node.end))
                for key, entry in place.entries.items()
            ]
        if not isinstance(place, Sequence):
            raise EditError("a single value has no entries")
        starts = [self._offset(item.mark) for item in place.items]
        if not self._is_flow(place):
            starts = [self.text.rindex("-", 0, start) for start in starts]
        return [
            _Child(number, start, self._offset(item.end))
            for number, (start, item) in enumerate(zip(starts, place.items, strict=True))
        ]

    def _is_flow(self, place: Node) -> bool:
        return self.text[self._offset(place.mark)] in "{["

    def _offset(self, mark: Mark) -> int:
        return self._lines[mark.line - 1] + mark.column - 1

    def _begins_line(self, at: int) -> bool:
        return at in self._lines and at > 0

    def _line_end(self, at: int, *, behind: bool = False) -> int:
        found = _BREAK.search(self.text, at)
        return len(self.text) if found is None else found.end() if behind else found.start()
