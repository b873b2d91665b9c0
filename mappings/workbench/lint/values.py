"""Whether what a rule gives fits what the destination takes: its types, and every value that is known beforehand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mappings.language.problems import near
from mappings.language.schema import Schema
from mappings.workbench.lint.kinds import fits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.workbench.lint.findings import Span
    from mappings.workbench.lint.kinds import Fixed, Kind

_CHECKS = (
    ("type-mismatch", ("type",)),
    ("value-not-allowed", ("enum",)),
    ("value-length", ("minLength", "maxLength", "minItems", "maxItems")),
    ("value-range", ("minimum", "maximum")),
    ("value-form", ("pattern", "format", "examples")),
)
"""The words of a schema in the order in which they are looked at, and the code of what does not fit them."""
_SHAPE = re.compile(r" \((?:looks like|is) .*\)$")
_SHOWN = 60


class Misfit(NamedTuple):
    """What does not fit: a code, a sentence, and where the value stands, None for the rule as a whole."""

    code: str
    message: str
    span: Span | None


class Fit:
    """What one target takes. `target` is what to call it."""

    def __init__(self, schema: Schema, target: str) -> None:
        self._schema = schema
        self._target = target

    def misfits(self, kind: Kind) -> Iterator[Misfit]:
        """Walk what does not fit in whatever a rule may give."""
        told = [misfit for fixed in kind.fixed if fixed.span is not None for misfit in self._value(fixed)]
        yield from told
        types = self._schema.types
        bad = [word for word in sorted(kind.words) if not fits(word, types)]
        certain = len(bad) == len(kind.words)
        if bad and kind.known and not any(misfit.code == "type-mismatch" for misfit in told):
            message = f"{self._target} must be {called(self._schema)}, and this {'is' if certain else 'may be'} {kind.called()}"
            yield Misfit("type-mismatch" if certain else "type-risk", message + _remedy(kind, types), None)
        elif self._schema.enum and not told:
            yield from self._risks(kind)
        inner = self._schema.at((0,))
        if kind.words == {"list"} and inner is not None and not bad:
            yield from Fit(inner, f"an item of {self._target}").misfits(kind.items())

    def _value(self, fixed: Fixed) -> Iterator[Misfit]:
        for code, path, words in misfits(fixed.value, self._schema) if self._schema.check(fixed.value) else ():
            name = f"{self._target}{'' if not path or path.startswith('[') else '.'}{path}"
            shown = "" if isinstance(fixed.value, list | dict) else f" {_shown(fixed.value)}"
            yield Misfit(code, f"{name} {words}; {fixed.what}{shown} is not", fixed.span)

    def _risks(self, kind: Kind) -> Iterator[Misfit]:
        odd = [each.value for each in kind.fixed if each.span is None and each.value not in self._schema.enum]
        if odd:
            listed = ", ".join(str(value) for value in odd[:8])
            message = f"{self._target} {_allowed(self._schema)}, and the source also has {listed}; use lookup: or when:"
            yield Misfit("value-risk", message, None)


def misfits(value: object, schema: Schema, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Walk what does not fit in a value: a code, the path inside the value, and what it must be."""
    for code, words in _CHECKS:
        asked = {word: schema.data[word] for word in words if word in schema.data}
        for _, sentence in Schema(asked).check(value) if asked else ():
            yield code, path, _SHAPE.sub("", sentence) + (_meant(value, schema) if code == "value-not-allowed" else "")
            return
    if isinstance(value, dict):
        for name in sorted(schema.required - value.keys()):
            yield "unmapped-required", f"{path}.{name}" if path else name, "must be there"
        for name, inner in value.items():
            below, place = schema.at((name,)), f"{path}.{name}" if path else name
            if below is None:
                yield "unknown-target", place, "is not taken there"
            else:
                yield from misfits(inner, below, place)
    elif isinstance(value, list):
        items = schema.at((0,))
        for number, inner in enumerate(value if items is not None else ()):
            yield from misfits(inner, items or Schema({}), f"{path}[{number}]")


def called(schema: Schema) -> str:
    """Return the types of a schema in words fit for a sentence."""
    sentence = Schema({"type": sorted(schema.types)}).check(object())
    return _SHAPE.sub("", sentence[0][1]).removeprefix("must be ") if sentence else "anything"


def _allowed(schema: Schema) -> str:
    return _SHAPE.sub("", Schema({"enum": list(schema.enum)}).check(object())[0][1])


def _meant(value: object, schema: Schema) -> str:
    likely = near(value, [each for each in schema.enum if isinstance(each, str)]) if isinstance(value, str) else None
    return f" (did you mean '{likely}'?)" if likely is not None else ""


def _shown(value: object) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    text = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return f"'{text}'" if isinstance(value, str) else text


def _remedy(kind: Kind, types: frozenset[str]) -> str:
    if types & {"number", "integer"} and "string" in kind.words:
        return f"; add type: {'decimal' if 'number' in types else 'integer'} if it is written as a number"
    if "string" in types and kind.words & {"integer", "decimal", "boolean"}:
        return "; add type: string"
    if "array" in types:
        return "; make a list of it with list:"
    return "; take one item of it, such as … | first" if kind.words == {"list"} else ""
