"""Takes document values out of sentences that come from elsewhere, before they are written down or shown."""

from __future__ import annotations

from decimal import Decimal

from connectors.secrets import safe_shape

_SHORTEST = 4  # shorter values are ordinary words ("EUR", "no"): replacing them would only garble the sentence


def redact(text: str, values: list[object]) -> str:
    """Replace every document value that occurs in `text` by its shape (digits as 9, letters as a or A)."""
    found = {value for tree in values for value in _scalars(tree) if len(value) >= _SHORTEST and value in text}
    for value in sorted(found, key=len, reverse=True):
        text = text.replace(value, safe_shape(value))
    return text


def _scalars(tree: object) -> list[str]:
    """Return every value in a JSON-like tree as text; keys are names, not values."""
    found: list[str] = []
    todo = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, str | int | Decimal) and not isinstance(item, bool):
            found.append(str(item))
    return found
