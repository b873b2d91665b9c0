"""Takes document values out of sentences that come from elsewhere, before they are written down or shown."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from connectors.secrets import mask, safe_shape

_SHORTEST = 4
"""Shorter values are ordinary words ("EUR", "no"): replacing them would only garble the sentence."""
_LONG = 8
"""From that many characters on a value is looked for inside of words too: no word of ours has it by chance."""
_ESCAPED = r"(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4})|(?<=%[0-9a-f]{2})"
"""What a value can follow whose last sign is part of an escape, not of a word: `\\nMüller`, `%20Müller`."""
_CODE = re.compile(r"[a-z][a-z_]{0,20}")
"""Values such as `credit_note` or `supplier` are words of the trade and tell nobody anything."""
REQUEST = re.compile(r"\b[\w-]+: (?:GET|HEAD|POST|PUT|PATCH|DELETE) \S+?(?=: | answered |$)")
"""The request an error of a connector is about ("zefort: POST contracts/"): our own words and ids, nobody's values."""
_UNREACHED = re.compile(r": [^()]*\(setting [A-Z0-9_]+\)")
"""What follows it where no connection could be made: the server and the setting, and nothing from a document."""
_READ = re.compile(r"[\w-]+: (?:GET|HEAD) \S+ answered \d{3}: ")
_NO_LIST = re.compile(r" came as a success and is an error \(")
_WORD = re.compile(
    r"""(?P<quoted>(?<!\w)(?:"[^"]*"|'[^']*'|`[^`]*`|„[^“”]*[“”]|«[^»]*»))|[^\s()\[\]{},;:.!?"'`]+(?:['.][^\s()\[\]{},;:.!?"'`]+)*"""
)
"""A piece of what a provider says: something in quotation marks, or a word (`don't`, `1.50` and `line.amount` are one)."""
_FIELD = re.compile(r"[a-z][A-Za-z_.'-]*(?:/[a-z][A-Za-z_.'-]*)*|[-/|=+*#&%]+")
"""What is no value by its looks: an ordinary word or the name of a field, in whose middle capitals may stand, several of them
with strokes between (`username/password`); or a sign."""
_SETTING = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
"""Our own advice stands behind a provider's words: the setting to mend, or a line of the route file as below."""
_LINE = re.compile(r"[a-z_]+: [a-z_]+")
_CAPITAL = re.compile(r"[A-Z][a-z]*(?:'[a-z]+)?")
_BEGINS = re.compile(r"(?:^|[.:;!?(]\s*)$")
_TRADE = frozenset({"API", "HTTP", "HTTPS", "ID", "JSON", "PDF", "URL", "UUID", "XML", "I"})
_NAMES = re.compile(r"(^|[a-z_])(id|Id|ID|ids|Ids)$|^(state|status|externalData|files|url)$")


def told(error: BaseException, values: list[object]) -> str:
    """Return what an error says without secrets, without these values and without what the calls behind it carried.

    A connector may send along what it has just read (annotations, other notes), and a refusal quotes that too.
    """
    carried: list[object] = []
    cause: BaseException | None = error
    while cause is not None:
        carried.append(getattr(cause, "sent", None))
        cause = cause.__cause__
    return _unread(redact(mask(str(error)), [*values, *carried]))


def _unread(text: str) -> str:
    """Take out of what was said about a *read* whatever may be a value, since a document that was not read has none to look for.

    Names and numbers go, words of a sentence and names of fields stay.
    """
    request = _READ.match(text) or _NO_LIST.search(text)
    return text if request is None else text[: request.end()] + _WORD.sub(_plain, text[request.end() :])


def _plain(found: re.Match[str]) -> str:
    word = found.group()
    quoted = found["quoted"]
    if quoted is not None:
        inner = quoted[1:-1]
        field = _FIELD.fullmatch(inner) and (quoted[0] == "`" or "_" in inner)
        field = field or (quoted[0] == "`" and _LINE.fullmatch(inner))
        return word if field else quoted[0] + safe_shape(inner) + quoted[-1]
    begins = _BEGINS.search(found.string, 0, found.start()) is not None
    if word in _TRADE or _FIELD.fullmatch(word) or _SETTING.fullmatch(word) or (begins and _CAPITAL.fullmatch(word)):
        return word
    return safe_shape(word)


def redact(text: str, values: list[object]) -> str:
    """Replace every document value that occurs in `text` by its shape (digits as 9, letters as a or A).

    Providers quote values as they are, in other case, escaped as in JSON, or cut off; of a long text with several
    words each longer word counts as well. A short value counts where it stands by itself: the name "Proj" is in no
    "project", but it is in "Proj_1" and "%20Proj", and 1200 is in "EUR1200". The request that the sentence begins with stays as it is, and
    so does where it could not get to.
    """
    request = REQUEST.match(text)
    start = request.end() if request else 0
    unreached = _UNREACHED.match(text, start) if request else None
    start = unreached.end() if unreached else start
    return text[:start] + _redacted(text[start:], values)


def _redacted(text: str, values: list[object]) -> str:
    found = {form for tree in values for value in _scalars(tree) for form in _forms(value)}
    known = [form for form in found if form.casefold() in text.casefold()]
    if not known:
        return text
    pattern = "|".join(_pattern(form) for form in sorted(known, key=len, reverse=True))
    return re.sub(pattern, lambda match: safe_shape(match.group()), text, flags=re.IGNORECASE)


def _pattern(form: str) -> str:
    exact = re.escape(form)
    if len(form) >= _LONG:
        return exact
    before, after = _alike(form[0]), _alike(form[-1])
    left = rf"(?:(?<!{before})|{_ESCAPED})" if before else ""
    return left + exact + (rf"(?!{after})" if after else "")


def _alike(edge: str) -> str:
    """Return what a sign goes on as, in a word or a number; nothing for scripts that put no blanks between words."""
    if not edge.isascii() or not edge.isalnum():
        return ""
    return "[0-9]" if edge.isdigit() else "[a-z]"


def unnamed(fields: dict[str, object]) -> dict[str, object]:
    """Return a document without what names it: its ids, its state and our own marks on it may be said aloud."""
    return {name: value for name, value in fields.items() if not _NAMES.search(name)}


def _forms(value: str) -> set[str]:
    if _CODE.fullmatch(value) or len(value) < _SHORTEST:
        return set()
    words = {word for word in re.findall(r"\w+", value) if len(word) > _SHORTEST and not _CODE.fullmatch(word)}
    return {value, json.dumps(value)[1:-1], *words}


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
