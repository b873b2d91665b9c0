"""Names of files and folders that every file system takes, whatever a document's own names are like."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

LONGEST = 120
"""Bytes of a name in UTF-8. File systems take 255, but whole paths must fit on Windows, and a copy may add to a name."""
_LONGEST_ENDING = 16
_ANYTHING = "application/octet-stream"
_FORBIDDEN = '\\/:*?"<>|'
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)


def safe(name: str, otherwise: str = "file") -> str:
    """Return a name that is one path segment everywhere: no separators, control signs or reserved words; 120 bytes.

    The ending survives. What nothing is left of becomes `otherwise`.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    text = "".join(" " if unicodedata.category(sign)[0] in "CZ" or sign in _FORBIDDEN else sign for sign in text)
    text = " ".join(text.split()).strip(" .")
    if _RESERVED.fullmatch(text):
        text = f"_{text}"
    stem, dot, ending = text.rpartition(".")
    if not stem or len(ending.encode()) > _LONGEST_ENDING:
        stem, dot, ending = text, "", ""
    kept = _cut(stem, LONGEST - len(f"{dot}{ending}".encode())).rstrip(" .")
    return f"{kept}{dot}{ending}" if kept else otherwise


def ended(name: str, media_type: str) -> str:
    """Return a safe name with an ending that fits the media type, if it has none: many programs go by the ending alone."""
    if "." in name or media_type == _ANYTHING:
        return name
    return safe(name + (mimetypes.guess_extension(media_type) or ""))


def distinct(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number where another one differs from it in case only or not at all.

    `taken` holds names in the form of `same`.
    """
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    number, found = 1, name
    while same(found) in taken:
        number += 1
        found = f"{stem} ({number}){dot}{ending}"
    return found


def same(name: str) -> str:
    """Return the form in which two names are compared: some file systems see no difference between cases."""
    return unicodedata.normalize("NFC", name.casefold())


def _cut(text: str, longest: int) -> str:
    return text.encode()[:longest].decode("utf-8", "ignore")
