"""Ways to spoil the JSON of any provider without knowing it."""

from __future__ import annotations

import json
import re

MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_LIKE_A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def every_object(value, what):
    """Do something to every JSON object in a value, the inner ones first."""
    if isinstance(value, dict):
        for inner in list(value.values()):
            every_object(inner, what)
        what(value)
    elif isinstance(value, list):
        for inner in value:
            every_object(inner, what)


def restamp(value, moment, never_empty=frozenset()):
    """Put this in the place of every text that is an instant, but nothing empty into members of these names."""

    def stamp(one):
        for name, inner in one.items():
            if isinstance(inner, str) and _LIKE_A_MOMENT.match(inner) and (moment or name not in never_empty):
                one[name] = moment

    every_object(value, stamp)


def scalars(body):
    """Return every text and number in a JSON body as text; a body that is no JSON is one text."""
    try:
        todo = [json.loads(body, parse_float=str)]
    except ValueError:
        return [body.decode("utf-8", "replace")]
    found = []
    for item in todo:
        if isinstance(item, dict | list):
            todo.extend(item.values() if isinstance(item, dict) else item)
        elif isinstance(item, str | int) and not isinstance(item, bool):
            found.append(str(item))
    return found


def tidy(value):
    """Take blanks and brackets out of every text with a marker in it, as servers do that tidy the names of files."""

    def without(one):
        for name, inner in one.items():
            if isinstance(inner, str) and "[gw-" in inner:
                one[name] = re.sub(r"[\[\] ]", "", inner)

    every_object(value, without)
