"""What nobody uses: tables, entries of tables, and fields of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.language.schema import Key, Schema
    from mappings.workbench.lint.findings import Span
    from mappings.workbench.lint.notebook import Notebook
    from mappings.workbench.lint.places import Places
    from mappings.workbench.lint.tables import Lookups

_DEEPEST = 6
"""How many levels of the source's fields are looked at."""
_LISTED = 12


def note_tables(lookups: Lookups, places: Places, notebook: Notebook) -> None:
    """Note tables that nobody looks into, and entries that nobody finds."""
    for name, shelf in lookups.shelves.items():
        if not shelf.asked:
            notebook.add(
                "unused-table", places.value(shelf.table.mark, name), f"no rule looks anything up in table '{name}'"
            )
        for key, reason in shelf.dead():
            words = f"the entry for '{key}' in table '{name}' is never found: {reason}"
            notebook.add("dead-entry", shelf.key_span(key), words)


def note_source(document: Schema, read: set[tuple[Key, ...]], endpoint: str, span: Span, notebook: Notebook) -> None:
    """Note, all together, which fields of the source no rule reads."""
    fields = list(_unread(document, read, ()))
    if fields:
        more = f" and {len(fields) - _LISTED} more" if len(fields) > _LISTED else ""
        words = f"no rule reads {len(fields)} fields of {endpoint}: {', '.join(fields[:_LISTED])}{more}"
        notebook.add("unmapped-source", span, words)


def _unread(schema: Schema, read: set[tuple[Key, ...]], path: tuple[Key, ...]) -> Iterator[str]:
    """Walk the fields that are listed and that nobody reads, as high up as that is true of all below."""
    for name in schema.names():
        place = (*path, name)
        below = schema.at((name,))
        if below is None or any(place[: len(each)] == each for each in read):
            continue
        inside = [each for each in read if each[: len(place)] == place]
        if not inside:
            yield _text(place)
        elif len(place) < _DEEPEST:
            item = below.at((0,)) if below.types == {"array"} else None
            yield from _unread(item or below, read, (*place, 0) if item is not None else place)


def _text(path: tuple[Key, ...]) -> str:
    text = str(path[0])
    for key in path[1:]:
        text += "[]" if isinstance(key, int) else f".{key}"
    return text
