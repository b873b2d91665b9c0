"""The targets that a destination has: every one that is listed, by its name with dots, and where others may be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.workbench.editor.pieces import STEP, TARGET, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.language.schema import Schema


@dataclass(frozen=True, slots=True)
class Target:
    """A target as it is written on the left, its schema, and whether its object must have it."""

    name: str
    schema: Schema
    required: bool


def targets(around: Schema, prefix: str = "") -> Iterator[Target]:
    """Return all targets in an object, those inside of its objects after them."""
    for name in around.names():
        inner = around.at((name,))
        if inner is not None and re.fullmatch(STEP, name):
            yield Target(f"{prefix}{name}", inner, name in around.required)
            yield from targets(inner, f"{prefix}{name}.")


def others(around: Schema) -> list[str]:
    """Return patterns of the targets that may be there without being listed: at the top, and below objects that are open."""
    inside = [_escaped(one.name) for one in targets(around) if one.schema.open and one.schema.writable]
    below = rf"({'|'.join(inside)})\.{TARGET}"
    return [whole(TARGET)] if around.open else [whole(below)] if inside else []


def _escaped(name: str) -> str:
    """Escape what means something in a pattern, and nothing else: readers are strict about that."""
    return re.sub(r"([\\^$.|?*+()])", r"\\\1", name)
