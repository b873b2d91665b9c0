"""How texts are kept: every one that a provider can say, in databases that have no NUL and no half of a character."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text as PlainText
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect

SIGN = "\ufdd0"
"""Unicode promises never to give it a meaning. Before a 0 it stands for NUL, before a 1 for itself."""
NUL = f"{SIGN}0"
_ODD = re.compile(rf"[\0{SIGN}\ud800-\udfff]")
_KEPT = re.compile(f"{SIGN}([01])")


class Text(TypeDecorator[str]):
    """A text that comes back as it was written, a NUL in it too; halves of characters come back as U+FFFD.

    PostgreSQL refuses a NUL, and one refused row ends a run. Replaced by another character, an id, a cursor or a journal's
    result would name something else. Halves of characters name nothing: whatever has one in its id is not taken over.
    """

    impl = PlainText
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:  # noqa: ARG002 -- SQLAlchemy's signature
        """Return what makes a text keepable. Called for every value, so without TypeDecorator's calls in between."""
        return kept

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 -- the same
        """Return what makes a kept text what it was."""
        return as_it_was


def kept(value: str | None) -> str | None:
    """Return what a text is kept as."""
    if value is None or (value.isascii() and "\0" not in value):
        return value
    return _ODD.sub(_instead, value)


def _instead(odd: re.Match[str]) -> str:
    if odd.group() == "\0":
        return NUL
    return f"{SIGN}1" if odd.group() == SIGN else "\N{REPLACEMENT CHARACTER}"


def as_it_was(value: str | None) -> str | None:
    """Return what a kept text was."""
    if value is None or SIGN not in value:
        return value
    return _KEPT.sub(lambda found: "\0" if found[1] == "0" else SIGN, value)
