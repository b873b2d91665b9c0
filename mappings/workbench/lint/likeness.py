"""Near misses: words so much alike that one of them is most likely a slip of the other, and what to say about it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mappings.language.problems import near

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from mappings.language.schema import Schema

_SLIP = 0.82
"""How much alike two words must be, of 1; above this a letter or two differ."""
_LISTED = 12
"""How many known words a sentence lists."""
_DEEPEST = 5
"""How many levels are searched for a name that stands elsewhere."""


def alike(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` is almost, None if it is known itself or none is that close.

    Words that differ in digits only (`address1`, `address2`) are not alike: they are counted on purpose.
    """
    words, letters = list(known), _letters(word)
    if word in words or len(letters) < 3:  # noqa: PLR2004 -- two letters are no likeness
        return None
    by_letters = {_letters(each): each for each in words if _uncounted(each) != _uncounted(word)}
    swapped = (each for each in by_letters if sorted(each) == sorted(letters))
    matches = [*swapped, *get_close_matches(letters, by_letters, n=1, cutoff=_SLIP)]
    return by_letters[matches[0]] if matches else None


def meant(word: str, known: Collection[str], elsewhere: str | None = None) -> str:
    """Return " (did you mean 'x'?)", or else what is known, of a long list the first ones."""
    likely = near(word, sorted(known)) if elsewhere is None else elsewhere
    if likely is not None:
        return f" (did you mean '{likely}'?)"
    words = list(known)
    if len(words) > _LISTED:
        return f" (it has {', '.join(words[:_LISTED])} and {len(words) - _LISTED} more)"
    return f" (it has {', '.join(words)})" if words else ""


def elsewhere(schema: Schema, name: str) -> str | None:
    """Return the path of the one field of this name that stands deeper in a schema, None if there is none or several."""
    found = list(_paths(schema, name, "", 0))
    return found[0] if len(found) == 1 else None


def _paths(schema: Schema, name: str, place: str, depth: int) -> Iterator[str]:
    for each in schema.names() if depth < _DEEPEST else ():
        path = f"{place}.{each}" if place else each
        if depth and each == name:
            yield path
        below = schema.at((each,))
        if below is not None:
            yield from _paths(below, name, path, depth + 1)


def _letters(word: str) -> str:
    """Return a word without what tells spellings of one name apart: capitals, hyphens, underscores, blanks."""
    return re.sub(r"[\s_-]", "", word).lower()


def _uncounted(word: str) -> str:
    return re.sub(r"[0-9]+", "0", word)
