"""Titles of documents: how they are sent, and by what they are known again where the server spells them in its own way."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 256
_CUT: Final = 200
"""A beginning of that many characters is our title, cut by the server; a shorter one is another title."""


def tidy(title: str) -> str:
    """Return a title as any server may keep it: composed, on one line, with single blanks and no control characters."""
    plain = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in unicodedata.normalize("NFC", title))
    return " ".join(plain.split())


def shows(shown: object, title: str) -> bool:
    """Say whether what is shown is a tidy title that was sent, spelled in another way or cut at its end."""
    if not isinstance(shown, str):
        return False
    kept = tidy(shown)
    return kept == title or (len(kept) >= _CUT and title.startswith(kept))
