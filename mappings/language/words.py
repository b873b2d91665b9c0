"""What a word of the language is documented with: help, what it takes and gives, and examples that a test runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KINDS: Final = frozenset({"string", "integer", "decimal", "boolean", "date", "datetime", "list", "object"})
"""The kinds of values that expressions and targets have. A date is text YYYY-MM-DD, a datetime an RFC 3339 instant."""
ANY: Final = frozenset({"any"})
TEXT: Final = frozenset({"string"})
NUMBER: Final = frozenset({"integer", "decimal"})
DAY: Final = frozenset({"date", "string"})
INSTANT: Final = frozenset({"datetime", "string"})


class FormatError(ValueError):
    """A word that stands beside a type or in a filter cannot be used; the message says why.

    `option` is the key it stands under, `place` its position if that key has a list.
    """

    def __init__(self, message: str, option: str = "format", place: int = 0) -> None:
        super().__init__(message)
        self.option = option
        self.place = place


@dataclass(frozen=True, slots=True)
class Example:
    """How a word is written, and what comes of it. `given` is the document's value that a type meets."""

    written: str
    gives: object
    given: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A type or filter as the reference, the editor and lint know it. `takes` and `gives` are KINDS, or ANY."""

    help: str
    takes: frozenset[str]
    gives: frozenset[str]
    examples: tuple[Example, ...]
