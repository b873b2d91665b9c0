"""Paths into a document, such as `entities.supplier.name` or `items[0].iban`, as direct getters without an engine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import nodes

from mappings.language.missing import MISSING
from mappings.language.values import step

if TYPE_CHECKING:
    from collections.abc import Callable

Scope = dict[str, object]
"""What an expression sees: the document's fields, the values of vars, and inside `each` the item and its number."""


@dataclass(frozen=True, slots=True)
class SourcePath:
    """A path as it is written, its steps, and its getter, which returns MISSING where nothing is there.

    `through` is the var by which an expression reads it, empty if the expression names the path itself.
    """

    text: str
    keys: tuple[str | int, ...]
    get: Callable[[Scope], object]
    through: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A var as expressions see it; `paths` are those of the document that its value comes from, `tables` their names.

    `depth` is how many operations are nested in it, `operations` how many it is made of.
    """

    name: str
    get: Callable[[Scope], object]
    paths: tuple[SourcePath, ...] = ()
    tables: tuple[str, ...] = ()
    depth: int = 0
    operations: int = 0


class PathError(ValueError):
    """Text is not a path; the message says so, without the place in the file."""


_NAME = r"[^.\[\]{}\s](?:[^.\[\]{}]*[^.\[\]{}\s])?"
_PATH = re.compile(rf"{_NAME}(?:\.{_NAME}|\[-?[0-9]{{1,9}}\]|\['[^']+'\])*")
_STEP = re.compile(rf"\[(?P<place>-?[0-9]+)\]|\['(?P<quoted>[^']+)'\]|(?P<name>{_NAME})")


def read_path(text: str) -> tuple[str | int, ...]:
    """Return the steps of a path of a document or of a payload, such as parties[1].name or fields['odd key'].

    Names may hold blanks and hyphens; items count from 0, or from -1 backwards. Raises PathError.
    """
    if not _PATH.fullmatch(text):
        raise PathError(f"'{text}' is not a path; write one such as lines[2].net")
    return tuple(
        int(step["place"]) if step["place"] else str(step["quoted"] or step["name"]) for step in _STEP.finditer(text)
    )


def keys_of(node: nodes.Node) -> tuple[str | int, ...] | None:
    """Return the steps of a path if a syntax node is one and nothing else, None otherwise."""
    steps: list[str | int] = []
    while True:
        if isinstance(node, nodes.Name):
            return (node.name, *reversed(steps))
        if isinstance(node, nodes.Getattr):
            steps.append(node.attr)
        elif isinstance(node, nodes.Getitem):
            key = _fixed_key(node.arg)
            if key is None:
                return None
            steps.append(key)
        else:
            return None
        node = node.node


def _fixed_key(node: nodes.Node) -> str | int | None:
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const) and type(node.node.value) is int:
        return -node.node.value
    if isinstance(node, nodes.Const) and type(node.value) in {str, int}:
        key: str | int = node.value
        return key
    return None


def path_to(keys: tuple[str | int, ...]) -> SourcePath:
    """Make the getter for some steps; fields alone, by far the most common, take the short way."""
    text = str(keys[0])
    for key in keys[1:]:
        if isinstance(key, str) and key.isidentifier():
            text += f".{key}"
        else:
            text += f"['{key}']" if isinstance(key, str) else f"[{key}]"
    if all(isinstance(key, str) for key in keys):
        return SourcePath(text, keys, _field_getter([str(key) for key in keys]))
    return SourcePath(text, keys, _any_getter(keys))


def _field_getter(keys: list[str]) -> Callable[[Scope], object]:
    first, *rest = keys
    if not rest:
        return lambda scope: scope.get(first, MISSING)
    *middle, last = rest
    if not middle:

        def get_two(scope: Scope) -> object:
            value = scope.get(first)
            return value.get(last, MISSING) if isinstance(value, dict) else MISSING

        return get_two

    def get_more(scope: Scope) -> object:
        value = scope.get(first)
        for key in middle:
            if not isinstance(value, dict):
                return MISSING
            value = value.get(key)
        return value.get(last, MISSING) if isinstance(value, dict) else MISSING

    return get_more


def _any_getter(keys: tuple[str | int, ...]) -> Callable[[Scope], object]:
    def get(scope: Scope) -> object:
        value: object = scope
        for key in keys:
            value = step(value, key)
            if value is MISSING:
                return MISSING
        return value

    return get
