"""True and false, which text may say too; nothing else means either."""

from __future__ import annotations

from mappings.language.shapes import looks
from mappings.language.values import ValueProblem


def boolean(value: object) -> bool:
    """Return true or false, also from these words in any case. Raises ValueProblem."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= len("false") and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ValueProblem(f"is not true or false {looks(value)}")
