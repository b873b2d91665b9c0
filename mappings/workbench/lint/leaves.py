"""Finds where the paths and constants of an expression stand in its text: Jinja2's syntax tree has no columns.

Tokens and tree are walked side by side, both in the order in which things were written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

from mappings.language.paths import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Range = tuple[int, int]
"""A part of a text: from and to, from 0, the latter not included."""
Token = tuple[int, str, str]
"""Where a token begins, its kind, its text."""

_WORDS_BETWEEN = frozenset({"and", "or", "not", "in", "is", "if", "else"})
_CONSTANTS = frozenset({"string", "integer", "float"})


class Leaves:
    """Where the leaves of parsed expressions stand. Nodes are found by identity, so the tree must be kept as well."""

    def __init__(self, parts: Sequence[nodes.Node], tokens: Sequence[Token], length: int) -> None:
        found = list(_ranges([token for token in tokens if token[1] not in {"whitespace", "data"}]))
        wanted = [leaf for part in parts for leaf in leaves(part)]
        self._whole = (0, length)
        self._root = parts[0] if len(parts) == 1 else None
        # they differ for what nobody has thought of; then everything is found at the whole text
        pairs = zip(wanted, found, strict=True) if len(wanted) == len(found) else ()
        self._ranges = {id(leaf): place for leaf, place in pairs}

    def place(self, node: nodes.Node) -> Range:
        """Return where a node stands, from its first leaf to its last; the whole text if that is not known."""
        if node is self._root:
            return self._whole
        places = [self._ranges[id(leaf)] for leaf in leaves(node) if id(leaf) in self._ranges]
        if not places:
            return self._whole
        return min(start for start, _ in places), max(end for _, end in places)


def leaves(node: nodes.Node) -> Iterator[nodes.Node]:
    """Walk the paths and constants of a tree in the order they were written in."""
    if isinstance(node, nodes.TemplateData):
        return
    if isinstance(node, nodes.Const) or keys_of(node) is not None:
        yield node
        return
    children: Iterator[nodes.Node] = node.iter_child_nodes()
    if isinstance(node, nodes.CondExpr):
        children = iter([part for part in (node.expr1, node.test, node.expr2) if part is not None])
    for child in children:
        yield from leaves(child)


def _ranges(tokens: list[Token]) -> Iterator[Range]:
    """Walk the same leaves in the tokens."""
    position = 0
    while position < len(tokens):
        start, kind, text = tokens[position]
        before = tokens[position - 1][2] if position else ""
        if (
            (kind == "name" and before in {".", "|"})
            or (kind == "name" and _is_test(tokens, position))
            or (kind == "name" and text in _WORDS_BETWEEN)
        ):
            position += 1
        elif kind == "name" or (kind in _CONSTANTS and before != "."):
            position, end = _end(tokens, position)
            yield start, end
        else:
            position += 1


def _is_test(tokens: list[Token], position: int) -> bool:
    words = [text for _, _, text in tokens[max(position - 2, 0) : position]]
    return words[-1:] == ["is"] or words == ["is", "not"]


def _end(tokens: list[Token], position: int) -> tuple[int, int]:
    """Return the token behind a path or constant, and where the text of the latter ends."""
    start, kind, text = tokens[position]
    end, position = start + len(text), position + 1
    if kind == "string":  # texts side by side are one
        while position < len(tokens) and tokens[position][1] == "string":
            end, position = tokens[position][0] + len(tokens[position][2]), position + 1
    while kind == "name" and (steps := _step(tokens, position)):
        end, position = tokens[position + steps - 1][0] + len(tokens[position + steps - 1][2]), position + steps
    return position, end


def _step(tokens: list[Token], position: int) -> int:
    """Return how many tokens a further step of a path has, 0 if there is none."""
    kinds = [kind for _, kind, _ in tokens[position : position + 4]]
    texts = [text for _, _, text in tokens[position : position + 4]]
    if texts[:1] == ["."] and kinds[1:2] in (["name"], ["integer"]):
        return 2
    if texts[:1] == ["["] and kinds[1:2] in (["string"], ["integer"]) and texts[2:3] == ["]"]:
        return 3
    if texts[:2] == ["[", "-"] and kinds[2:3] == ["integer"] and texts[3:4] == ["]"]:
        return 4
    return 0
