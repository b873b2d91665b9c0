"""What of an exchange a published document can have an opinion about: how its bodies are built, not which values are in them."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl

_ID = re.compile(r"[0-9a-fA-F]{24,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD = re.compile(r"[A-Za-z_-]{0,24}")
"""It may be one of a list of words that are allowed."""
_LONGEST = 24
_PART = re.compile(rb'\r\ncontent-disposition: form-data; name="([^"\r]*)"(; filename)?', re.IGNORECASE)


def features(exchange):
    """Return everything that can be right or wrong in an exchange by itself.

    One whose features were all seen before in exchanges of the same kind need not be validated again: whatever is wrong in
    it was told then. Whole shapes would do, too, but a page of fifty documents hardly ever has the same one twice.
    """
    found = {("query", name, _text(value)) for name, value in parse_qsl(exchange.query, keep_blank_values=True)}
    found |= _features("asked", exchange.body, media_type(exchange.headers))
    return found | _features("said", exchange.answer, media_type(exchange.answer_headers))


def media_type(headers):
    """Return the media type that headers state, without its parameters."""
    kinds = (value.partition(";")[0].strip().lower() for name, value in headers if name.lower() == "content-type")
    return next(kinds, "")


def _features(side, body, kind):
    found = {(side, kind, bool(body))}
    if not body:
        return found
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        found |= {(side, name, _text(value)) for name, value in pairs} | {(side, frozenset(dict(pairs)))}
    elif kind == "multipart/form-data":
        found.add((side, frozenset(_PART.findall(b"\r\n" + body))))
    else:
        try:
            found.update(_built((side,), json.loads(body)))
        except (ValueError, RecursionError):
            found.add((side, "no JSON"))
    return found


def _built(place, value):
    """Yield what an object has, how a list is filled and what a value looks like, each with its place."""
    if isinstance(value, dict):
        yield place, frozenset(_ID.sub("id", name) for name in value)
        for name, each in value.items():
            yield from _built((*place, _ID.sub("id", name)), each)
    elif isinstance(value, list):
        yield place, "list", min(len(value), 2)
        for each in value:
            yield from _built((*place, "*"), each)
    elif isinstance(value, str):
        yield place, "text", _text(value)
    elif isinstance(value, bool) or value is None:
        yield place, str(value)
    else:
        # What documents ask of numbers: to be whole, and not to be below nought or one.
        yield place, type(value).__name__, value if value in (0, 1) else value > 0


def _text(value):
    if _WORD.fullmatch(value):
        return value
    if len(value) > 2 * _LONGEST or " " in value:
        return "a text"
    # Moments, dates, numbers, addresses: what a format or a pattern may ask for.
    signs = re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", _ID.sub("id", value)))
    return signs if len(signs) <= _LONGEST else "a text"
