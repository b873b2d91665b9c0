"""The pieces that an editor's schema is made of: words that are known, values that are offered, references, patterns.

`defaultSnippets`, `enumDescriptions`, `errorMessage` and `doNotSuggest` are words of the language server that VS Code uses; other
readers of JSON Schema pass over them. What stands under `defaultSnippets` is offered, and anything else may stand there as well.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mappings.language.reading import EXPRESSION_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JsonSchema = dict[str, Any]
Offer = tuple[object, str]
"""A value, and its help."""

TEXT: JsonSchema = {"type": "string"}
EXPRESSION: JsonSchema = {"type": "string", "minLength": 1}
SCALAR: JsonSchema = {"type": ["string", "number", "boolean"]}
YES_OR_NO: JsonSchema = {"type": "boolean"}
ANY_VALUE: JsonSchema = {"anyOf": [{}]}
"""Anything. An empty schema would say the same, but the language server then leaves out the colon behind a key."""
STEP = r"[^\s.\[\]{}]([^.\[\]{}]*[^\s.\[\]{}])?"
"""A name in a target: no dots, no brackets, no white space around it."""
TARGET = rf"{STEP}(\.{STEP})*"
"""Names with dots between them."""
_TAKEN = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in word) for word in sorted(EXPRESSION_WORDS))
NAME = rf"(?!({_TAKEN})$)(?!__)(?![0-9])[^\x00-/:-@\[-^`{{-\x7f]+"
"""A name in expressions: none of their words, no digit first, no signs. Patterns know letters of other scripts by nothing else."""

_PLAIN = re.compile(r"[^\W\d_][\w./-]*( [\w./-]+)*")
_NOT_TEXT = frozenset({"true", "false", "null"})


def reference(name: str) -> JsonSchema:
    """Return a reference to a definition; only annotations may stand beside it. `name` needs no escaping."""
    return {"$ref": f"#/definitions/{name}"}


def whole(pattern: str) -> str:
    """Return a pattern that fits a text as a whole."""
    return f"^{pattern}$"


def told(words: str) -> str:
    """Return help without marks of Markdown, which editors would show as they are."""
    return re.sub(r"\*(\w[^*]*)\*", r"\1", words).replace("`", "")


def explained(known: Mapping[str, str], shapes: Mapping[str, JsonSchema]) -> JsonSchema:
    """Return an object that has the keys that are known, each with its help, and no others. Raises KeyError without a shape."""
    keys = {key: {"description": told(words), **shapes[key]} for key, words in known.items()}
    return {"type": "object", "properties": keys, "additionalProperties": False}


def word(known: Mapping[str, str]) -> JsonSchema:
    """Return the schema of a word of which all are known, each with its help."""
    return {"type": "string", "enum": list(known), "enumDescriptions": [told(words) for words in known.values()]}


def offers(values: Iterable[Offer]) -> JsonSchema:
    """Return what offers values; an empty schema if there are none."""
    snippets = [_snippet(_label(value), _body(value), words) for value, words in values]
    return {"defaultSnippets": snippets} if snippets else {}


def names(known: Iterable[str]) -> JsonSchema:
    """Return the schema of names that are offered; any other may stand there as well."""
    listed = list(known)
    return {"anyOf": [{"enum": listed}, {}]} if listed else {}


def _snippet(label: str, body: str, words: str) -> JsonSchema:
    more = {"label": label} if label != body else {}
    return {"bodyText": body, **more, **({"description": told(words)} if words else {})}


def _label(value: object) -> str:
    return str(value) if isinstance(value, str | Decimal) else json.dumps(value, default=str)


def _body(value: object) -> str:
    """Return a value as it is written in a route file; in a snippet a dollar would begin a placeholder."""
    written = _label(value)
    if isinstance(value, str) and (not _PLAIN.fullmatch(value) or value.lower() in _NOT_TEXT):
        written = json.dumps(value, ensure_ascii=False)
    return written.replace("\\", "\\\\").replace("$", "\\$")
