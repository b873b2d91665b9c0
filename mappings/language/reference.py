"""Writes the tables of docs/route-file.md from what the code knows: python -m mappings.language.reference."""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from mappings.language.conversions import OPTIONS, TYPES
from mappings.language.dates.formats import LETTERS
from mappings.language.filters import FILTERS, LOOKUP, TESTS
from mappings.language.model import (
    ALARM_KEYS,
    CONFLICT_WORDS,
    FEEDBACK_NAMES,
    FEEDBACK_WORDS,
    ON_ERROR_WORDS,
    ROUTE_KEYS,
    SOURCE_KEYS,
    TABLE_KEYS,
    TEST_KEYS,
    TWO_WAY_KEYS,
    UNKNOWN_WORDS,
)
from mappings.language.numbers.money import ROUNDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PAGE = Path("docs/route-file.md")
"""The page, seen from the root of the project."""
_BLOCK = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end of table -->\n)", re.DOTALL)


def tables() -> dict[str, str]:
    """Return every table of the reference in Markdown, by the name that the page calls it by."""
    return {
        "route-keys": _words("key", "meaning", ROUTE_KEYS),
        "source-keys": _words("key", "value", SOURCE_KEYS),
        "types": _table(
            ("`type`", "gives", "beside it", "for example"),
            [
                (
                    f"`{name}`",
                    known.help,
                    ", ".join(f"`{key}`" for key in known.options),
                    "<br>".join(
                        f"`{each.written}`: `{_shown(each.given)}` → `{_shown(each.gives)}`" for each in known.examples
                    ),
                )
                for name, known in TYPES.items()
            ],
        ),
        "options": _words("key", "meaning", OPTIONS),
        "letters": _words("letter", "meaning", LETTERS),
        "roundings": _words("`round`", "how", ROUNDINGS),
        "on-error": _words("`on_error`", "what happens", ON_ERROR_WORDS),
        "table-keys": _words("key", "meaning", TABLE_KEYS),
        "unknown": _words("`unknown`", "what becomes of a value without an entry", UNKNOWN_WORDS),
        "tests-of-expressions": _words(
            "test", "is true if this is", {f"is {name}": test.help for name, test in TESTS.items()}
        ),
        "filters": _table(
            ("filter", "gives", "for example"),
            [
                (
                    f"`{written}`",
                    known.help,
                    "<br>".join(f"`{each.written}` → `{_shown(each.gives)}`" for each in known.examples),
                )
                for written, known in sorted(
                    [*((known.written, known) for known in FILTERS.values()), ("lookup('table')", LOOKUP)],
                    key=lambda each: each[0],
                )
            ],
        ),
        "feedback-words": _words("word", "when", FEEDBACK_WORDS),
        "feedback-names": _words("name", "meaning", FEEDBACK_NAMES),
        "two-way-keys": _words("key", "meaning", TWO_WAY_KEYS),
        "conflicts": _words("`conflict`", "who wins", CONFLICT_WORDS),
        "alarm-keys": _words("key", "meaning", ALARM_KEYS),
        "test-keys": _words("key", "meaning", TEST_KEYS),
    }


def renewed(page: str) -> str:
    """Return a page with its tables as they are now. Raises KeyError for one that nobody knows."""
    known = tables()
    return _BLOCK.sub(lambda found: f"{found[1]}{known[found[2]]}{found[3]}", page)


def _words(key: str, meaning: str, words: Mapping[str, str]) -> str:
    return _table((key, meaning), [(f"`{word}`", text) for word, text in words.items()])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [[cell.replace("|", r"\|") for cell in row] for row in (head, *rows)]
    first, *others = (f"| {' | '.join(row)} |".replace("|  |", "| |") for row in cells)
    return "\n".join([first, "|---" * len(cells[0]) + "|", *others]) + "\n"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
