"""Knows every secret value of this process and blanks it out of text that leaves the process."""

from __future__ import annotations

import base64
import json
import logging
import re
import traceback
from typing import Final
from urllib.parse import quote, quote_plus

SHORTEST: Final = 4
"""Shorter values are not hidden: they would blank out ordinary text and are no secret worth the name."""
MASK: Final = "***"
_SHAPE: Final = 40


class Secrets:
    """Values that must not be seen, in every spelling they may turn up in."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def hide(self, value: str) -> None:
        """From now on mask this value: as it is, URL-quoted, in base64, and escaped for JSON or Python."""
        if len(value) < SHORTEST or value in self._values:
            return
        self._values.add(value)
        self._forms.update(form for form in _spellings(value) if len(form) >= SHORTEST)
        self._pattern = None

    def mask(self, text: str) -> str:
        """Return the text with every hidden value replaced by three stars."""
        if not self._forms:
            return text
        if self._pattern is None:
            # the longest first: a secret may begin with another one
            forms = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(re.escape(form) for form in forms))
        return self._pattern.sub(MASK, text)


SECRETS: Final = Secrets()
"""The secrets of this process, wherever they were learned."""
hide = SECRETS.hide
mask = SECRETS.mask


def _spellings(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    quoted = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    # JSON inside JSON (a payload in a log record) escapes twice
    once = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    twice = {json.dumps(form)[1:-1] for form in once} | {repr(form)[1:-1] for form in once}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), form) for form in quoted}
    return {value, *quoted, *lower, *once, *twice, *_base64(raw)}


def _base64(raw: bytes) -> set[str]:
    """Return the base64 of the value, alone and as it looks in the middle of something longer (`user:secret`)."""
    forms = set()
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        whole = alphabet(raw).decode()
        forms |= {whole, whole.rstrip("=")}
        for before in range(3):
            text = alphabet(b"\0" * before + raw).decode().rstrip("=")
            # what the neighbours share a character with is left out on both sides
            start = -(-before * 8 // 6)
            end = (before + len(raw)) * 8 // 6
            forms.add(text[start:end])
    return {form for form in forms if len(form) > SHORTEST}


class Masking(logging.Filter):
    """Masks log records on a handler: message, arguments, traceback, stack, and extra fields."""

    def __init__(self, secrets: Secrets = SECRETS) -> None:
        super().__init__()
        self._mask = secrets.mask

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it is never dropped."""
        record.msg, record.args = self._mask(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            record.exc_info = None  # a formatter that looks here would print it unmasked
        for name, value in vars(record).items():
            if isinstance(value, str):
                record.__dict__[name] = self._mask(value)
        return True


def safe_shape(value: object) -> str:
    """Say what a document's value looks like without telling it: digits become 9, letters a or A; 40 characters at most."""
    text = str(value)
    shape = "".join(map(_class, text[:_SHAPE]))
    return shape if len(text) <= _SHAPE else shape[: _SHAPE - 1] + "…"


def _class(character: str) -> str:
    if character.isnumeric():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if character.isprintable() else " "
