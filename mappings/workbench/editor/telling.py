"""What a stream's schema tells about a field, as the help that an editor shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.schema_check import FORMATS, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.language.schema import Schema
    from mappings.workbench.editor.pieces import Offer

_SHOWN = 12
"""How many values a sentence lists; all of them are offered."""


def telling(schema: Schema, *, required: bool = False) -> str:
    """Return what a field is, of which kind and how long, and whether it must be there; empty if nothing is known."""
    facts = [*_facts(schema), *(["required"] if required else [])]
    sentence = ", ".join(facts)
    return f"{schema.description} {sentence[:1].upper()}{sentence[1:]}{'.' if facts else ''}".strip()


def values(schema: Schema) -> list[Offer]:
    """Return the values that can be offered; null is none that anybody writes down."""
    known = schema.known or ((True, False) if "boolean" in schema.types else ())
    return [(value, "") for value in known if value is not None]


def _facts(schema: Schema) -> Iterator[str]:
    known = [_written(value) for value in schema.known if value is not None]
    wanted, longest = schema.data.get("format"), schema.data.get("maxLength")
    if known:
        yield f"one of {', '.join(known[:_SHOWN])}{', …' if len(known) > _SHOWN else ''}"
    elif wanted in FORMATS:
        yield FORMATS[wanted]
    elif schema.types:
        yield " or ".join(KINDS[kind] for kind in sorted(schema.types) if kind != "null" or len(schema.types) == 1)
    if known and not schema.enum:
        yield "or another"
    if longest is not None:
        yield f"at most {longest} characters"


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
