"""Reads YAML into nodes that know their line and column: YAML 1.2 scalars, exact decimals, nothing that surprises.

Anchors, aliases, tags, duplicate keys and deep nesting are refused. Events are read one by one because composing a
tree with libyaml overflows its stack on hostile nesting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from mappings.language.problems import Mark, Problem, RouteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEEPEST = 20
"""How many levels a file may be nested."""
LARGEST = 1_000_000
"""How many characters a file may have."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,39})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,39})\.[0-9]{1,40}")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_UNUSED = {
    "anchor": ("anchors and aliases (&name, *name)", "write the value out"),
    "tag": ("tags such as !!str", "put quotes around a value to keep it as text"),
}
_LIKE_A_SPACE = "(?:[^\\S ]|[\u00ad\u200b-\u200f\u2060\ufeff])"
COPIED = re.compile(rf"^{_LIKE_A_SPACE}|:{_LIKE_A_SPACE}|{_LIKE_A_SPACE}$")
"""What web pages and word processors put in place of plain spaces: to YAML it is part of the word, to the eye it is not there."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # pure Python where PyYAML was built without libyaml


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: text, bool, int, Decimal or None. `plain` is False where it was quoted or a block."""

    mark: Mark
    end: Mark
    value: str | bool | int | Decimal | None
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    mark: Mark
    end: Mark
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping; `mark` is the key's place. Keys are always text, as written."""

    mark: Mark
    key: str
    node: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping in the order it was written."""

    mark: Mark
    end: Mark
    entries: dict[str, Entry]

    def node(self, key: str) -> Node | None:
        """Return the node under `key`, None if the key is absent."""
        entry = self.entries.get(key)
        return entry.node if entry else None


Node = Scalar | Sequence | Mapping
"""Every node has the place where it begins (`mark`) and the place just behind it (`end`)."""


def read_yaml(path: Path, text: str) -> Node | None:
    """Read one YAML document, None if there is nothing in it. Raises RouteError with file, line and column."""
    if len(text) > LARGEST:
        raise RouteError([Problem(path, 1, 1, f"the file is too long ({len(text):,} characters, at most {LARGEST:,})")])
    return _Reader(path).read(text)


def plain_data(node: Node) -> object:
    """Return a node as plain data: dict, list, text, bool, int, Decimal, None."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node.items]
    return {key: plain_data(entry.node) for key, entry in node.entries.items()}


def kind_of(node: Node) -> str:
    """Return what a node is, in words fit for a message."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.value is None:
        return "empty"
    return "text" if isinstance(node.value, str) else f"the value {node.text}"


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, text: str) -> Node | None:
        try:
            return self._document(iter(yaml.parse(text, Loader=_Loader)))
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error, len(text.rstrip())) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            message = "a character here cannot be in a YAML file (an invisible control character?)"
            raise RouteError([Problem(self._path, line, 1, message)]) from None

    def _syntax(self, error: yaml.MarkedYAMLError, end: int) -> RouteError:
        mark = error.problem_mark or error.context_mark
        if mark and mark.index >= end and error.context_mark:
            mark = (
                error.context_mark
            )  # an open bracket or quote is found at the end of the file, but mended where it opens
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = " ".join(part for part in (error.context, error.problem) if part)
        hint = ""
        if "cannot start any token" in what:
            hint = "; quote text that starts with @ or `, and indent with spaces, not tabs"
        elif "tab character" in what:
            hint = "; indent with spaces"
        elif "expected" in what or "mapping values" in what:
            hint = "; check the indentation, and quote text that holds ': ', '#', or, inside { }, a comma or brace"
        return RouteError([Problem(self._path, line, column, f"this is not readable as YAML: {what}{hint}")])

    def _refuse(self, event: yaml.Event, message: str) -> RouteError:
        mark = self._mark(event)
        return RouteError([Problem(self._path, mark.line, mark.column, message)])

    @staticmethod
    def _mark(event: yaml.Event) -> Mark:
        start = event.start_mark
        return Mark(start.line + 1, start.column + 1) if start else Mark(1, 1)

    def _document(self, events: Iterator[yaml.Event]) -> Node | None:
        root: Node | None = None
        seen = False
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    raise self._refuse(event, "a second document starts here ('---'); keep one route per file")
                seen = True
                root = self._node(next(events), events, 1)
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        if depth > DEEPEST:
            raise self._refuse(event, f"this is nested more than {DEEPEST} levels deep")
        for feature, (what, instead) in _UNUSED.items():
            if getattr(event, feature, None):
                raise self._refuse(event, f"{what} are not used here; {instead}")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, events, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, events, depth)
        raise AssertionError("an alias is refused above, and there are no other events here")

    def _sequence(self, start: yaml.SequenceStartEvent, events: Iterator[yaml.Event], depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, depth + 1))
        return Sequence(self._mark(start), _end(start, event, items), tuple(items))

    def _mapping(self, start: yaml.MappingStartEvent, events: Iterator[yaml.Event], depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            if not isinstance(key, Scalar) or not key.text:
                raise self._refuse(event, "a key must be a word (put quotes around text that starts with { or [)")
            if key.plain and (copied := COPIED.search(key.text)):
                raise self._refuse(
                    event,
                    f"this is read as one word, with a character that only looks like a space (U+{ord(copied[0][-1]):04X}); "
                    "write plain spaces, or put a key that has it in quotes",
                )
            if key.text in entries:
                first = entries[key.text].mark.line
                raise self._refuse(event, f"duplicate key '{key.text}' (first on line {first}); keep one of them")
            entries[key.text] = Entry(key.mark, key.text, self._node(next(events), events, depth + 1))
        return Mapping(self._mark(start), _end(start, event, [entry.node for entry in entries.values()]), entries)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        text = event.value
        plain = bool(event.implicit[0])
        return Scalar(self._mark(event), _after(event), typed(text) if plain else text, text, plain)


def _after(event: yaml.Event) -> Mark:
    end = event.end_mark
    return Mark(end.line + 1, end.column + 1) if end else Mark(1, 1)


def _end(start: yaml.CollectionStartEvent, end: yaml.Event, inside: list[Node]) -> Mark:
    """Return where a list or mapping ends: at its bracket, or else with what is last in it, before any comments."""
    return inside[-1].end if inside and not start.flow_style else _after(end)


def typed(text: str) -> str | bool | int | Decimal | None:
    """Type a plain scalar. NO, 1e5, 007, +1 and dates stay text: an id that looks like a number must not change."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if text in _WORDS or (text.lower() in _WORDS and text in {text.title(), text.upper()}):
        return _WORDS[text.lower()]
    return text
