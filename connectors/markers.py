"""The marker that travels in a file's name: short, made of the delivery's key, and found again whatever servers do to names."""

from __future__ import annotations

import hashlib
import mimetypes
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARKER = re.compile(r"gw([\W_]?)([0-9a-f]{16})(?:\1(?:([0-9a-f]{8})|main|([0-9a-f]+)))?", re.IGNORECASE)
"""A marker wherever it stands: what is round it may be gone, its hyphens changed or gone too, its case another.

Groups: the sign after `gw`; the delivery's digits; the file's; the file's if some of them were cut off.
"""
_NAME_LENGTH = 50
"""Characters of the original name that are kept: servers cut long names off, and the marker stands at the end."""
_ANYTHING = "application/octet-stream"


def delivery_marker(key: str) -> str:
    """Return the marker of a delivery: 16 hex digits of its key's SHA-256."""
    return digest(key)


def file_marker(key: str, file_id: str) -> str:
    """Return the marker of an attachment: the delivery's and 8 hex digits of the file's."""
    return f"{digest(key)}-{digest(file_id, 8)}"


def marked(name: str, marker: str, media_type: str) -> str:
    """Return a file name that carries a marker and an ending that fits the media type: `NDA Acme [gw-7f3a…-main].pdf`.

    `main` keeps digits that a server appends from passing for a file's; names made by early versions are without it.
    """
    plain = unicodedata.normalize("NFC", name)
    plain = "".join(" " if unicodedata.category(sign)[0] in "CZ" or sign in '\\/:*?"<>|' else sign for sign in plain)
    before = None
    while plain != before:  # a file that went through here before carries one, and what is round it may make another
        before, plain = plain, " ".join(_MARKER.sub("", plain).replace("[]", "").split())
    stem, dot, ending = plain.rpartition(".")
    meant = mimetypes.guess_type(f"x.{ending}")[0] if dot else None
    if meant is None or media_type not in {meant, _ANYTHING}:
        stem, ending = plain, (mimetypes.guess_extension(media_type) or "").lstrip(".")
    written = marker if "-" in marker else f"{marker}-main"
    return f"{stem[:_NAME_LENGTH].strip(' .') or 'document'} [gw-{written}]" + (f".{ending}" if ending else "")


def markers(names: Iterable[str]) -> set[str]:
    """Return all markers in file names. Signs and case may have been changed on the server, letters and digits not lost."""
    found = (match.group(2, 3, 4) for name in names for match in _MARKER.finditer(name))
    return {(f"{delivery}-{file}" if file else delivery).lower() for delivery, file, torn in found if not torn}


def digest(value: str, length: int = 16) -> str:
    """Return the first hex digits of a text's SHA-256. For keys and ids only: a document's value would be found by trying."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:length]
