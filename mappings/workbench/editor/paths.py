"""The paths into a source's documents and into payloads, as an editor offers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.paths import path_to
from mappings.workbench.editor.telling import telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.language.schema import Key, Schema
    from mappings.workbench.editor.pieces import Offer


def paths(schema: Schema) -> list[Offer]:
    """Return every field that is listed, whole lists and objects among them; what is inside of lists has other names in rules."""
    return [(text, telling(found)) for text, found in _below(schema, (), inside=False)]


def lists(schema: Schema) -> list[Offer]:
    """Return the paths to lists."""
    return [(text, telling(found)) for text, found in _below(schema, (), inside=False) if "array" in found.types]


def places(schema: Schema) -> list[Offer]:
    """Return the paths to everything that is listed and may be written, the first items of lists too."""
    return [(text, "") for text, _ in _below(schema, (), inside=True)]


def _below(schema: Schema, keys: tuple[Key, ...], *, inside: bool) -> Iterator[tuple[str, Schema]]:
    steps: list[Key] = [*schema.names(), *([0] if inside and "array" in schema.types else [])]
    for step in steps:
        found = schema.at((step,))
        if found is not None and found.writable:
            yield path_to((*keys, step)).text, found
            yield from _below(found, (*keys, step), inside=inside)
